//! `check`: what a domain publishes.

use std::time::SystemTime;

use futures_util::{StreamExt, TryStreamExt, stream};
use serde_json::json;

use crate::auth::published::{Finding, Judge, Judged, OpenQuestion, Published};
use crate::commands::check::{Args, Format, print_json, selectors};
use crate::commands::{Context, Outcome, lint};
use crate::dns::authority;
use crate::dns::gather::{Gathered, gather, gather_mail, key_name};
use crate::dns::resolver::Resolver;
use crate::dns::servers;
use crate::error::{Error, Result};
use crate::lint::live::Server;
use crate::lint::outcome::Outcome as Run;
use crate::lint::profile_view::ProfileFacts;
use crate::lint::registry::RULES;
use crate::lint::sorted::Sorted;
use crate::model::name::{self, Name};
use crate::prove::receivers::standings;
use crate::report::published::{render, summary};
use crate::report::published_row;
use crate::report::standings::standings as standings_table;
use crate::report::{github, html, junit, markdown, sarif};
use crate::service::{self, Reach};

/// Domains in work at a time.
const AT_ONCE: usize = 8;

pub(super) fn run(args: &Args, context: &Context) -> Result<Outcome> {
    let domains: Vec<Name> = args.domains.iter().map(|text| name::domain(text)).collect::<Result<_>>()?;
    let named = selectors::named(args)?;
    for domain in &domains {
        selectors::of(&named, domain).iter().try_for_each(|selector| key_name(selector, domain).map(drop))?;
    }
    if args.format == Format::Html && domains.len() > 1 {
        return Err(Error::usage("a page is about one domain").hint("run check once a domain, or use another format"));
    }
    let profile = args.profile.as_deref().map(|path| lint::profile::facts(path, context)).transpose()?;
    for domain in &domains {
        if profile.as_ref().is_some_and(|profile| profile.only(domain.octets()).is_none()) {
            context.screen.note(format!("note: the profile says nothing about {}", name::show(domain)));
        }
    }
    let resolver = args.dns.resolver_trusting(args.visits.named_trust()?.as_ref())?;
    let reach = args.visits.reach(&context.screen)?;
    let now = SystemTime::now();
    let judged: Vec<Judged> = context.run(async {
        let checks = domains
            .iter()
            .map(|domain| (domain, profile.as_ref().and_then(|profile| profile.only(domain.octets()))))
            .map(|(domain, profile)| {
                let asked = selectors::of(&named, domain);
                check(&resolver, domain, args, asked, reach.as_ref(), profile, now)
            });
        stream::iter(checks).buffered(AT_ONCE).try_collect().await
    })?;
    let (results, runs): (Vec<Published>, Vec<Run>) = judged.into_iter().map(|j| (j.published, j.outcome)).unzip();
    match args.format {
        Format::Json => print_json(context, results.iter().map(whole).collect()),
        Format::Ndjson => results.iter().for_each(|r| context.screen.line(whole(r).to_string())),
        Format::Csv => {
            context.screen.raw(published_row::CSV_HEADER);
            results.iter().for_each(|r| context.screen.raw(&published_row::csv(r)));
        }
        Format::Sarif => context.screen.raw(&sarif::outcome(&Run::join(runs))),
        Format::Junit => context.screen.raw(&junit::outcome(&Run::join(runs))),
        Format::Github => context.screen.raw(&github::outcome(&Run::join(runs))),
        Format::Markdown => context.screen.raw(&markdown::outcome(&Run::join(runs))),
        Format::Html => {
            let when = jiff::Timestamp::now().strftime("%Y-%m-%d %H:%M UTC").to_string();
            for published in &results {
                let standings = if published.details.is_some() { standings(published)? } else { Vec::new() };
                context.screen.raw(&html::page(published, &standings, &when));
            }
        }
        Format::Human => {
            for published in &results {
                context.screen.raw(&render(published));
                if published.details.is_some() {
                    context.screen.raw(&format!("\n{}", standings_table(&standings(published)?)));
                }
                context.screen.line(format!("\n{}\n", summary(published)));
            }
        }
    }
    if results.iter().any(|r| r.findings.iter().any(Finding::is_error)) {
        return Ok(Outcome::Findings);
    }
    match results.iter().find_map(|r| r.unknown.first()) {
        None => Ok(Outcome::Clean),
        Some(open) if matches!(open.rtype.as_str(), "smtp" | "https") => {
            Err(Error::unreachable(format!("{} did not answer: {}", open.name, open.reason))
                .hint(format!("try again, or leave it out with --no-{}", open.rtype)))
        }
        Some(open) => {
            Err(Error::unreachable(format!("DNS did not answer: {} {}: {}", open.name, open.rtype, open.reason))
                .hint("try again, or ask another server with --nameserver"))
        }
    }
}

async fn check(
    resolver: &Resolver,
    domain: &Name,
    args: &Args,
    selectors: Vec<String>,
    reach: Option<&Reach>,
    profile: Option<ProfileFacts>,
    now: SystemTime,
) -> Result<Judged> {
    let selectors = selectors.as_slice();
    let source = resolver.shown();
    let mut gathered = gather_mail(resolver, domain, selectors, &source).await;
    if reach.is_some_and(|r| r.https) && !gathered.snapshot.is_empty() {
        gathered.merge(gather(resolver, domain, service::questions(domain), &source).await);
    }
    let services = match reach {
        Some(reach) => Some(service::visit(resolver, &gathered, reach).await),
        None => None,
    };
    let (servers, open) = if args.authoritative {
        survey(resolver, &gathered, args.authoritative_port).await
    } else {
        (Vec::new(), None)
    };
    let judge = Judge {
        rules: &Sorted::new(RULES),
        thorough: true,
        services: services.as_ref(),
        servers: &servers,
        profile: profile.as_ref(),
    };
    let mut judged = judge.judge(resolver, &gathered, selectors, now).await?;
    judged.published.unknown.extend(open);
    if let Some(services) = services {
        let open = services.open().into_iter();
        let open = open.map(|(name, rtype, reason)| OpenQuestion { name, rtype: rtype.into(), reason });
        judged.published.unknown.extend(open);
        judged.published.services = Some(services);
    }
    Ok(judged)
}

/// What every authoritative server of the domain's zone says; without them, the question that stays open.
async fn survey(resolver: &Resolver, gathered: &Gathered, port: u16) -> (Vec<Server>, Option<OpenQuestion>) {
    let open = |reason: String| OpenQuestion { name: name::show(&gathered.domain), rtype: "NS".into(), reason };
    let zone = match authority::zone_of(resolver, &gathered.domain).await {
        Ok(Some(zone)) => zone,
        Ok(None) => return (Vec::new(), Some(open("it is in no zone".into()))),
        Err(failure) => return (Vec::new(), Some(open(failure.to_string()))),
    };
    match authority::name_servers(resolver, &zone).await {
        Ok(mut found) => {
            found.iter_mut().for_each(|server| server.addr.set_port(port));
            (servers::survey(&found, &zone, &servers::questions(gathered)).await, None)
        }
        Err(e) => (Vec::new(), Some(open(e.to_string()))),
    }
}

/// A result with how the domain stands with the large receivers.
fn whole(published: &Published) -> serde_json::Value {
    let mut value = json!(published);
    if published.details.is_some()
        && let (Some(object), Ok(standings)) = (value.as_object_mut(), standings(published))
    {
        object.insert("receivers".into(), json!(standings));
    }
    value
}
