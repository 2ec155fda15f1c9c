//! What a domain publishes, for people.

use console::Style;

use crate::auth::published::{KeyStatus, MailHost, Published, PublishedKey, Senders, Severity, Status};
use crate::dns::dnssec::Proof;
use crate::lint::live::ServerState;
use crate::lint::outcome::NOT_LOOKED_AT;
use crate::model::service::ReverseName;
use crate::model::spf::MAX_LOOKUPS;
use crate::report::harmless::harmless;
use crate::report::services;
use crate::words::wrap::{pad, wrap};

const WIDTH: usize = 80;
/// Where the sign, the word and the text of a line begin.
const SIGN: usize = 11;
const WORD: usize = SIGN + 4;
const TEXT: usize = WORD + 11;
/// Networks named.
const SHOWN_NETWORKS: usize = 8;
/// Open questions named for one reason.
const SHOWN: usize = 4;

/// The records as lines with a line feed each, then what is wrong.
pub fn render(published: &Published) -> String {
    let mut out = format!("{}\n\n", published.domain);
    if !published.exists {
        out.push_str("  the domain does not exist\n\n");
    }
    let spf = &published.spf;
    let mut lines: Vec<String> = spf.record.iter().cloned().collect();
    match spf.status {
        Status::Ok => {
            lines.push(format!("{} of {MAX_LOOKUPS} lookups; who is not listed gets {}", spf.lookups, spf.others))
        }
        Status::Unknown => lines.push(spf.reason.clone()),
        Status::Missing | Status::Broken => {}
    }
    if let Some(details) = published.details.as_ref().filter(|_| spf.record.is_some()) {
        lines.push(senders(&details.senders));
    }
    row(&mut out, "SPF", spf.status, &lines);
    row(&mut out, "DMARC", published.dmarc.status, &dmarc(published));
    if published.dkim.is_empty() {
        let unasked = "no key at the selectors that are often used; name yours with --selector";
        line(&mut out, "DKIM", Status::Missing, "not seen", &[unasked.into()]);
    }
    for (i, key) in published.dkim.iter().enumerate() {
        let (status, word) = match key.status {
            KeyStatus::Ok => (Status::Ok, "published"),
            KeyStatus::Revoked => (Status::Missing, "revoked"),
            KeyStatus::Broken => (Status::Broken, "broken"),
            KeyStatus::Missing => (Status::Missing, "missing"),
            KeyStatus::Unknown => (Status::Unknown, "unknown"),
        };
        line(&mut out, if i == 0 { "DKIM" } else { "" }, status, word, &[key_text(key)]);
    }
    mail_hosts(&mut out, published);
    sending_hosts(&mut out, published);
    let mut sts: Vec<String> = published.mta_sts.record.iter().cloned().collect();
    let fetched = published.services.as_ref().and_then(|s| s.policy.as_ref());
    sts.extend(fetched.map(services::policy));
    row(&mut out, "MTA-STS", services::policy_status(published.mta_sts.status, fetched), &sts);
    row(&mut out, "TLS-RPT", published.tls_rpt.status, published.tls_rpt.record.as_slice());
    if let Some(seen) = published.services.as_ref().and_then(|s| s.indicator.as_ref()) {
        let status = if seen.fault.is_none() && seen.faults.is_empty() { Status::Ok } else { Status::Broken };
        row(&mut out, "BIMI", status, &[seen.url.clone(), services::indicator(seen)]);
    }
    dns(&mut out, published);
    for finding in &published.findings {
        let (word, style) = match finding.severity {
            Severity::Error => ("error", Style::new().red().bold()),
            Severity::Warning => ("warning", Style::new().yellow()),
            Severity::Advice => ("advice", Style::new().blue()),
        };
        let head = wrap(&harmless(&format!("{word}[{}]: {}", finding.code, finding.message)), WIDTH - 2).join("\n  ");
        out.push_str(&format!("\n{}{}\n", style.apply_to(word), &head[word.len()..]));
        let mut detail = |label: &str, text: &str| {
            let label = pad(label, SIGN);
            let lines = wrap(&harmless(text), WIDTH - 2 - SIGN);
            out.push_str(&format!("  {label}{}\n", lines.join(&format!("\n  {}", pad("", SIGN)))));
        };
        detail("at", &finding.name);
        let more = [("receivers", finding.receiver_sees.as_str()), ("help", &finding.help), ("see", finding.rfc)];
        for (label, text) in more.into_iter().filter(|(_, text)| !text.is_empty()) {
            detail(label, text);
        }
        for line in finding.detail.iter().flat_map(|d| d.lines()) {
            out.push_str(&format!("    {}\n", harmless(line)));
        }
    }
    let mut reasons: Vec<&str> = published.unknown.iter().map(|open| open.reason.as_str()).collect();
    reasons.dedup();
    for reason in reasons {
        let names: Vec<String> = published
            .unknown
            .iter()
            .filter(|open| open.reason == reason)
            .map(|open| format!("{} {}", open.name, open.rtype))
            .collect();
        let more = if names.len() > SHOWN { format!(" and {} more", names.len() - SHOWN) } else { String::new() };
        let shown = names[..names.len().min(SHOWN)].join(", ");
        let text = wrap(&harmless(&format!("{reason}: {shown}{more}")), WIDTH - 9).join("\n  ");
        out.push_str(&format!("\n{}: {text}\n", Style::new().yellow().apply_to("unknown")));
    }
    skipped(&mut out, published);
    out
}

