//! The rules, a file each.

pub mod bimi;
pub mod conf;
pub mod dkim;
pub mod dmarc;
pub mod host;
pub mod mx;
pub mod rpt;
pub mod spf;
pub mod sts;
pub mod tlsa;
pub mod zone;
pub mod prelude;
