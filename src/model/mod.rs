//! The nouns of sender authentication, free of I/O.

pub mod authentication_results;
pub mod bimi;
pub mod decoded;
pub mod der;
pub mod dkim;
pub mod dmarc;
pub mod message;
pub mod mta_sts;
pub mod mx;
pub mod name;
pub mod reading;
pub mod report_uri;
pub mod service;
pub mod snapshot;
pub mod source;
pub mod spf;
pub mod svg_tiny_ps;
pub mod tag_list;
pub mod tls_rpt;
pub mod tlsa;
pub mod tlsa_record;
pub mod txt;
pub mod typo;
pub mod wire;
pub mod wire_name;
pub mod words;