/// DNSSEC and the authoritative servers.
fn dns(out: &mut String, published: &Published) {
    if let Some(dnssec) = &published.dnssec {
        let (status, word) = match dnssec.status {
            Proof::Secure => (Status::Ok, "secure"),
            Proof::Insecure => (Status::Missing, "insecure"),
            Proof::Bogus => (Status::Broken, "bogus"),
            Proof::Unknown => (Status::Unknown, "unknown"),
        };
        // Whose word it is counts where it is a proof, or the lack of one.
        let mut why = vec![dnssec.why.clone()];
        if matches!(dnssec.status, Proof::Secure | Proof::Bogus) {
            let way = if dnssec.safe_way { "" } else { ", on a way where it can be changed" };
            why.push(format!("{} says so{way}", dnssec.resolver));
        }
        line(out, "DNSSEC", status, word, &why);
    }
    for (i, server) in published.servers.iter().enumerate() {
        let (status, word, why) = match &server.state {
            ServerState::Answers => (Status::Ok, "answers", String::new()),
            ServerState::Lame(why) => (Status::Broken, "lame", format!(": {why}")),
            ServerState::Silent(why) => (Status::Unknown, "silent", format!(": {why}")),
            ServerState::Truncates(name) => (Status::Broken, "truncates", format!(": {name}, and no TCP")),
        };
        line(out, if i == 0 { "servers" } else { "" }, status, word, &[format!("{}{why}", server.shown())]);
    }
}

/// What rules could not look at, in a line for each reason.
fn skipped(out: &mut String, published: &Published) {
    let mut reasons: Vec<&str> =
        published.skipped.iter().map(|s| s.reason.as_str()).filter(|reason| *reason != NOT_LOOKED_AT).collect();
    reasons.dedup();
    for reason in reasons {
        let codes: Vec<&str> = published.skipped.iter().filter(|s| s.reason == reason).map(|s| s.code).collect();
        let text = format!("{}: {reason}", codes.join(" "));
        let lines = wrap(&harmless(&text), WIDTH - 12).join("\n  ");
        out.push_str(&format!("\n{}: {lines}\n", Style::new().dim().apply_to("not judged")));
    }
}

/// `2 errors, 1 warning`, or that there is none.
pub fn summary(published: &Published) -> String {
    let count = |severity: Severity| published.findings.iter().filter(|f| f.severity == severity).count();
    let several = |n: usize, one: &str, more: &str| match n {
        0 => None,
        1 => Some(format!("1 {one}")),
        n => Some(format!("{n} {more}")),
    };
    let mut parts: Vec<String> = [
        several(count(Severity::Error), "error", "errors"),
        several(count(Severity::Warning), "warning", "warnings"),
        several(count(Severity::Advice), "piece of advice", "pieces of advice"),
    ]
    .into_iter()
    .flatten()
    .collect();
    if parts.is_empty() {
        parts.push("no findings".into());
    }
    parts.extend(several(published.unknown.len(), "question open", "questions open"));
    parts.join(", ")
}

/// Who may send, in a line or two.
fn senders(senders: &Senders) -> String {
    let count = senders.networks.len();
    let mut names = senders.networks.iter().take(SHOWN_NETWORKS).cloned().collect::<Vec<_>>().join(", ");
    if count > SHOWN_NETWORKS {
        names.push_str(&format!(" and {} more networks", count - SHOWN_NETWORKS));
    }
    let mut text = match (count, senders.others.is_empty()) {
        (0, true) => "nobody may send".to_string(),
        (0, false) => "who may send depends on the message".to_string(),
        _ => format!("may send: {names}"),
    };
    if !senders.others.is_empty() {
        let others = senders.others.iter().take(SHOWN).cloned().collect::<Vec<_>>().join(", ");
        text.push_str(&format!("; by {others}"));
    }
    if senders.incomplete {
        text.push_str("; not all of it could be looked at");
    }
    text
}

/// The queries of the tree walk where there was more than one record to look for, and the older reader's view where it
/// differs.
fn walk(published: &Published) -> Vec<String> {
    let discovery = &published.dmarc.discovery;
    let mut lines: Vec<String> = discovery
        .walk
        .steps
        .iter()
        .map(|step| {
            let kept = match (&step.record, step.dropped.len()) {
                (Some(_), _) => "a record".to_string(),
                (None, 0) => step.outcome.clone(),
                (None, count) => format!("{count} texts, of which none counts"),
            };
            format!("{}: {kept}{}", step.name, if step.stops { ", which ends the walk" } else { "" })
        })
        .collect();
    let Some(old) = published.details.as_ref().map(|d| &d.legacy_reader) else { return lines };
    let same = old.policy_domain == discovery.policy_domain
        && old.policy == discovery.policy
        && old.percent == 100
        && discovery.organizational_domain.as_ref().is_none_or(|own| *own == old.organizational_domain);
    if !same {
        lines.push(format!("an RFC 7489 reader: {}", old.reason));
    }
    lines
}

