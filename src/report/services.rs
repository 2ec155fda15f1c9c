//! What a domain's servers said, in lines for people.

use jiff::Timestamp;

use crate::auth::published::Status;
use crate::model::mta_sts::{StsMode, StsPolicy};
use crate::model::service::{Certificate, Exchange, Indicator, PolicyFetch, Starttls, TlsFacts};

/// Seconds of a day.
const DAY: u32 = 86_400;

/// How MTA-STS stands: a record whose policy cannot be had is of no use.
pub fn policy_status(record: Status, fetch: Option<&PolicyFetch>) -> Status {
    match fetch.and_then(|f| f.fault.as_ref()) {
        Some(fault) if record == Status::Ok => {
            if fault.is_open() {
                Status::Unknown
            } else {
                Status::Broken
            }
        }
        _ => record,
    }
}

/// The policy in a line.
pub fn policy(fetch: &PolicyFetch) -> String {
    if let Some(fault) = &fetch.fault {
        return format!("policy: {fault}");
    }
    let reading = StsPolicy::read(&fetch.octets);
    let Some(policy) = reading.record() else { return "policy: what is served is none".into() };
    let mode = match policy.mode {
        Some(StsMode::Enforce) => "enforce",
        Some(StsMode::Testing) => "testing",
        Some(StsMode::None) => "none",
        None => "no valid mode",
    };
    let age = match policy.max_age {
        Some(seconds) if seconds >= 2 * DAY => format!(", kept for {} days", seconds / DAY),
        Some(seconds) => format!(", kept for {seconds} seconds"),
        None => String::new(),
    };
    let hosts: Vec<&str> = policy.mx.iter().map(|(pattern, _)| pattern.as_str()).collect();
    format!("policy: {mode}{age}, for {}", if hosts.is_empty() { "no host".into() } else { hosts.join(", ") })
}

/// An exchanger in lines: the visit, then DANE.
pub fn exchange(exchange: &Exchange) -> Vec<String> {
    let mut lines = Vec::new();
    match &exchange.smtp {
        None => lines.push("no address to visit".into()),
        Some(visit) => {
            let mut text = visit.address.to_string();
            if let Some(name) = visit.calls_itself.as_ref().filter(|name| **name != exchange.shown()) {
                text.push_str(&format!(" calls itself {name}"));
            }
            match (&visit.fault, &visit.starttls) {
                (Some(fault), _) => text.push_str(&format!(": {fault}")),
                (None, Some(Starttls::NotOffered)) => text.push_str(": no STARTTLS"),
                (None, Some(Starttls::Failed(why))) => text.push_str(&format!(": STARTTLS fails: {why}")),
                (None, Some(Starttls::Done(tls))) => text.push_str(&format!(": {}", handshake(tls))),
                (None, None) => {}
            }
            lines.push(text);
        }
    }
    let dane = &exchange.dane;
    if !dane.records.is_empty() {
        let count = dane.records.len();
        let agree = dane.records.iter().filter(|r| r.matches == Some(true)).count();
        let signed = match dane.secure {
            Some(true) => ", proved by DNSSEC",
            Some(false) => ", not proved by DNSSEC",
            None => ", proof by DNSSEC not known",
        };
        let agree = match agree {
            _ if exchange.tls().is_none() => String::new(),
            0 => ", none agrees with the certificate".into(),
            1 => ", 1 agrees with the certificate".into(),
            agree => format!(", {agree} agree with the certificate"),
        };
        let records = if count == 1 { "record" } else { "records" };
        lines.push(format!("DANE: {count} TLSA {records}{signed}{agree}"));
    }
    lines
}

/// The logo in a line.
pub fn indicator(seen: &Indicator) -> String {
    match (&seen.fault, seen.faults.len()) {
        (Some(fault), _) => format!("logo: {fault}"),
        (None, 0) => format!("logo: {} octets, SVG Tiny PS", seen.octets),
        (None, 1) => format!("logo: {} octets, not SVG Tiny PS", seen.octets),
        (None, count) => format!("logo: {} octets, not SVG Tiny PS for {count} reasons", seen.octets),
    }
}

fn handshake(tls: &TlsFacts) -> String {
    match (&tls.fault, &tls.certificate) {
        (Some(fault), _) => format!("{}, {fault}", tls.version),
        (None, Some(certificate)) => format!("{}, certificate good until {}", tls.version, day(certificate)),
        (None, None) => tls.version.clone(),
    }
}

fn day(certificate: &Certificate) -> String {
    let at: Timestamp = certificate.not_after;
    at.strftime("%Y-%m-%d").to_string()
}
