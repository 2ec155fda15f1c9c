//! Who authenticates how: the messages of a mailbox, judged again, and counted by the organisational domain of the
//! author.
//!
//! Two witnesses are heard. *We* verify DKIM and DMARC with what DNS says today, and SPF where the hop over the border
//! is known ([`border`]). *The receiver* judged when the message came; its Authentication-Results are believed where
//! its authserv-id is pinned. A class is decided by both together: keys go, and records change, so what the receiver
//! saw pass did pass.

pub mod border;
mod class;
mod domain;
mod mask;
mod moment;
mod seen;
mod sender;
mod state;
mod tally;

pub use class::{Class, Evidence, classify};
pub use domain::{Domain, published_class};
pub use mask::Mask;
pub use moment::received_at;
pub use seen::{Seen, Witness, look};
pub use sender::Sender;
pub use state::{State, place_key};
pub use tally::Tally;
