//! How much of a stranger's report is read. Whatever is larger is refused, not cut: half a report would give wrong counts.

/// Octets of a file or attachment as it came.
pub const PACKED: u64 = 64 << 20;
/// Octets that an archive may unpack to, all of its members together. The largest real reports have some ten megabytes.
pub const UNPACKED: u64 = 128 << 20;
/// Members of a zip archive.
pub const MEMBERS: usize = 64;
/// Octets of one XML element's text.
pub const TEXT: usize = 8 << 10;
/// XML elements within each other.
pub const DEPTH: usize = 32;
/// Rows of one report.
pub const ROWS: usize = 500_000;
/// Authentication results and reasons of one row.
pub const RESULTS: usize = 100;
/// Policies and failure details of one TLS report.
pub const DETAILS: usize = 100_000;
/// Reports in one message.
pub const REPORTS: usize = 64;
