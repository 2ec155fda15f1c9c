//! What was found, told in a few aligned lines before the first question.

use hickory_proto::rr::RecordType;

use crate::interview::detect::{HostFacts, Whose};
use crate::interview::flow::Talk;
use crate::model::name::{self, Name};
use crate::model::spf::Qualifier;
use crate::words::wrap;

/// The column at which what was found begins.
const COLUMN: usize = 16;
/// The width of a screen.
const WIDTH: usize = 80;
/// Names that are told of one kind; more are counted.
const MOST: usize = 4;

const OPEN: &str = "not known: DNS did not answer";

impl Talk<'_> {
    /// What DNS did not answer is told as not known, never as missing.
    pub(super) fn tell_found(&mut self, domain: &Name) {
        let mut lines = vec![
            ("DNS", self.dns_line(domain)),
            ("Mail to", self.mail_line(domain)),
            ("Sends", self.senders_line(domain)),
            ("SPF", self.spf_line(domain)),
            ("DKIM", self.dkim_line(domain)),
            ("DMARC", self.dmarc_line(domain)),
            ("TLS", self.transport_line(domain)),
            ("Here", self.machine_line()),
        ];
        lines.push(("Mailbox", self.inventory_line()));
        lines.push(("Port 25", self.port_25_line(domain)));
        if let Some(open) = self.found.unanswered.first() {
            let more = match self.found.unanswered.len() - 1 {
                0 => String::new(),
                n => format!(", and {n} more"),
            };
            let key = &open.key;
            lines.push(("No answer", format!("{} of {}: {}{more}", key.rtype, name::show(&key.name), open.failure)));
        }
        self.asker.say("\n  What I found");
        for (what, text) in lines.iter().filter(|(_, text)| !text.is_empty()) {
            for (i, line) in
                filled(&self.asker.words().text(text), self.asker.width().clamp(32, WIDTH) - COLUMN).iter().enumerate()
            {
                let what = if i == 0 { what } else { "" };
                self.asker.say(&format!("    {what:<11} {line}"));
            }
        }
        self.asker.say("");
    }

    fn dns_line(&self, domain: &Name) -> String {
        if self.found.is_open(domain, RecordType::SOA) {
            return OPEN.into();
        }
        let servers = match self.found.name_servers.as_slice() {
            [] => "no name servers".into(),
            [one] => one.clone(),
            [first, second] => format!("{first}, {second}"),
            [first, .., last] => format!("{first} to {last}, {} servers", self.found.name_servers.len()),
        };
        match self.keeper() {
            Some(offer) => format!("{}: {servers}", offer.title.split("  ").next().unwrap_or_default()),
            None => servers,
        }
    }

    fn mail_line(&self, domain: &Name) -> String {
        if self.found.is_open(domain, RecordType::MX) {
            return OPEN.into();
        }
        let shown: Vec<String> =
            self.found.exchangers.iter().take(MOST).map(|(_, host)| self.exchanger(host)).collect();
        match self.found.exchangers.len() {
            0 => "nowhere: no MX".into(),
            n if n > MOST => format!("{}, and {} more", shown.join("; "), n - MOST),
            _ => shown.join("; "),
        }
    }

    fn exchanger(&self, host: &str) -> String {
        if host.is_empty() {
            return "nowhere, and says so (a null MX)".into();
        }
        if let Some(preset) = self.presets.iter().find(|p| p.receives_at(host)) {
            return format!("{host} ({})", preset.title);
        }
        let Some(facts) = self.found.hosts.get(host) else { return host.to_string() };
        let mut about = Vec::new();
        if self.scout.machine().is(host, &facts.addresses) {
            about.push("this machine".to_string());
        }
        about.extend(facts.addresses.iter().take(2).map(ToString::to_string));
        about.push(reverse_words(facts).into());
        format!("{host} ({})", about.join(", "))
    }

    fn senders_line(&self, domain: &Name) -> String {
        if self.found.is_open(domain, RecordType::TXT) {
            return OPEN.into();
        }
        let mut who = Vec::new();
        let parts = || self.found.spf.iter().flat_map(|s| &s.parts);
        if parts().any(|p| p.whose == Whose::Own) {
            who.push("your own servers".to_string());
        }
        let services = self.found.services(&self.presets);
        let title = |id: &String| self.presets.iter().find(|p| p.id == *id).map(|p| p.title.clone());
        who.extend(services.iter().filter_map(title));
        let strangers: Vec<&str> = parts().filter(|p| p.whose == Whose::Left).map(|p| p.text.as_str()).collect();
        if !strangers.is_empty() {
            let more = match strangers.len().saturating_sub(MOST) {
                0 => String::new(),
                n => format!(" and {n} more"),
            };
            let some: Vec<&str> = strangers.into_iter().take(MOST).collect();
            who.push(format!("not recognised: {}{more}", some.join(" ")));
        }
        let dead: Vec<&str> = self.found.spf.iter().flat_map(|s| s.dead()).map(|(term, _)| term).collect();
        if !dead.is_empty() {
            who.push(format!("dead: {}", dead.join(" ")));
        }
        if who.is_empty() { "nobody is named".into() } else { who.join("; ") }
    }

    fn spf_line(&self, domain: &Name) -> String {
        if self.found.is_open(domain, RecordType::TXT) {
            return OPEN.into();
        }
        match (&self.found.spf, self.found.spf_records) {
            (Some(spf), 0 | 1) => {
                let least = if spf.complete { "" } else { "at least " };
                let voids = if spf.voids > 0 { format!(", {} void", spf.voids) } else { String::new() };
                let end = match spf.all {
                    Some(Qualifier::Fail) => ", ends in -all",
                    Some(Qualifier::SoftFail) => ", ends in ~all",
                    Some(Qualifier::Neutral) => ", ends in ?all",
                    Some(Qualifier::Pass) => ", ends in +all: everybody may send",
                    None => "",
                };
                let over = if spf.lookups > 10 { ": broken, receivers stop at 10" } else { "" };
                format!("one record, {least}{} of 10 lookups{voids}{end}{over}", spf.lookups)
            }
            (None, 0) => "none".into(),
            (Some(spf), n) => {
                let lookups = spf.lookups;
                format!("{n} records: receivers believe none of them; as one, {lookups} of 10 lookups")
            }
            (None, n) => format!("{n} records: receivers believe none of them"),
        }
    }

    fn dkim_line(&self, domain: &Name) -> String {
        if self.found.is_open(domain, RecordType::TXT) {
            return String::new();
        }
        let title = |id: &str| self.presets.iter().find(|p| p.id == id).map(|p| p.title.as_str());
        let keys: Vec<String> = self
            .found
            .keys
            .iter()
            .map(|k| match k.service.as_deref().and_then(title) {
                Some(service) => format!("{} ({service})", k.selector),
                None => k.selector.clone(),
            })
            .collect();
        let mut text = match keys.is_empty() {
            true => "no key under the usual selectors".to_string(),
            false => format!("keys at {}", keys.join(", ")),
        };
        if !self.found.revoked.is_empty() {
            text.push_str(&format!("; revoked: {}", self.found.revoked.join(", ")));
        }
        text
    }

    fn dmarc_line(&self, domain: &Name) -> String {
        let owner = name::below("_dmarc", domain).unwrap_or_else(|_| domain.clone());
        if self.found.is_open(&owner, RecordType::TXT) {
            return OPEN.into();
        }
        let Some(facts) = &self.found.dmarc else {
            return match &self.found.inherited {
                Some((from, policy)) => format!("none of its own; {policy} holds, from {from}"),
                None => "none".into(),
            };
        };
        let policy = facts.policy.map_or("none", |p| p.name());
        let mut text = match &facts.slip {
            Some(slip) => format!("policy {policy}: `{slip}` is none"),
            None => format!("policy {policy}"),
        };
        if facts.testing {
            text.push_str(" in test mode");
        }
        match facts.reports.as_slice() {
            [] => text.push_str("; no reports"),
            to => text.push_str(&format!("; reports to {}", to.join(", "))),
        }
        text
    }

    fn transport_line(&self, domain: &Name) -> String {
        let open = |labels: &str| name::below(labels, domain).is_ok_and(|n| self.found.is_open(&n, RecordType::TXT));
        let word = |there: bool, labels: &str| match (there, open(labels)) {
            (true, _) => "yes",
            (false, true) => "not known",
            (false, false) => "no",
        };
        format!(
            "MTA-STS {}; reports about TLS {}",
            word(self.found.sts_id.is_some(), "_mta-sts"),
            word(self.found.tls_reports.is_some(), "_smtp._tls")
        )
    }

    /// Outward a connection proves the way. Inward it proves a listener: the way in is seen from another network alone.
    fn port_25_line(&self, domain: &Name) -> String {
        let machine = self.scout.machine();
        let (own, others): (Vec<_>, Vec<_>) =
            self.found.port_25.iter().partition(|(host, _)| machine.is(host, self.found.addresses(host)));
        let mut out = Vec::new();
        for (host, outcome) in &others {
            out.push(match outcome {
                Ok(()) => format!("out: {host} takes connections from here"),
                Err(why) => format!("out: {host}: {why}"),
            });
        }
        if !own.is_empty() && others.is_empty() {
            out.push("out: not tried, name a host elsewhere with --try-port-25=HOST".into());
        }
        for (host, outcome) in &own {
            out.push(match outcome {
                Ok(()) => format!(
                    "in: {host} listens; from another network `mailproof check {}` tries the way",
                    name::show(domain)
                ),
                Err(why) => format!("in: {host}: {why}"),
            });
        }
        out.join("; ")
    }

    fn inventory_line(&self) -> String {
        let Some(inventory) = &self.found.inventory else { return String::new() };
        let title = |id: &str| self.presets.iter().find(|p| p.id == id).map_or(id.to_string(), |p| p.title.clone());
        let services = inventory.services.iter().map(|(id, n)| (title(id), *n));
        let hosts = inventory.own.iter().chain(&inventory.strangers).map(|(host, n)| (host.clone(), *n));
        let mut who: Vec<(String, u64)> = services.chain(hosts).collect();
        who.sort_by(|a, b| b.1.cmp(&a.1).then_with(|| a.0.cmp(&b.0)));
        let more = match who.len().saturating_sub(2 * MOST) {
            0 => String::new(),
            n => format!("; {n} more"),
        };
        let who: Vec<String> = who.into_iter().take(2 * MOST).map(|(name, n)| format!("{name} {n}")).collect();
        format!("{} messages as this domain: {}{more}", inventory.messages, who.join("; "))
    }

    fn machine_line(&self) -> String {
        let machine = self.scout.machine();
        let mut out: Vec<String> = machine.name.iter().cloned().collect();
        for (address, names) in &self.found.reverse {
            out.push(match names {
                None => format!("{address} (reverse name not known)"),
                Some(names) if names.is_empty() => format!("{address} (no reverse name)"),
                Some(names) => format!("{address} ({})", names.join(", ")),
            });
        }
        let software = &machine.software;
        if !software.installed.is_empty() {
            let system = software.system.map(|s| format!(" on {}", s.name())).unwrap_or_default();
            out.push(format!("{}{system}", software.installed.join(", ")));
        }
        let keys: Vec<String> = software.keys.iter().take(MOST).map(|(d, s)| format!("{s} of {d}")).collect();
        if !keys.is_empty() {
            out.push(format!("signs with {}", keys.join(", ")));
        }
        out.join("; ")
    }
}

fn reverse_words(facts: &HostFacts) -> &'static str {
    match (facts.addresses.len(), facts.confirmed.len()) {
        (0, _) if facts.open => "addresses not known",
        (0, _) => "no address",
        (all, some) if all == some => "PTR matches",
        (_, 0) => "no PTR that matches",
        _ => "PTR matches in part",
    }
}

/// `text` in lines of at most `width` columns, broken at spaces.
fn filled(text: &str, width: usize) -> Vec<String> {
    let words: Vec<String> = text.split(' ').map(|word| wrap::cut(word, width)).collect();
    wrap::wrap(&words.join(" "), width)
}
