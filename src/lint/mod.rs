//! The linter: rules over typed records, the same for zone text, a provider's listing and a single record.
//!
//! [`gather`] turns what was given into a [`zone_index::ZoneIndex`], [`facts::Facts`] answers questions across zones, and
//! [`run`](run::run) shows every name and record to the rules of the [`registry`]. To add a rule, write its file under
//! `rules/` and add its line to the registry; its examples are tested by themselves.

pub mod baseline;
pub mod explain;
pub mod facts;
pub mod finding;
pub mod fix;
pub mod gather;
pub mod horizon;
pub mod indicator;
pub mod live;
pub mod names;
pub mod outcome;
pub mod owner;
mod parts;
pub mod pattern;
pub mod policy;
pub mod profile_view;
pub mod records;
pub mod registry;
pub mod role;
pub mod rule;
pub mod rules;
pub mod run;
pub mod selection;
pub mod service_view;
pub mod server_view;
pub mod settings;
pub mod sink;
pub mod site;
pub mod sorted;
pub mod spf_tree;
pub mod spf_verdict;
pub mod suppress;
pub mod tokens;
mod yaml_fix;
pub mod zone_index;
pub mod zone_view;
