//! Messages: composed, signed, sent and received.

pub mod compose;
pub mod receive;
pub mod send;
pub mod sign;
pub mod wire;
