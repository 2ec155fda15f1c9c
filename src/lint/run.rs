//! Runs rules over zones: every name once, its records typed once, on as many threads as are given.

use std::cell::OnceCell;
use std::sync::atomic::{AtomicU32, Ordering};

use hickory_proto::rr::RecordType;

use crate::lint::facts::Facts;
use crate::lint::finding::Finding;
use crate::lint::indicator::IndicatorText;
use crate::lint::live::LiveView;
use crate::lint::names::NameId;
use crate::lint::owner::Owner;
use crate::lint::policy::PolicyText;
use crate::lint::profile_view::ProfileView;
use crate::lint::records::{
    BimiText, DkimText, DmarcText, MxData, ReadSpf, SpfText, StsText, TextKind, TextRecord, TlsRptText, TlsaData,
    split_reading,
};
use crate::lint::role::Role;
use crate::lint::rule::Rule;
use crate::lint::server_view::ServerView;
use crate::lint::service_view::ServiceView;
use crate::lint::sink::{AllUnseen, Sink};
use crate::lint::site::Site;
use crate::lint::sorted::Sorted;
use crate::lint::tokens;
use crate::lint::zone_index::{Door, Entry, Form, ZoneIndex};
use crate::lint::zone_view::ZoneView;
use crate::model::bimi::BimiRecord;
use crate::model::decoded::Decoded;
use crate::model::dkim::KeyRecord;
use crate::model::dmarc::{self, DmarcRecord};
use crate::model::mta_sts::{self, StsPolicy, StsRecord};
use crate::model::mx::MxRecord;
use crate::model::source::SourceId;
use crate::model::svg_tiny_ps;
use crate::model::tls_rpt::TlsRptRecord;
use crate::model::tlsa_record::TlsaRecord;
use crate::model::wire;
use crate::zone::rtype;

/// What the rules found.
#[derive(Debug, Default)]
pub struct Found {
    /// The findings, by zone, place and code.
    pub findings: Vec<Finding>,
    /// What rules could not look at, by code.
    pub unseen: AllUnseen,
}

impl Found {
    /// Shows `what` to the rules that are for it.
    fn show<T>(&mut self, what: &T, rules: &[(&'static Rule, fn(&T, &mut Sink<'_>))]) {
        for (rule, check) in rules {
            check(what, &mut Sink::new(rule, &mut self.findings, &mut self.unseen));
        }
    }
}

/// So many names are taken by a thread at a time.
const BATCH: u32 = 512;

/// Runs `rules` over the zones with `threads` threads.
pub fn run(facts: &Facts, rules: &Sorted, threads: usize) -> Found {
    let names: u32 = if rules.look_at_names() { facts.zones.iter().map(|z| z.name_count() as u32).sum() } else { 0 };
    let next = AtomicU32::new(0);
    let threads = threads.clamp(1, (names / BATCH + 1) as usize);
    let mut found = if threads == 1 { work(facts, rules, &next) } else { work_on(facts, rules, &next, threads) };
    for (zone_number, zone) in facts.zones.iter().enumerate() {
        let view = ZoneView { facts, zone, zone_number: zone_number as u32 };
        match zone.door {
            Door::Policy => policy(&view, rules, &mut found),
            Door::Indicator => indicator(&view, rules, &mut found),
            Door::Server => server(&view, rules, &mut found),
            _ => {}
        }
        if zone.door.is_zone() {
            found.show(&view, &rules.zone);
        }
    }
    if let Some(profile) = &facts.profile {
        for own in &profile.domains {
            let view = ProfileView { facts, profile, own };
            found.show(&view, &rules.profile);
            // Live DNS is asked for the profile's selectors, too: told once is enough.
            if facts.live.is_none() {
                found.show(&view, &rules.profile_without_live);
            }
        }
    }
    if let Some(live) = &facts.live {
        if let Some(services) = &live.services {
            found.show(&ServiceView { view: LiveView { facts, live }, services }, &rules.service);
        }
        found.show(&LiveView { facts, live }, &rules.live);
    }
    found.findings.sort_by_key(|f| (f.spot.zone, f.spot.place, f.rule.code));
    found
}

