//! A plan carried out: journal, writes, read-back, rollback.
//!
//! | file | holds |
//! |---|---|
//! | [`journal`] | what was there, what was to become, and how far it came; on disk before every write |
//! | [`executor`] | a plan applied unit by unit |
//! | [`read_back`] | whether the zone is what it was to become |
//! | [`resume`] | what an earlier push left behind, put right by the next |
//! | [`rollback`] | from journals to the plan that takes them back |
//! | [`wait`] | until every authoritative server answers |

pub mod executor;
pub mod journal;
pub mod read_back;
pub mod resume;
pub mod rollback;
pub mod wait;
