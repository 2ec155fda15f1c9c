//! The wizard in real terminals and through answers files: whole journeys, from the first question to the proof.

#![cfg(unix)]
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]

#[path = "../support/mod.rs"]
mod support;

mod in_tmux;
mod interrupted;
mod journey;
mod kinds;
mod lab;
mod states;
mod terminal;
mod tmux;
