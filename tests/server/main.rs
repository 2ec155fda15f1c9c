//! A mail server's configuration: rendered, installed below a root, and what stays of the person's own.

#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]

mod cases;
mod check;
mod render;
