//! The linter: its rules by their own examples, field cases, and the command as people and CI systems use it.

#![allow(clippy::unwrap_used, clippy::panic, clippy::print_stderr)]

mod cases;
mod command;
mod examples;
mod fuzz;
mod sarif;
