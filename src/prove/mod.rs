//! Proof: messages judged under real or planned DNS, told as the six cells.
//!
//! | file | holds |
//! |---|---|
//! | [`cells`] | the table: three mechanisms, two sides |
//! | [`probe`] | the messages that are sent, and the verdicts they must get |
//! | [`verdict`] | from judged probes to cells |
//! | [`simulate`] | the same without sending, under the DNS that a plan would make |

pub mod cells;
pub mod probe;
pub mod verdict;