/// Goes through the names with `threads` threads, this one among them.
fn work_on(facts: &Facts, rules: &Sorted, next: &AtomicU32, threads: usize) -> Found {
    std::thread::scope(|scope| {
        let workers: Vec<_> = (1..threads).map(|_| scope.spawn(|| work(facts, rules, next))).collect();
        let mut found = work(facts, rules, next);
        for part in workers.into_iter().filter_map(|w| w.join().ok()) {
            found.findings.extend(part.findings);
            found.unseen.add(part.unseen);
        }
        found
    })
}

/// A mail server's configuration.
fn server(view: &ZoneView<'_>, rules: &Sorted, found: &mut Found) {
    let Some(setup) = &view.facts.server else { return };
    found.show(&ServerView { facts: view.facts, zone_number: view.zone_number, setup }, &rules.server);
}

/// An MTA-STS policy file.
fn policy(view: &ZoneView<'_>, rules: &Sorted, found: &mut Found) {
    let facts = view.facts;
    let mut domains = facts.zones.iter().filter(|z| z.door.is_zone()).map(|z| z.apex.as_slice());
    // A policy without a name belongs to the one zone that was given with it.
    let only = domains.next().filter(|_| domains.next().is_none());
    let domain = if view.zone.apex == wire::ROOT { only } else { Some(view.zone.apex.as_slice()) };
    let Some((policy, faults)) = split_reading(StsPolicy::read(view.zone.text(SourceId(0)))) else { return };
    let (zone, zone_number) = (view.zone, view.zone_number);
    let text = PolicyText { facts, zone, zone_number, domain, policy: &policy, faults: &faults };
    found.show(&text, &rules.policy);
}

/// A BIMI indicator.
fn indicator(view: &ZoneView<'_>, rules: &Sorted, found: &mut Found) {
    let faults = svg_tiny_ps::located(view.zone.text(SourceId(0)));
    let text = IndicatorText { zone: view.zone, zone_number: view.zone_number, faults: &faults };
    found.show(&text, &rules.indicator);
}

/// Takes batches of names until there are none.
fn work(facts: &Facts, rules: &Sorted, next: &AtomicU32) -> Found {
    let mut found = Found::default();
    loop {
        let mut start = next.fetch_add(BATCH, Ordering::Relaxed);
        let mut left = BATCH;
        let mut any = false;
        for (zone_number, zone) in facts.zones.iter().enumerate() {
            let count = zone.name_count() as u32;
            if start >= count {
                start -= count;
                continue;
            }
            any = true;
            let take = left.min(count - start);
            let view = ZoneView { facts, zone, zone_number: zone_number as u32 };
            for id in (start..start + take).map(|i| NameId::at(i as usize)) {
                if !zone.at(id).is_empty() && zone.door != Door::Others {
                    name(view.site(id), rules, &mut found);
                }
            }
            left -= take;
            start = 0;
            if left == 0 {
                break;
            }
        }
        if !any {
            return found;
        }
    }
}

/// One name.
fn name(site: Site<'_>, rules: &Sorted, found: &mut Found) {
    let mut decoded: Vec<(u32, &Entry, Decoded, OnceCell<ReadSpf>)> = Vec::new();
    for (number, entry) in site.records() {
        if entry.rtype == u16::from(RecordType::TXT) || entry.rtype == u16::from(rtype::SPF) {
            if let Some(text) = decode(site.zone, entry) {
                decoded.push((number, entry, text, OnceCell::new()));
            }
        } else {
            data(&site, number, entry, rules, found);
        }
    }
    let texts: Vec<TextRecord<'_>> = decoded
        .iter()
        .map(|(number, entry, decoded, read)| {
            let kind = kind_of(&decoded.octets, site.role);
            TextRecord { site, number: *number, entry, decoded, kind, read }
        })
        .collect();
    let owner = Owner { site, texts: &texts };
    found.show(&owner, &rules.owner);
    for text in &texts {
        found.show(text, &rules.text);
        typed(*text, rules, found);
    }
}