fn dmarc(published: &Published) -> Vec<String> {
    let discovery = &published.dmarc.discovery;
    let mut lines: Vec<String> = discovery.record.iter().cloned().collect();
    if let Some(policy) = discovery.policy {
        let testing = if discovery.testing { ", one step weaker for t=y" } else { "" };
        let place = match &discovery.policy_domain {
            Some(place) if *place != published.domain => format!(", from the record of {place}"),
            _ => String::new(),
        };
        lines.push(format!("policy {policy}{testing}{place}"));
    }
    lines.extend(discovery.failure.iter().cloned());
    lines.extend(walk(published));
    lines
}

fn key_text(key: &PublishedKey) -> String {
    let mut text = key.selector.clone();
    if let Some(algorithm) = &key.algorithm {
        text.push_str(&format!("  {algorithm}"));
    }
    if let Some(bits) = key.bits.filter(|_| key.algorithm.as_deref() == Some("rsa")) {
        text.push_str(&format!(" {bits}"));
    }
    for (set, word) in [(key.testing, "testing"), (key.strict, "strict")] {
        text.push_str(&if set { format!(", {word}") } else { String::new() });
    }
    if !key.aliases.is_empty() {
        text.push_str(&format!(", at {}", key.aliases.join(" > ")));
    }
    text
}

/// The reverse names of the hosts that SPF names one by one.
fn sending_hosts(out: &mut String, published: &Published) {
    let hosts = published.details.as_ref().map_or(&[][..], |details| &details.reverse_names);
    let standing = |host: &ReverseName| match (&host.confirmed, &host.failure) {
        (Some(_), _) => Status::Ok,
        (None, Some(_)) => Status::Unknown,
        (None, None) => Status::Broken,
    };
    let text = |host: &ReverseName| match (&host.confirmed, &host.failure, host.names.first()) {
        (Some(name), ..) => format!("{} is {name}", host.address),
        (None, Some(why), _) => format!("{}: {why}", host.address),
        (None, None, Some(name)) => format!("{}: {name} does not lead back", host.address),
        (None, None, None) => format!("{} has no name", host.address),
    };
    let all: Vec<Status> = hosts.iter().map(standing).collect();
    let (status, word) = match () {
        () if all.is_empty() => return,
        () if all.contains(&Status::Broken) => (Status::Broken, "not named"),
        () if all.contains(&Status::Unknown) => (Status::Unknown, "unknown"),
        () => (Status::Ok, "named"),
    };
    let mut lines: Vec<String> = hosts.iter().take(SHOWN_NETWORKS).map(text).collect();
    if hosts.len() > SHOWN_NETWORKS {
        lines.push(format!("and {} more hosts", hosts.len() - SHOWN_NETWORKS));
    }
    line(out, "Hosts", status, word, &lines);
}

fn mail_hosts(out: &mut String, published: &Published) {
    let open = published.unknown.iter().any(|q| q.rtype == "MX");
    match published.mx.as_slice() {
        [] if open => row(out, "MX", Status::Unknown, &[]),
        [] => line(out, "MX", Status::Missing, "none", &[]),
        [MailHost { host, .. }] if host == "." => {
            line(out, "MX", Status::Ok, "published", &["takes no mail (null MX)".into()]);
        }
        hosts => {
            let visited = |host: &MailHost| {
                let all = published.services.as_ref().map_or(&[][..], |s| &s.exchanges);
                all.iter().find(|e| e.shown() == host.host).map(services::exchange).unwrap_or_default()
            };
            let lines: Vec<String> = hosts
                .iter()
                .flat_map(|h| std::iter::once(format!("{} {}", h.preference, h.host)).chain(visited(h)))
                .collect();
            row(out, "MX", Status::Ok, &lines);
        }
    }
}

fn row(out: &mut String, label: &str, status: Status, lines: &[String]) {
    let word = match status {
        Status::Ok => "published",
        Status::Missing => "missing",
        Status::Broken => "broken",
        Status::Unknown => "unknown",
    };
    line(out, label, status, word, lines);
}

fn line(out: &mut String, label: &str, status: Status, word: &str, lines: &[String]) {
    let (sign, style) = match status {
        Status::Ok => ("ok", Style::new().green()),
        Status::Missing => ("--", Style::new()),
        Status::Broken => ("!!", Style::new().red().bold()),
        Status::Unknown => ("??", Style::new().yellow()),
    };
    let head = pad(&format!("  {label}"), SIGN);
    let mut text = format!("{head}{}  {}", style.apply_to(sign), pad(word, TEXT - WORD));
    let folded: Vec<String> = lines.iter().flat_map(|l| wrap(&harmless(l), WIDTH - TEXT)).collect();
    text.push_str(&folded.join(&format!("\n{}", pad("", TEXT))));
    out.push_str(text.trim_end());
    out.push('\n');
}
