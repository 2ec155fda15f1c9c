//! mailproof sets up, publishes and **proves** e-mail sender authentication: SPF, DKIM and DMARC.
//!
//! # The flow
//!
//! ```text
//! interview ──> profile ──> desired ──┐
//!                                     ├──> plan ──> push ──> prove ──> report
//! zone file / provider / live DNS ──> observed
//! ```
//!
//! Every door (zone text, provider API, live DNS, the profile, the state after a plan) yields the same
//! [`model::snapshot::Snapshot`]. Diff, rules and proof work on snapshots alone. *Gather first, then judge*:
//! judging code does no I/O of its own; where it must ask, it asks a [`dns::lookup::Lookup`].
//!
//! # The layers
//!
//! A module uses only what stands **before** it in this file; `tests/architecture.rs` fails on an arrow that runs up.
//!
//! | layer | modules |
//! |---|---|
//! | what people read | [`words`] |
//! | nouns | [`error`], [`model`] |
//! | pure work: data in, data out | [`zone`], [`keys`], [`profile`], [`plan`], [`server`], [`lint`] |
//! | the world outside | [`tls`], [`dns`], [`provider`], [`auth`], [`mail`], [`service`] |
//! | journeys | [`push`], [`prove`], [`interview`] |
//! | what others do and say | [`feedback`], [`survey`] |
//! | what people see | [`report`], [`cli`], [`commands`] |

pub mod words;

pub mod error;
pub mod model;

pub mod zone;
pub mod keys;
pub mod profile;
pub mod plan;
pub mod server;
pub mod lint;

pub mod tls;
pub mod dns;
pub mod provider;
pub mod auth;
pub mod mail;
pub mod service;

pub mod push;
pub mod prove;
pub mod interview;

pub mod feedback;
pub mod survey;

pub mod report;
pub mod cli;
pub mod commands;
