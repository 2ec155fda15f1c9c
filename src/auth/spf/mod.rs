//! SPF: `check_host()` of RFC 7208, with a trace of every term.

mod budget;
mod evaluate;
mod expand;
mod explain;
mod identity;
mod mechanism;
mod ptr;
mod reason;
mod request;
mod result;
mod stop;
mod target;
mod trace;
mod tree;

pub use budget::{budget, budget_of};
pub use evaluate::check_host;
pub use identity::{SmtpClient, check_helo, check_mail_from};
pub use request::SpfRequest;
pub use result::{SpfEvaluation, SpfResult};
pub use trace::{FaultTrace, Outcome, QueryTrace, RecordTrace, TermTrace};

/// At most so many terms that query (RFC 7208 §4.6.4).
pub const MAX_LOOKUPS: u32 = 10;
/// At most so many of them may find nothing (RFC 7208 §4.6.4).
pub const MAX_VOID_LOOKUPS: u32 = 2;
/// At most so many hosts of one `mx`, and so many reverse names (RFC 7208 §4.6.4).
pub const MAX_NAMES: usize = 10;
