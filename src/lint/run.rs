//! Runs rules over zones: every name once, its records typed once, on as many threads as are given.

use std::cell::OnceCell;
use std::collections::BTreeMap;
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
    BimiText, DkimText, DmarcText, MxData, SpfText, StsText, TextKind, TextRecord, TlsRptText, TlsaData,
};
use crate::lint::role::Role;
use crate::lint::rule::{Check, Rule};
use crate::lint::server_view::ServerView;
use crate::lint::service_view::ServiceView;
use crate::lint::sink::{Sink, Unseen};
use crate::lint::site::Site;
use crate::lint::tokens;
use crate::lint::zone_index::{Door, Entry, Form, ZoneIndex};
use crate::lint::zone_view::ZoneView;
use crate::model::bimi::BimiRecord;
use crate::model::decoded::Decoded;
use crate::model::dkim::KeyRecord;
use crate::model::dmarc::{self, DmarcRecord};
use crate::model::mta_sts::{self, StsPolicy, StsRecord};
use crate::model::mx::MxRecord;
use crate::model::reading::{Fault, Reading};
use crate::model::source::SourceId;
use crate::model::spf::SpfRecord;
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
    pub unseen: BTreeMap<&'static str, Unseen>,
}

/// The rules, sorted by what they are shown.
struct Rules<'r> {
    all: &'r [&'static Rule],
    zone: Vec<usize>,
    owner: Vec<usize>,
    text: Vec<usize>,
    spf: Vec<usize>,
    dkim: Vec<usize>,
    dmarc: Vec<usize>,
    /// Those for rarer records.
    other: Vec<usize>,
}

/// Rules of one sort, about, so that there is room for them at once.
const USUAL_RULES: usize = 64;

/// So many faults of one record are told; one with more is beyond reading.
const MOST_FAULTS: usize = 64;

/// So many names are taken by a thread at a time.
const BATCH: u32 = 512;

