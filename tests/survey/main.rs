//! Surveys of mailboxes whose every message is known: by file, by IMAP, interrupted, hostile; and the page.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, clippy::print_stderr)]

#[path = "../support/mod.rs"]
mod support;

mod forms;
mod hostile;
mod imap;
mod kept;
mod mailbox;
mod pages;
