//! Reading a mailbox by IMAP (RFC 9051), always encrypted and never writing: folders are opened with EXAMINE and
//! messages fetched with BODY.PEEK, so that not even a flag changes.

mod client;
mod place;
mod response;

pub use client::{Client, Fetched, Listed};
pub use place::ImapPlace;