/// Runs `rules` over the zones with `threads` threads.
pub fn run(facts: &Facts, rules: &[&'static Rule], threads: usize) -> Found {
    let room = || Vec::with_capacity(USUAL_RULES);
    let mut sorted = Rules {
        all: rules,
        zone: room(),
        owner: room(),
        text: room(),
        spf: room(),
        dkim: room(),
        dmarc: room(),
        other: room(),
    };
    for (i, rule) in rules.iter().enumerate() {
        match rule.check {
            Check::Elsewhere => {}
            Check::Zone(_) => sorted.zone.push(i),
            Check::Owner(_) => sorted.owner.push(i),
            Check::Text(_) => sorted.text.push(i),
            Check::Spf(_) => sorted.spf.push(i),
            Check::Dkim(_) => sorted.dkim.push(i),
            Check::Dmarc(_) => sorted.dmarc.push(i),
            _ => sorted.other.push(i),
        }
    }
    let by_name = rules.len() - sorted.zone.len();
    let names: u32 = if by_name == 0 { 0 } else { facts.zones.iter().map(|z| z.name_count() as u32).sum() };
    let next = AtomicU32::new(0);
    let threads = threads.clamp(1, (names / BATCH + 1) as usize);
    let mut parts: Vec<Found> = std::thread::scope(|scope| {
        let workers: Vec<_> = (1..threads).map(|_| scope.spawn(|| work(facts, &sorted, &next))).collect();
        let mine = work(facts, &sorted, &next);
        let theirs = workers.into_iter().filter_map(|w| w.join().ok());
        std::iter::once(mine).chain(theirs).collect()
    });
    let mut found = parts.pop().unwrap_or_default();
    for part in parts {
        found.findings.extend(part.findings);
        for (code, unseen) in part.unseen {
            found.unseen.entry(code).or_default().add(unseen);
        }
    }
    for (zone_number, zone) in facts.zones.iter().enumerate() {
        let view = ZoneView { facts, zone, zone_number: zone_number as u32 };
        match zone.door {
            Door::Policy => policy(&view, rules, &mut found),
            Door::Indicator => indicator(&view, rules, &mut found),
            Door::Server => server(&view, rules, &mut found),
            _ => {}
        }
        if !zone.door.is_zone() {
            continue;
        }
        for i in &sorted.zone {
            let rule = &rules[*i];
            if let Check::Zone(check) = rule.check {
                check(&view, &mut Sink::new(rule, &mut found.findings, &mut found.unseen));
            }
        }
    }
    if let Some(profile) = &facts.profile {
        for own in &profile.domains {
            let view = ProfileView { facts, profile, own };
            for rule in rules {
                // Live DNS is asked for the profile's selectors, too: told once is enough.
                if let Check::Profile(check) = rule.check {
                    check(&view, &mut Sink::new(rule, &mut found.findings, &mut found.unseen));
                } else if let (Check::ProfileOrLive(check, _), None) = (rule.check, &facts.live) {
                    check(&view, &mut Sink::new(rule, &mut found.findings, &mut found.unseen));
                }
            }
        }
    }
    if let Some((live, services)) = facts.live.as_ref().and_then(|live| Some((live, live.services.as_ref()?))) {
        let view = ServiceView { view: LiveView { facts, live }, services };
        for rule in rules {
            if let Check::Service(check) | Check::ServiceOrFile(check, _) = rule.check {
                check(&view, &mut Sink::new(rule, &mut found.findings, &mut found.unseen));
            }
        }
    }
    if let Some(live) = &facts.live {
        let view = LiveView { facts, live };
        for rule in rules {
            if let Check::Live(check) | Check::ProfileOrLive(_, check) = rule.check {
                check(&view, &mut Sink::new(rule, &mut found.findings, &mut found.unseen));
            }
        }
    }
    found.findings.sort_by_key(|f| (f.spot.zone, f.spot.place, f.rule.code));
    found
}

/// A mail server's configuration.
fn server(view: &ZoneView<'_>, rules: &[&'static Rule], found: &mut Found) {
    let Some(setup) = &view.facts.server else { return };
    let shown = ServerView { facts: view.facts, zone_number: view.zone_number, setup };
    for rule in rules {
        if let Check::Server(check) = rule.check {
            check(&shown, &mut Sink::new(rule, &mut found.findings, &mut found.unseen));
        }
    }
}

/// An MTA-STS policy file.
fn policy(view: &ZoneView<'_>, rules: &[&'static Rule], found: &mut Found) {
    let facts = view.facts;
    let mut domains = facts.zones.iter().filter(|z| z.door.is_zone()).map(|z| z.apex.as_slice());
    // A policy without a name belongs to the one zone that was given with it.
    let only = domains.next().filter(|_| domains.next().is_none());
    let domain = if view.zone.apex == wire::ROOT { only } else { Some(view.zone.apex.as_slice()) };
    let Some((policy, faults)) = split_reading(StsPolicy::read(view.zone.text(SourceId(0)))) else { return };
    let (zone, zone_number) = (view.zone, view.zone_number);
    let text = PolicyText { facts, zone, zone_number, domain, policy: &policy, faults: &faults };
    for rule in rules {
        if let Check::Policy(check) = rule.check {
            check(&text, &mut Sink::new(rule, &mut found.findings, &mut found.unseen));
        }
    }
}

/// A BIMI indicator.
fn indicator(view: &ZoneView<'_>, rules: &[&'static Rule], found: &mut Found) {
    let faults = svg_tiny_ps::located(view.zone.text(SourceId(0)));
    let text = IndicatorText { zone: view.zone, zone_number: view.zone_number, faults: &faults };
    for rule in rules {
        if let Check::ServiceOrFile(_, check) = rule.check {
            check(&text, &mut Sink::new(rule, &mut found.findings, &mut found.unseen));
        }
    }
}

