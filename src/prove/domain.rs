//! One domain proven: sent for real where that can be, else judged unsent.

use std::net::{IpAddr, Ipv4Addr};
use std::sync::Arc;

use crate::auth::published::{self, KeyStatus, Published, Status};
use crate::dns::gather::gather_mail;
use crate::dns::lookup::Lookup;
use crate::error::Result;
use crate::keys::algorithm::Algorithm;
use crate::keys::pair::KeyPair;
use crate::model::name;
use crate::profile::preset;
use crate::profile::schema::{self, Domain};
use crate::prove::cells::{Mechanism, SixCells, Standing};
use crate::prove::deliver::{deliver, is_ours, local_stranger};
use crate::prove::letter::{Moment, stranger};
use crate::prove::probe::{JudgedProbe, Probe};
use crate::prove::sender::{Sender, SigningKey, SigningKeys, senders};
use crate::prove::simulate::judge_unsent;
use crate::prove::verdict::{forgery_cells, six_cells};

/// What a test came to.
pub struct Tested {
    /// The address that the mail came from.
    pub sender: Sender,
    /// The messages and their verdicts.
    pub probes: Vec<JudgedProbe>,
    /// The table.
    pub table: SixCells,
}

/// Sends the probes of the first address that is this machine's, or judges those of the first one without sending. Where
/// no server of one's own sends, forgeries show what becomes of mail in the domain's name.
///
/// # Errors
/// When a message cannot be signed, an address cannot be bound or a session breaks.
pub async fn prove(
    domain: &Domain,
    keys: &SigningKeys,
    lookup: Arc<dyn Lookup>,
    at: &Moment,
    simulate: bool,
) -> Result<Tested> {
    let all = senders(domain)?;
    let local = all.iter().find(|s| !simulate && is_ours(s.ip));
    let Some(sender) = local.or(all.first()).cloned() else { return forgeries(domain, lookup, at, simulate).await };
    let probes = match local {
        Some(_) => deliver(&Probe::ALL, lookup, &sender, keys, at, None).await?,
        None => judge_unsent(&Probe::ALL, lookup.as_ref(), &sender, keys, at).await?,
    };
    let table = six_cells(&sender.domain, &probes);
    Ok(Tested { sender, probes, table })
}

/// Forged messages in the name of a domain that no server of one's own sends for. What a service sends is only looked up:
/// its key is the service's.
async fn forgeries(domain: &Domain, lookup: Arc<dyn Lookup>, at: &Moment, simulate: bool) -> Result<Tested> {
    let shown = name::show(&domain.name()?);
    let here = IpAddr::V4(Ipv4Addr::LOCALHOST);
    let ip = if simulate { stranger(Ipv4Addr::UNSPECIFIED.into()) } else { local_stranger(here) };
    let sender = Sender { domain: shown.clone(), helo: "stranger.invalid".into(), ip };
    let key = SigningKey { selector: "mailproof-forged".into(), key: KeyPair::generate(Algorithm::Ed25519)? };
    let keys = SigningKeys { domain: shown.clone(), keys: vec![key] };
    let probes = match simulate {
        true => judge_unsent(&Probe::FORGERIES, lookup.as_ref(), &sender, &keys, at).await?,
        false => deliver(&Probe::FORGERIES, lookup.clone(), &sender, &keys, at, None).await?,
    };
    if domain.parked || domain.sends_nothing() {
        let table = forgery_cells(&shown, &probes, |_| (Standing::Unneeded, String::new(), Vec::new()));
        return Ok(Tested { sender, probes, table });
    }
    let services = services(domain)?;
    let selectors: Vec<String> = services.iter().flat_map(|s| s.selectors.clone()).collect();
    let gathered = gather_mail(lookup.as_ref(), &domain.name()?, &selectors, "").await;
    let seen = published::read(lookup.as_ref(), &gathered, &[], at.now).await;
    let table =
        forgery_cells(&shown, &probes, |mechanism| sending(mechanism, &seen, &services, gathered.unknown.is_empty()));
    Ok(Tested { sender, probes, table })
}

/// A service that sends, and the selectors of its keys as far as they are known.
struct Service {
    name: String,
    selectors: Vec<String>,
}

fn services(domain: &Domain) -> Result<Vec<Service>> {
    let presets = preset::all()?;
    let of = |sender: &schema::Sender| {
        let preset = presets.iter().find(|p| p.title == sender.name);
        let named = sender.dkim_cnames.iter().map(|c| c.selector.clone());
        let usual = preset.iter().flat_map(|p| p.dkim.selectors.clone());
        Service { name: sender.name.clone(), selectors: named.chain(usual).collect() }
    };
    Ok(domain.senders.iter().map(of).collect())
}

