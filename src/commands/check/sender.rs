//! `check --from-ip`: what SPF says about one client, step by step.

use std::net::IpAddr;
use std::time::SystemTime;

use serde_json::json;

use crate::auth::spf::{SmtpClient, SpfEvaluation, SpfResult, check_mail_from};
use crate::commands::check::{Args, Format, print_json};
use crate::commands::{Context, Outcome};
use crate::error::{Error, Result};
use crate::report::harmless::harmless;

/// Evaluates SPF for each domain. Names go to `check_host()` as they are given: what a receiver is told need not be a
/// domain name, and RFC 7208 §4.3 says what then comes of it.
pub(super) fn run(args: &Args, ip: IpAddr, context: &Context) -> Result<Outcome> {
    if args.format == Format::Csv || args.format.is_report() {
        return Err(Error::usage("an evaluation has no such form").hint("use --format json, ndjson or human"));
    }
    let resolver = args.dns.resolver_trusting(args.visits.named_trust()?.as_ref())?;
    let evaluations = context.run(async {
        let mut all = Vec::new();
        for domain in &args.domains {
            let helo = args.helo.as_deref().unwrap_or(domain);
            let mail_from = args.mail_from.clone().unwrap_or_else(|| format!("postmaster@{domain}"));
            // RFC 7208 §7.3: who does not know its own name says `unknown`.
            let (receiver, now) = ("unknown", SystemTime::now());
            let client = SmtpClient { ip, helo, mail_from: &mail_from, receiver, now };
            let spf = check_mail_from(&resolver, &client).await;
            all.push((domain, helo, mail_from, spf));
        }
        Ok(all)
    })?;
    let mut results = Vec::new();
    let mut outcome = Outcome::Clean;
    let mut open = None;
    for (domain, helo, mail_from, spf) in evaluations {
        match spf.result {
            SpfResult::Pass => {}
            SpfResult::TempError => {
                open.get_or_insert_with(|| {
                    Error::unreachable(format!("DNS did not answer: {}", harmless(&spf.reason)))
                });
            }
            _ => outcome = Outcome::Findings,
        }
        match args.format {
            Format::Json | Format::Ndjson => results.push(json!({
                "domain": domain,
                "ip": ip,
                "helo": helo,
                "mail_from": mail_from,
                "identity": if mail_from.is_empty() { "helo" } else { "mailfrom" },
                "spf": spf,
            })),
            _ => show(context, &spf, &format!("SPF for {ip} as <{mail_from}>, HELO {helo}")),
        }
    }
    match args.format {
        Format::Json => print_json(context, results),
        _ => results.iter().for_each(|r| context.screen.line(r.to_string())),
    }
    open.map_or(Ok(outcome), Err)
}

fn show(context: &Context, spf: &SpfEvaluation, head: &str) {
    context.screen.line(harmless(head));
    context.screen.line("");
    context.screen.line(harmless(&spf.to_string()));
}
