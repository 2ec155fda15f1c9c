//! What people see.

pub mod cells;
pub mod dnscontrol;
pub mod github;
pub mod harmless;
pub mod html;
pub mod human;
pub mod json;
pub mod judgement;
pub mod junit;
pub mod markdown;
pub mod octodns;
pub mod plan;
pub mod probes;
pub mod progress;
pub mod published;
pub mod published_row;
pub mod record_list;
pub mod sarif;
pub mod screen;
pub mod services;
pub mod standings;
pub mod terraform;
pub mod wrap;
