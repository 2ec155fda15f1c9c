//! Judging: SPF (RFC 7208), DKIM (RFC 6376, on mail-auth), DMARC (RFC 9989) and their results (RFC 8601).

pub mod author;
pub mod dkim;
pub mod dmarc;
pub mod judge;
mod kept;
pub mod published;
pub mod results;
pub mod spf;
pub mod verdicts;