/// How the sending side stands by what is published, for a service sends; `answered` says whether DNS left nothing open.
fn sending(
    mechanism: Mechanism,
    seen: &Published,
    services: &[Service],
    answered: bool,
) -> (Standing, String, Vec<String>) {
    let standing = |status| match status {
        Status::Ok => Standing::Published,
        Status::Missing => Standing::Missing,
        Status::Broken => Standing::Broken,
        Status::Unknown => Standing::NotJudged,
    };
    let names: Vec<&str> = services.iter().map(|s| s.name.as_str()).collect();
    let names = if names.is_empty() { "the service that sends for it".to_string() } else { names.join(" and ") };
    match mechanism {
        Mechanism::Spf => match standing(seen.spf.status) {
            Standing::Published => {
                let cause = format!(
                    "only a message of {names} proves this side: send a message through it to a mailbox elsewhere, save it, and \
                     judge it with mailproof verify"
                );
                (Standing::Published, String::new(), vec![cause])
            }
            other => (other, String::new(), vec![seen.spf.reason.clone()]),
        },
        Mechanism::Dkim => match seen.dkim.iter().filter(|key| key.status == KeyStatus::Ok).count() {
            0 if !answered => (Standing::NotJudged, String::new(), vec!["DNS did not answer".into()]),
            0 => (
                Standing::Missing,
                String::new(),
                vec![format!("no key of {names} was found: it makes them in its panel")],
            ),
            1 => (Standing::Published, "1 key".into(), Vec::new()),
            n => (Standing::Published, format!("{n} keys"), Vec::new()),
        },
        Mechanism::Dmarc => (standing(seen.dmarc.status), String::new(), Vec::new()),
    }
}

#[cfg(test)]
mod tests {
    use std::time::SystemTime;

    use hickory_proto::rr::RecordType;

    use super::*;
    use crate::dns::lookup::LookupFailure;
    use crate::dns::table::TableLookup;
    use crate::profile::load;
    use crate::prove::cells::Side;

    const HOSTED: &str = "senders: [{name: Google Workspace, include: _spf.google.com}]";

    /// What is published for a domain without a server of its own, and how both sides then stand.
    #[tokio::test]
    async fn without_a_server_of_its_own() {
        const SPF: (&str, &str) = ("a.example", "v=spf1 include:_spf.google.com ~all");
        const THEIRS: (&str, &str) = ("_spf.google.com", "v=spf1 ip4:192.0.2.0/24 ~all");
        const KEY: (&str, &str) =
            ("google._domainkey.a.example", "v=DKIM1; k=ed25519; p=11qYAYKxCrfVS/7TyWQHOg7hcvPapiMlrwIaaPcHURo=");
        const DMARC: (&str, &str) = ("_dmarc.a.example", "v=DMARC1; p=none");
        const NOBODY: (&str, &str) = ("a.example", "v=spf1 -all");
        const REJECT: (&str, &str) = ("_dmarc.a.example", "v=DMARC1; p=reject");
        let all = "published published published";
        for (profile, records, silent, sending, receiving, why) in [
            (HOSTED, &[SPF, THEIRS, KEY, DMARC][..], "", all, "would pass would pass would pass", "all is there"),
            (
                HOSTED,
                &[SPF, THEIRS, DMARC],
                "",
                "published missing published",
                "would pass would pass would pass",
                "no key",
            ),
            (HOSTED, &[KEY], "", "missing published missing", "not judged would pass not judged", "a key alone"),
            (
                HOSTED,
                &[SPF, THEIRS, DMARC],
                "google._domainkey.a.example",
                "published not judged published",
                "would pass would pass would pass",
                "whether there is a key is not known",
            ),
            (
                "parked: true",
                &[NOBODY, REJECT],
                "",
                "not needed not needed not needed",
                "would pass would pass would pass",
                "it never sends",
            ),
            (
                "spf: {all: fail}",
                &[("a.example", "v=spf1 +all"), REJECT],
                "",
                "not needed not needed not needed",
                "broken would pass broken",
                "anybody may send in its name",
            ),
        ] {
            let text = format!("version: 1\ndomains:\n  - domain: a.example\n    {profile}\n");
            let profile = load::parse(&text, "mailproof.yaml").unwrap();
            let mut dns = TableLookup::new();
            for (owner, text) in records {
                dns.add_text(&name::domain(owner).unwrap(), text.as_bytes());
            }
            if !silent.is_empty() {
                dns.fail(&name::domain(silent).unwrap(), RecordType::TXT, LookupFailure::Timeout);
            }
            let keys = SigningKeys { domain: "a.example".into(), keys: Vec::new() };
            let at = Moment { now: SystemTime::now(), token: "t1".into() };
            let tested = prove(&profile.domains[0], &keys, Arc::new(dns), &at, true).await.unwrap();
            let words = |side: Side| {
                let of = |m: &Mechanism| tested.table.get(*m, side).unwrap().standing.word();
                Mechanism::ALL.iter().map(of).collect::<Vec<_>>().join(" ")
            };
            assert_eq!(words(Side::Sending), sending, "{why}");
            assert_eq!(words(Side::Receiving), receiving, "{why}");
        }
    }
}
