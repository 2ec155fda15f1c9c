//! The rules of a run, sorted by what they are shown: each record meets those that are for its kind, and no other.

use crate::lint::indicator::IndicatorText;
use crate::lint::live::LiveView;
use crate::lint::owner::Owner;
use crate::lint::policy::PolicyText;
use crate::lint::profile_view::ProfileView;
use crate::lint::records::{BimiText, DkimText, DmarcText, MxData, SpfText, StsText, TextRecord, TlsRptText, TlsaData};
use crate::lint::rule::{Check, Rule};
use crate::lint::server_view::ServerView;
use crate::lint::service_view::ServiceView;
use crate::lint::sink::Sink;
use crate::lint::zone_view::ZoneView;

/// Rules of one kind, each with its code.
pub(super) type Shown<F> = Vec<(&'static Rule, F)>;

/// The rules, sorted once for any number of runs.
#[derive(Default)]
pub struct Sorted {
    all: Vec<&'static Rule>,
    pub(super) zone: Shown<fn(&ZoneView<'_>, &mut Sink<'_>)>,
    pub(super) owner: Shown<fn(&Owner<'_>, &mut Sink<'_>)>,
    pub(super) text: Shown<fn(&TextRecord<'_>, &mut Sink<'_>)>,
    pub(super) spf: Shown<fn(&SpfText<'_>, &mut Sink<'_>)>,
    pub(super) dkim: Shown<fn(&DkimText<'_>, &mut Sink<'_>)>,
    pub(super) dmarc: Shown<fn(&DmarcText<'_>, &mut Sink<'_>)>,
    pub(super) sts: Shown<fn(&StsText<'_>, &mut Sink<'_>)>,
    pub(super) tls_rpt: Shown<fn(&TlsRptText<'_>, &mut Sink<'_>)>,
    pub(super) bimi: Shown<fn(&BimiText<'_>, &mut Sink<'_>)>,
    pub(super) tlsa: Shown<fn(&TlsaData<'_>, &mut Sink<'_>)>,
    pub(super) mx: Shown<fn(&MxData<'_>, &mut Sink<'_>)>,
    pub(super) policy: Shown<fn(&PolicyText<'_>, &mut Sink<'_>)>,
    pub(super) indicator: Shown<fn(&IndicatorText<'_>, &mut Sink<'_>)>,
    pub(super) server: Shown<fn(&ServerView<'_>, &mut Sink<'_>)>,
    pub(super) profile: Shown<fn(&ProfileView<'_>, &mut Sink<'_>)>,
    /// As `profile`, where nobody asked live DNS.
    pub(super) profile_without_live: Shown<fn(&ProfileView<'_>, &mut Sink<'_>)>,
    pub(super) service: Shown<fn(&ServiceView<'_>, &mut Sink<'_>)>,
    pub(super) live: Shown<fn(&LiveView<'_>, &mut Sink<'_>)>,
}

impl Sorted {
    /// Of these rules.
    pub fn new(rules: &[&'static Rule]) -> Self {
        let mut sorted = Sorted { all: rules.to_vec(), ..Sorted::default() };
        for rule in rules.iter().copied() {
            match rule.check {
                Check::Elsewhere => {}
                Check::Zone(check) => sorted.zone.push((rule, check)),
                Check::Owner(check) => sorted.owner.push((rule, check)),
                Check::Text(check) => sorted.text.push((rule, check)),
                Check::Spf(check) => sorted.spf.push((rule, check)),
                Check::Dkim(check) => sorted.dkim.push((rule, check)),
                Check::Dmarc(check) => sorted.dmarc.push((rule, check)),
                Check::Sts(check) => sorted.sts.push((rule, check)),
                Check::TlsRpt(check) => sorted.tls_rpt.push((rule, check)),
                Check::Bimi(check) => sorted.bimi.push((rule, check)),
                Check::Tlsa(check) => sorted.tlsa.push((rule, check)),
                Check::Mx(check) => sorted.mx.push((rule, check)),
                Check::Policy(check) => sorted.policy.push((rule, check)),
                Check::Server(check) => sorted.server.push((rule, check)),
                Check::Service(check) => sorted.service.push((rule, check)),
                Check::Live(check) => sorted.live.push((rule, check)),
                Check::Profile(check) => sorted.profile.push((rule, check)),
                Check::ServiceOrFile(service, file) => {
                    sorted.service.push((rule, service));
                    sorted.indicator.push((rule, file));
                }
                Check::ProfileOrLive(profile, live) => {
                    sorted.profile_without_live.push((rule, profile));
                    sorted.live.push((rule, live));
                }
            }
        }
        sorted
    }

    /// All of them, as they were given.
    pub fn all(&self) -> &[&'static Rule] {
        &self.all
    }

    /// Whether some rule is shown names or records.
    pub(super) fn look_at_names(&self) -> bool {
        self.all.len() > self.zone.len()
    }
}

impl std::fmt::Debug for Sorted {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_list().entries(&self.all).finish()
    }
}
