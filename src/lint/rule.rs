//! A rule: its name, what it looks at, and the text that explains it.

use crate::lint::indicator::IndicatorText;
use crate::lint::live::LiveView;
use crate::lint::owner::Owner;
use crate::lint::policy::PolicyText;
use crate::lint::profile_view::ProfileView;
use crate::lint::records::MxData;
use crate::lint::records::{BimiText, DkimText, DmarcText, SpfText, StsText, TextRecord, TlsRptText, TlsaData};
use crate::lint::server_view::ServerView;
use crate::lint::service_view::ServiceView;
use crate::lint::sink::Sink;
use crate::lint::zone_view::ZoneView;

/// How bad a finding is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Severity {
    /// Worth knowing.
    Advice,
    /// Works today, but somewhere breaks or weakens.
    Warning,
    /// The record is ignored, rejected or lets anyone in.
    Error,
}

impl Severity {
    /// The word that people and tools read.
    pub fn word(self) -> &'static str {
        match self {
            Severity::Advice => "advice",
            Severity::Warning => "warning",
            Severity::Error => "error",
        }
    }
}

/// What a rule must know to speak.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Needs {
    /// The one record, wherever it comes from.
    Record,
    /// Other records of the zones at hand.
    Zone,
    /// The text of a master file.
    Text,
    /// Live DNS or servers: skipped, and said to be, where a run has none.
    Live,
    /// The profile: skipped without one.
    Profile,
    /// An MTA-STS policy file: skipped where none is given.
    Policy,
    /// A BIMI indicator: skipped where none is given.
    Indicator,
    /// A mail server's configuration: not for zones at all.
    Server,
}

/// The code of a rule, by what it is shown.
#[derive(Clone, Copy)]
pub enum Check {
    /// Nothing here; another part of the program reports it.
    Elsewhere,
    /// Each name with all its records.
    Owner(fn(&Owner<'_>, &mut Sink<'_>)),
    /// Each TXT record, whatever it holds.
    Text(fn(&TextRecord<'_>, &mut Sink<'_>)),
    /// Each SPF record.
    Spf(fn(&SpfText<'_>, &mut Sink<'_>)),
    /// Each DKIM key record.
    Dkim(fn(&DkimText<'_>, &mut Sink<'_>)),
    /// Each DMARC record.
    Dmarc(fn(&DmarcText<'_>, &mut Sink<'_>)),
    /// Each MTA-STS record.
    Sts(fn(&StsText<'_>, &mut Sink<'_>)),
    /// Each TLS-RPT record.
    TlsRpt(fn(&TlsRptText<'_>, &mut Sink<'_>)),
    /// Each BIMI record.
    Bimi(fn(&BimiText<'_>, &mut Sink<'_>)),
    /// Each TLSA record.
    Tlsa(fn(&TlsaData<'_>, &mut Sink<'_>)),
    /// Each MX record.
    Mx(fn(&MxData<'_>, &mut Sink<'_>)),
    /// Each MTA-STS policy file.
    Policy(fn(&PolicyText<'_>, &mut Sink<'_>)),
    /// What was seen of a domain's servers, and each BIMI indicator that is given as a file.
    ServiceOrFile(fn(&ServiceView<'_>, &mut Sink<'_>), fn(&IndicatorText<'_>, &mut Sink<'_>)),
    /// Each domain of the profile.
    Profile(fn(&ProfileView<'_>, &mut Sink<'_>)),
    /// A mail server's configuration.
    Server(fn(&ServerView<'_>, &mut Sink<'_>)),
    /// Each zone, once.
    Zone(fn(&ZoneView<'_>, &mut Sink<'_>)),
    /// What live DNS said, once, where somebody asked it.
    Live(fn(&LiveView<'_>, &mut Sink<'_>)),
    /// What the servers of a domain said, where they were visited.
    Service(fn(&ServiceView<'_>, &mut Sink<'_>)),
    /// Each domain of the profile, and what live DNS said.
    ProfileOrLive(fn(&ProfileView<'_>, &mut Sink<'_>), fn(&LiveView<'_>, &mut Sink<'_>)),
}

/// A rule of the catalogue.
pub struct Rule {
    /// Its code, such as `SPF007`: never changed, never used again.
    pub code: &'static str,
    /// Its name, such as `unknown-mechanism`.
    pub slug: &'static str,
    /// How bad its findings are, where one does not say otherwise.
    pub severity: Severity,
    /// What it must know.
    pub needs: Needs,
    /// Its documentation in Markdown, see [`crate::lint::explain`].
    pub doc: &'static str,
    /// Its code.
    pub check: Check,
}

impl std::fmt::Debug for Rule {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "{} {}", self.code, self.slug)
    }
}

/// Declares `RULE`. The doc comment explains it to people: a paragraph that says what, then the headings Why, Bad, Good,
/// Reference and Since; `explain`, SARIF and the tests of the examples read it.
macro_rules! rule {
    ($(#[doc = $doc:literal])+ $code:literal, $slug:literal, $severity:ident, $needs:ident, $check:expr) => {
        $(#[doc = $doc])+
        pub static RULE: $crate::lint::rule::Rule = $crate::lint::rule::Rule {
            code: $code,
            slug: $slug,
            severity: $crate::lint::rule::Severity::$severity,
            needs: $crate::lint::rule::Needs::$needs,
            doc: concat!($($doc, "\n"),+),
            check: {
                #[allow(unused_imports)]
                use $crate::lint::rule::Check::*;
                $check
            },
        };
    };
}

pub(crate) use rule;
