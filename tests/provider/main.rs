//! Providers that a definition describes: their recorded traffic, and their faults.

#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, clippy::print_stderr)]

mod faults;
mod traffic;
