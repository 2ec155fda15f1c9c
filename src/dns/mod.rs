//! DNS: asking it, and answering it from a snapshot.

pub mod authority;
mod cache;
pub mod deadline;
pub mod dnssec;
pub mod evidence;
pub mod exchange;
pub mod gather;
mod interpret;
pub mod lookup;
pub mod overlay;
pub mod propagation;
pub mod recorder;
pub mod resolver;
pub mod servers;
pub mod system;
pub mod wire;
pub mod table;
pub mod window;
