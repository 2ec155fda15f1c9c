//! TLS-RPT (RFC 8460).

pub mod bad_tlsrpt_record;
