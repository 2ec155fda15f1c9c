//! The sentences that say why: what a postmaster would say on the telephone.

use std::net::IpAddr;

use hickory_proto::rr::RecordType;

use crate::auth::spf::SpfResult;
use crate::dns::lookup::LookupFailure;
use crate::model::reading::Fault;
use crate::model::spf::{
    Directive, MAX_LOOKUPS, MAX_NAMES, MAX_VOID_LOOKUPS, Mechanism, Qualifier, SpfFault, SpfRecord,
};

pub(super) fn no_record(domain: &str) -> String {
    format!("{domain} publishes no SPF record")
}

pub(super) fn several_records(domain: &str, count: usize) -> String {
    format!("{domain} publishes {count} SPF records, and only one is allowed")
}

pub(super) fn broken(domain: &str, record: &SpfRecord, faults: &[Fault<SpfFault>]) -> String {
    let Some(first) = faults.first() else { return format!("the SPF record of {domain} is broken") };
    let more = match faults.len() {
        1 => String::new(),
        n => format!(" (and {} more)", n - 1),
    };
    let text = record.text(first.span);
    let place = match first.kind {
        SpfFault::UnknownMechanism { .. } | SpfFault::NonAscii | SpfFault::ControlCharacter(_) => String::new(),
        _ => format!(" at `{text}`"),
    };
    format!("the SPF record of {domain} is broken{place}: {}{more}", first.kind)
}

pub(super) fn no_answer(name: &str, rtype: RecordType, failure: &LookupFailure) -> String {
    format!("the {rtype} records of {name} are unknown: {failure}")
}

pub(super) fn default(domain: &str, ip: IpAddr) -> String {
    format!("{domain} says nothing about {ip}: no term matches, and there is no `all`")
}

/// A match of any mechanism but `include`; `host` is the host that matched, where one did.
pub(super) fn matched(directive: &Directive, term: &str, domain: &str, ip: IpAddr, host: &str) -> String {
    let result = SpfResult::from(directive.qualifier);
    match (&directive.mechanism, directive.qualifier) {
        (Mechanism::All, Qualifier::Pass) => format!("`{term}` at {domain} lets every address send"),
        (Mechanism::All, _) => format!("`{term}` at {domain} says {result}: {ip} is not listed anywhere"),
        (_, Qualifier::Pass) => match &directive.mechanism {
            Mechanism::Ptr { .. } => format!("`{term}` at {domain} lists {ip}, whose name is {host}"),
            Mechanism::Exists(_) => format!("`{term}` at {domain} lists {ip}: {host} exists"),
            Mechanism::Mx { .. } => format!("`{term}` at {domain} lists {ip}, an address of {host}"),
            _ => format!("`{term}` at {domain} lists {ip}"),
        },
        _ => format!("`{term}` at {domain} says {result} for {ip}"),
    }
}

/// A match of `include`.
pub(super) fn included(directive: &Directive, term: &str, domain: &str, inner: &str) -> String {
    match directive.qualifier {
        Qualifier::Pass => through(inner, term, domain),
        other => format!("{inner}, and for that `{term}` at {domain} says {}", SpfResult::from(other)),
    }
}

/// What an included record, or one redirected to, says.
pub(super) fn through(inner: &str, term: &str, domain: &str) -> String {
    format!("{inner} (through `{term}` at {domain})")
}

pub(super) fn target_without_record(term: &str, domain: &str, host: &str) -> String {
    format!("`{term}` at {domain} leads nowhere: {host} publishes no SPF record")
}

pub(super) fn too_many_lookups(term: &str, domain: &str) -> String {
    format!("`{term}` at {domain} is one lookup too many: {MAX_LOOKUPS} are allowed in all")
}

pub(super) fn too_many_voids(term: &str, domain: &str) -> String {
    format!("`{term}` at {domain} finds nothing in DNS, and only {MAX_VOID_LOOKUPS} terms may do so")
}

pub(super) fn too_many_exchangers(term: &str, domain: &str, count: usize) -> String {
    format!("`{term}` at {domain} has {count} mail exchangers, and {MAX_NAMES} are allowed")
}
