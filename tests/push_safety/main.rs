//! Pushes that must not hurt: one list of scenarios at real servers and at stand-ins of every way in which providers
//! take records, faults on the way, secrets that must not come out, and how many requests it all takes.

#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, clippy::print_stderr)]

#[path = "../support/mod.rs"]
mod support;

mod benches;
mod calls;
mod credentials;
mod fakes;
mod fakes_more;
mod faults;
mod journey;
mod moto;
mod scenarios;
mod secrets;
mod signatures;
