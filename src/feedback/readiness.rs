//! Whether the reports allow the next stage of a policy, and what stands against it.

use std::net::IpAddr;

use super::digest::{Digest, Source, Standing};
use crate::profile::rollout::Stage;

/// Sources that are named.
const NAMED: usize = 5;

/// What the reports say about a step.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Readiness {
    /// What speaks for it, each a sentence without a full stop.
    pub reasons: Vec<String>,
    /// What stands against it, each a sentence without a full stop.
    pub objections: Vec<String>,
}

/// Holds the reports - none if there are none - against the conditions of entering `next` from `now`. `own` are the
/// addresses of servers of one's own.
pub fn readiness(now: Stage, next: Stage, digest: Option<&Digest>, own: &[IpAddr]) -> Readiness {
    let entry = next.entry();
    let mut out = Readiness::default();
    let Some(digest) = digest.filter(|d| d.messages > 0) else {
        out.objections.push(format!(
            "no reports at this stage: nothing shows that all your mail passes; {} needs {} days of them",
            next.tags(),
            entry.days
        ));
        return out;
    };
    let seen = match (digest.policy.as_str(), digest.testing) {
        ("none", _) => Some(Stage::None),
        ("quarantine", true) => Some(Stage::Testing),
        ("quarantine", false) | ("reject", true) => Some(Stage::Quarantine),
        ("reject", false) => Some(Stage::Reject),
        _ => None,
    };
    if seen.is_some_and(|seen| seen < now) {
        let mode = if digest.testing { " in test mode" } else { "" };
        out.objections.push(format!(
            "receivers still saw p={}{mode} in the latest report: is {} published?",
            digest.policy,
            now.tags()
        ));
    }
    let days = digest.advice.days;
    let side = if days >= entry.days { &mut out.reasons } else { &mut out.objections };
    side.push(format!("reports cover {days} days; {} are asked for", entry.days));
    let sources: Vec<&Source> = digest.sources.iter().filter(|s| s.standing != Standing::Forwarded).collect();
    let is_own = |s: &&&Source| s.address.parse::<IpAddr>().is_ok_and(|ip| own.contains(&ip));
    let known = |s: &&&Source| s.passing > 0 || is_own(s) || s.service.is_some();
    let (mut all, mut failing) = (0u64, 0u64);
    for source in sources.iter().filter(known) {
        all = all.saturating_add(source.messages);
        failing = failing.saturating_add(source.failing());
    }
    let share = |part: u64| format!("{:.1} %", part as f64 * 100.0 / all.max(1) as f64);
    let most = entry.failing_per_mille as f64 / 10.0;
    let tolerated = failing.saturating_mul(1000) <= all.saturating_mul(entry.failing_per_mille);
    if tolerated && all > 0 {
        out.reasons.push(format!("{} of {all} messages of known senders pass", share(all - failing)));
    } else if all > 0 {
        out.objections
            .push(format!("{} of {all} messages of known senders fail; at most {most:.1} % may", share(failing)));
    } else {
        out.objections.push("no message of a known sender is in the reports".into());
    }
    // A server of one's own that never passes is a fault, however little it sends.
    for source in sources.iter().filter(is_own).filter(|s| s.passing == 0).take(NAMED) {
        out.objections
            .push(format!("{} is yours, and none of its {} messages passes", source.address, source.messages));
    }
    for source in sources.iter().filter(|s| s.service.is_some() && s.failing() > 0).take(NAMED) {
        let service = source.service.as_deref().unwrap_or_default();
        let line = format!("{service} ({}): {} of {} messages fail", source.address, source.failing(), source.messages);
        if tolerated {
            out.reasons.push(format!("within what is tolerated: {line}"));
        } else {
            out.objections.push(line);
        }
    }
    let unknown = digest.advice.unknown_at_stake.saturating_add(digest.advice.unaligned_at_stake);
    if unknown > 0 {
        out.reasons.push(format!("{unknown} messages of nobody that is known would be stopped: are they forged?"));
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::feedback::{Aggregate, DigestOptions, DkimAuth, Form, PublishedPolicy, Report, Row, Store, digest};

    /// A report a day, `days` of them, with these rows: address, messages, passes, domain of its signature.
    fn digest_of(days: i64, p: &str, t: &str, rows: &[(&str, u64, bool, &str)]) -> Option<Digest> {
        let mut store = Store::in_memory().unwrap();
        let row = |(source, count, pass, d): &(&str, u64, bool, &str)| Row {
            source: (*source).into(),
            count: *count,
            disposition: "none".into(),
            dkim: *pass,
            spf: false,
            reasons: vec![],
            header_from: "example.com".into(),
            envelope_from: String::new(),
            envelope_to: String::new(),
            dkim_auth: vec![DkimAuth {
                domain: (*d).into(),
                selector: "s".into(),
                result: if d.is_empty() { "fail" } else { "pass" }.into(),
            }],
            spf_auth: vec![],
        };
        let reports: Vec<Report> = (0..days)
            .map(|day| {
                Report::Aggregate(Box::new(Aggregate {
                    form: Form::Rfc9990,
                    org: "receiver.example".into(),
                    email: String::new(),
                    report_id: day.to_string(),
                    begin: day * 86_400,
                    end: day * 86_400 + 86_399,
                    generator: String::new(),
                    errors: vec![],
                    policy: PublishedPolicy {
                        domain: "example.com".into(),
                        p: p.into(),
                        testing: t.into(),
                        ..PublishedPolicy::default()
                    },
                    rows: rows.iter().map(row).collect(),
                    faults: vec![],
                }))
            })
            .collect();
        store.add(&reports).unwrap();
        let services = vec![("SendGrid".to_string(), vec!["sendgrid.net".to_string()])];
        digest(&store, &DigestOptions { services, ..DigestOptions::default() }).unwrap().into_iter().next()
    }

    #[test]
    fn conditions_of_each_stage() {
        const OWN: &str = "192.0.2.10";
        let good: &[(&str, u64, bool, &str)] = &[(OWN, 100, true, "example.com")];
        let forged: &[(&str, u64, bool, &str)] = &[(OWN, 100, true, "example.com"), ("203.0.113.9", 50, false, "")];
        let broken: &[(&str, u64, bool, &str)] = &[("192.0.2.11", 1000, true, "example.com"), (OWN, 1, false, "")];
        let service: &[(&str, u64, bool, &str)] =
            &[(OWN, 100, true, "example.com"), ("198.51.100.7", 30, false, "sendgrid.net")];
        let few: &[(&str, u64, bool, &str)] =
            &[(OWN, 1000, true, "example.com"), ("198.51.100.7", 2, false, "sendgrid.net")];
        type Rows<'a> = &'a [(&'a str, u64, bool, &'a str)];
        let cases: &[(Stage, i64, &str, &str, Rows<'_>, &str)] = &[
            (Stage::None, 0, "", "", &[], "no reports at this stage"),
            (Stage::None, 14, "none", "", good, ""),
            (Stage::None, 13, "none", "", good, "reports cover 13 days; 14 are asked for"),
            (Stage::None, 14, "none", "", forged, ""),
            (Stage::None, 14, "none", "", broken, "192.0.2.10 is yours, and none of its 14 messages passes"),
            (Stage::None, 14, "none", "", service, "23.1 % of 1820 messages of known senders fail"),
            (Stage::None, 14, "none", "", service, "SendGrid (198.51.100.7): 420 of 420 messages fail"),
            (Stage::None, 14, "none", "", few, ""),
            (Stage::Testing, 14, "none", "", good, "receivers still saw p=none in the latest report"),
            (Stage::Testing, 14, "quarantine", "y", good, ""),
            (Stage::Quarantine, 14, "quarantine", "", good, "28 are asked for"),
            (Stage::Quarantine, 28, "quarantine", "y", good, "saw p=quarantine in test mode"),
            (Stage::Quarantine, 28, "quarantine", "", good, ""),
            (Stage::Quarantine, 28, "reject", "", good, ""),
        ];
        for (now, days, p, t, rows, objection) in cases {
            let digest = digest_of(*days, p, t, rows);
            let got = readiness(*now, now.next().unwrap(), digest.as_ref(), &[OWN.parse().unwrap()]);
            let told = got.objections.join("\n");
            match objection.is_empty() {
                true => assert!(told.is_empty() && !got.reasons.is_empty(), "{now:?} {days} {p}: {told}"),
                false => assert!(told.contains(objection), "{now:?} {days} {p}: {told}"),
            }
        }
    }
}
