//! Pushes that must not hurt: one list of scenarios at stand-ins of every way in which providers take records,
//! faults on the way, signatures, and how many requests it all takes.

#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, clippy::print_stderr)]

#[path = "../support/mod.rs"]
mod support;

mod benches;
mod calls;
mod fake;
mod fakes;
mod fakes_more;
mod faults;
mod journey;
mod scenarios;
mod signatures;
