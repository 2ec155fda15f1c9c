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
