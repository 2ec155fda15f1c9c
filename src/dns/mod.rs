//! DNS: asking it, and answering it from a snapshot.

pub mod lookup;
pub mod overlay;
pub mod propagation;
pub mod resolver;