/// The strings of a TXT value.
pub fn decode(zone: &ZoneIndex, entry: &Entry) -> Option<Decoded> {
    let text = zone.text(entry.source);
    match entry.form {
        Form::Verbatim => Some(Decoded::verbatim(entry.source, text, entry.data)),
        Form::Master => tokens::strings(entry.source, text, &tokens::split(text, entry.data)).ok(),
    }
}

/// What a TXT value is. Key records without `v=` count as such only where keys stand.
pub fn kind_of(octets: &[u8], role: Role) -> TextKind {
    let starts = |prefix: &[u8]| octets.get(..prefix.len()).is_some_and(|p| p.eq_ignore_ascii_case(prefix));
    if starts(b"v=spf1") && matches!(octets.get(6), None | Some(b' ')) {
        return TextKind::Spf;
    }
    if dmarc::has_version(octets) {
        return TextKind::Dmarc;
    }
    if mta_sts::begins(octets, b"v=STSv1") {
        return TextKind::MtaSts;
    }
    if mta_sts::begins(octets, b"v=TLSRPTv1") {
        return TextKind::TlsRpt;
    }
    let head = octets.get(..32).unwrap_or(octets);
    let names = |word: &[u8]| head.windows(word.len()).any(|w| w.eq_ignore_ascii_case(word));
    if names(b"BIMI1") && BimiRecord::read(octets).is_ours() {
        return TextKind::Bimi;
    }
    let keys_here = matches!(role, Role::Selector | Role::DomainKey | Role::Unsaid);
    if (keys_here || names(b"DKIM") || starts(b"k=")) && KeyRecord::is_key(octets) {
        return TextKind::Dkim;
    }
    TextKind::Other
}

/// The rules for what the text turned out to be.
fn typed(text: TextRecord<'_>, rules: &Sorted, found: &mut Found) {
    macro_rules! read {
        ($type:ident, $record:ident, $rules:expr) => {
            if !$rules.is_empty()
                && let Some((record, faults)) = split_reading($record::read(text.octets()))
            {
                found.show(&$type { text, record: &record, faults: &faults }, &$rules);
            }
        };
    }
    match text.kind {
        TextKind::Spf if rules.spf.is_empty() => {}
        TextKind::Spf => {
            if let Some((record, faults)) = text.spf() {
                found.show(&SpfText { text, record, faults, tree: &OnceCell::new() }, &rules.spf);
            }
        }
        TextKind::Dkim => read!(DkimText, KeyRecord, rules.dkim),
        TextKind::Dmarc => read!(DmarcText, DmarcRecord, rules.dmarc),
        TextKind::MtaSts => read!(StsText, StsRecord, rules.sts),
        TextKind::TlsRpt => read!(TlsRptText, TlsRptRecord, rules.tls_rpt),
        TextKind::Bimi => read!(BimiText, BimiRecord, rules.bimi),
        TextKind::Other => {}
    }
}

/// The rules for a record whose data is tokens.
fn data(site: &Site<'_>, number: u32, entry: &Entry, rules: &Sorted, found: &mut Found) {
    match RecordType::from(entry.rtype) {
        RecordType::MX if !rules.mx.is_empty() => {
            let read = MxRecord::of(site.zone.text(entry.source), &site.tokens(entry));
            if let (Some(record), Some(target)) = (read.into_record(), entry.target) {
                let exchange = site.zone.name(target);
                found.show(&MxData { site: *site, number, entry, record, exchange }, &rules.mx);
            }
        }
        RecordType::TLSA if !rules.tlsa.is_empty() => {
            let tokens = site.tokens(entry);
            if let Some((record, faults)) = split_reading(TlsaRecord::of(site.zone.text(entry.source), &tokens)) {
                found.show(&TlsaData { site: *site, number, entry, record, faults }, &rules.tlsa);
            }
        }
        _ => {}
    }
}
