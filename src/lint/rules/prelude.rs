//! What the rules have in common.

pub use hickory_proto::rr::RecordType;

pub use crate::lint::facts::Answer;
pub use crate::lint::finding::Fix;
pub use crate::lint::indicator::IndicatorText;
pub use crate::lint::live::LiveView;
pub use crate::lint::owner::Owner;
pub use crate::lint::policy::PolicyText;
pub use crate::lint::profile_view::ProfileView;
pub use crate::lint::records::{
    BimiText, DkimText, DmarcText, MxData, SpfText, StsText, TextRecord, TlsRptText, TlsaData,
};
pub use crate::lint::role::Role;
pub use crate::lint::rule::Severity;
pub(crate) use crate::lint::rule::rule;
pub use crate::lint::server_view::ServerView;
pub use crate::lint::service_view::ServiceView;
pub use crate::lint::sink::Sink;
pub use crate::lint::zone_view::ZoneView;
pub use crate::model::reading::Reading;
pub use crate::model::source::Span;
pub use crate::model::spf::{Mechanism, Modifier, Qualifier, SpfFault, SpfRecord};
pub use crate::model::typo;
pub use crate::model::wire;

/// A text for a message: cut where it is long.
pub fn short(text: &str) -> String {
    const LONGEST: usize = 60;
    if text.chars().count() <= LONGEST {
        return text.to_string();
    }
    let head: String = text.chars().take(LONGEST - 1).collect();
    format!("{head}…")
}
