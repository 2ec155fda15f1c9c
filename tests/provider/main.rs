//! Providers: what they were recorded to say, what their documentation says, real servers, and their faults.

#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, clippy::print_stderr)]

#[path = "../support/mod.rs"]
mod support;

// The stand-ins of the scenarios: here they carry what the table says.
#[allow(dead_code)]
#[path = "../push_safety/credentials.rs"]
mod credentials;
#[allow(dead_code)]
#[path = "../push_safety/fakes.rs"]
mod fakes;
#[allow(dead_code)]
#[path = "../push_safety/fakes_more.rs"]
mod fakes_more;
#[allow(dead_code)]
#[path = "../push_safety/moto.rs"]
mod moto;

mod faults;
mod journey;
mod recorded_xml;
mod replayed;
mod shapes;
mod table;
mod traffic;
