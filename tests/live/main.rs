//! `check` beside real servers: nginx for MTA-STS and BIMI, Postfix for SMTP, BIND for DNS, Unbound to validate it.

#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, clippy::print_stderr)]

#[path = "../support/mod.rs"]
mod support;

mod check;
mod encrypted;
mod encrypted_faults;
mod exchangers;
mod indicator;
mod name_servers;
mod policy;
mod reports;
mod silence;
