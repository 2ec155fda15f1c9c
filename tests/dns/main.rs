//! DNS: the overlay server, the resolver, propagation, and `check`.

#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, clippy::print_stderr)]

mod check;
mod check_inputs;
mod check_many;
mod dnssec;
mod hostile;
mod overlay;
mod propagation;
mod rules;
mod resolver;
mod support;
