//! A policy that cannot be fetched.

use crate::lint::rules::prelude::*;
use crate::model::mta_sts::StsPolicy;
use crate::model::service::{FetchFault, TrustFault};

rule! {
    /// The policy file cannot be fetched as senders fetch it.
    ///
    /// # Why
    /// It must come over HTTPS from `mta-sts.DOMAIN` with status 200, without a redirect, as text/plain, with a certificate that is
    /// valid for that name.
    ///
    /// # Reference
    /// RFC 8461 §3.3
    ///
    /// # Since
    /// 0.1.0
    "STS002", "policy-unreachable", Error, Live, Service(check)
}

fn check(seen: &ServiceView<'_>, out: &mut Sink<'_>) {
    let Some(policy) = &seen.services.policy else { return };
    let domain = &seen.live.domain;
    let Some(owner) = wire::child(b"_mta-sts", domain) else { return };
    let spot = seen.spot_of(&owner, RecordType::TXT);
    let host = format!("mta-sts.{}", wire::show(domain));
    let none = "no MTA-STS policy, or the old one as long as they keep it";
    match &policy.fault {
        Some(fault) if fault.is_open() => {}
        Some(fault) => {
            out.report(spot, format!("no policy at {}: {fault}", policy.url)).sees(none).help(match fault {
                FetchFault::NoAddress { .. } => format!("publish an address for {host}, or remove the record"),
                FetchFault::Certificate { fault: TrustFault::OtherName } => {
                    format!("have the host show a certificate for {host}")
                }
                FetchFault::Certificate { fault: TrustFault::Expired } => "renew the certificate".into(),
                FetchFault::Certificate { .. } => {
                    format!("use a certificate for {host} that a public authority signed, with its whole chain")
                }
                FetchFault::Redirect { .. } => {
                    "serve the file itself, with status 200: senders follow no redirect".into()
                }
                FetchFault::TooLarge { .. } => "serve the policy and nothing else".into(),
                _ => format!("serve the file over HTTPS at {}", policy.url),
            });
        }
        None if !StsPolicy::read(&policy.octets).is_ours() => {
            out.report(spot, format!("what is at {} is no policy", policy.url))
                .sees(none)
                .help("serve a file that begins with `version: STSv1`");
        }
        None if !policy.is_plain_text() => {
            let kind = policy.content_type.as_deref().unwrap_or("without a type");
            out.report(spot, format!("the policy file is served as `{}`, not as text/plain", short(kind)))
                .severity(Severity::Warning)
                .sees("strict senders take no other type than text/plain")
                .help("serve it with `Content-Type: text/plain`");
        }
        None => {}
    }
}
