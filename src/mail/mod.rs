//! Messages: composed, signed, sent, received and read from mailboxes.

pub mod compose;
pub mod imap;
pub mod mailbox;
pub mod inbox;
pub mod receive;
pub mod send;
pub mod sign;
pub mod wire;