/// Takes batches of names until there are none.
fn work(facts: &Facts, rules: &Rules<'_>, next: &AtomicU32) -> Found {
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
fn name(site: Site<'_>, rules: &Rules<'_>, found: &mut Found) {
    let mut decoded: Vec<(u32, &Entry, Decoded)> = Vec::new();
    for (number, entry) in site.records() {
        if entry.rtype == u16::from(RecordType::TXT) || entry.rtype == u16::from(rtype::SPF) {
            if let Some(text) = decode(site.zone, entry) {
                decoded.push((number, entry, text));
            }
        } else {
            data(&site, number, entry, rules, found);
        }
    }
    let texts: Vec<TextRecord<'_>> = decoded
        .iter()
        .map(|(number, entry, decoded)| {
            let kind = kind_of(&decoded.octets, site.role);
            TextRecord { site, number: *number, entry, decoded, kind }
        })
        .collect();
    let owner = Owner { site, texts: &texts };
    for i in &rules.owner {
        let rule = &rules.all[*i];
        if let Check::Owner(check) = rule.check {
            check(&owner, &mut Sink::new(rule, &mut found.findings, &mut found.unseen));
        }
    }
    for text in &texts {
        for i in &rules.text {
            let rule = &rules.all[*i];
            if let Check::Text(check) = rule.check {
                check(text, &mut Sink::new(rule, &mut found.findings, &mut found.unseen));
            }
        }
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

fn split_reading<T, K>(reading: Reading<T, K>) -> Option<(T, Vec<Fault<K>>)> {
    match reading {
        Reading::NotOurs => None,
        Reading::Broken { record, mut faults } => {
            faults.truncate(MOST_FAULTS);
            Some((record, faults))
        }
        Reading::Ours(record) => Some((record, Vec::new())),
    }
}

/// The rules for what the text turned out to be.
fn typed(text: TextRecord<'_>, rules: &Rules<'_>, found: &mut Found) {
    macro_rules! read {
        ($variant:ident, $type:ident, $record:ident, $rules:expr $(, $field:ident: $value:expr)*) => {
            if !$rules.is_empty()
                && let Some((record, faults)) = split_reading($record::read(text.octets()))
            {
                let value = $type { text, record: &record, faults: &faults $(, $field: $value)* };
                for i in &$rules {
                    let rule = &rules.all[*i];
                    if let Check::$variant(check) = rule.check {
                        check(&value, &mut Sink::new(rule, &mut found.findings, &mut found.unseen));
                    }
                }
            }
        };
    }
    match text.kind {
        TextKind::Spf => read!(Spf, SpfText, SpfRecord, rules.spf, tree: &OnceCell::new()),
        TextKind::Dkim => read!(Dkim, DkimText, KeyRecord, rules.dkim),
        TextKind::Dmarc => read!(Dmarc, DmarcText, DmarcRecord, rules.dmarc),
        TextKind::MtaSts => read!(Sts, StsText, StsRecord, rules.other),
        TextKind::TlsRpt => read!(TlsRpt, TlsRptText, TlsRptRecord, rules.other),
        TextKind::Bimi => read!(Bimi, BimiText, BimiRecord, rules.other),
        TextKind::Other => {}
    }
}

/// The rules for a record whose data is tokens.
fn data(site: &Site<'_>, number: u32, entry: &Entry, rules: &Rules<'_>, found: &mut Found) {
    macro_rules! each {
        ($variant:ident, $value:expr) => {{
            let value = $value;
            for i in &rules.other {
                let rule = &rules.all[*i];
                if let Check::$variant(check) = rule.check {
                    check(&value, &mut Sink::new(rule, &mut found.findings, &mut found.unseen));
                }
            }
        }};
    }
    match RecordType::from(entry.rtype) {
        RecordType::MX => {
            let read = MxRecord::of(site.zone.text(entry.source), &site.tokens(entry));
            if let (Some(record), Some(target)) = (read.into_record(), entry.target) {
                each!(Mx, MxData { site: *site, number, entry, record, exchange: site.zone.name(target) });
            }
        }
        RecordType::TLSA => {
            let tokens = site.tokens(entry);
            if let Some((record, faults)) = split_reading(TlsaRecord::of(site.zone.text(entry.source), &tokens)) {
                each!(Tlsa, TlsaData { site: *site, number, entry, record, faults });
            }
        }
        _ => {}
    }
}
