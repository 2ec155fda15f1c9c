//! A server of one's own, asked with real mail how it judges: a set of messages of which some must pass and some must
//! not, sent to that server alone and read back.

pub mod answer;
pub mod diagnosis;
pub mod expected;
pub mod letters;
pub mod probe;
pub mod probe_domain;
pub mod run;
pub mod table;
