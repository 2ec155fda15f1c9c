//! Messages on disk: Maildir, mbox, folders of single messages, each also compressed with gzip. Read one at a time.

mod letters;
mod walk;

pub use letters::{Letter, Letters};
pub use walk::{Walk, count_messages, holds_one};

/// The largest message that is held whole, in octets. Of a larger one the beginning is kept, with its header.
pub const LARGEST: usize = 64 << 20;
/// What is kept of a larger one.
pub const KEPT: usize = 1 << 20;
