//! Master files (RFC 1035 §5): read with positions, written without losing layout.

pub mod writer;
