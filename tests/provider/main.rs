//! Providers: what they were recorded to say, what their documentation says, real servers, and their faults.

#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, clippy::print_stderr)]

#[path = "../support/mod.rs"]
mod support;

mod faults;
mod journey;
mod replayed;
mod shapes;
mod table;
mod traffic;
