//! DANE for SMTP (RFC 6698, RFC 7672).

pub mod bad_tlsa;
pub mod tlsa_mismatch;
pub mod tlsa_unsigned;
