//! An SMTP listener that judges what it gets.
