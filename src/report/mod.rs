//! What people see.

pub mod cells;
pub mod github;
pub mod harmless;
pub mod human;
pub mod json;
pub mod junit;
pub mod markdown;
<<<<<<< HEAD
pub mod probes;
=======
pub mod judgement;
>>>>>>> f695ba4 (The verbs send, receive and verify)
pub mod published;
pub mod record_list;
pub mod sarif;
pub mod screen;
pub mod wrap;
