//! The ids of all questions: what an answers file may answer.

use crate::model::typo::nearest;

/// Ids and what they ask. One that ends in `.` goes on with the name of a host or of a setting.
pub const ALL: &[(&str, &str)] = &[
    ("domain", "the domain, as it stands after the @; several share the answers"),
    ("kind", "own, hosted, mixed, sends-only, receives-only, parked or bulk"),
    ("subdomain", "where bulk mail is sent from, if `domain` is the main domain"),
    ("hosts", "the names of your own mail servers; none if services do it all"),
    ("addresses.", "the addresses that a host sends from"),
    ("helo.", "what a host says in EHLO"),
    ("receives.", "whether a host receives the domain's mail"),
    ("publish_addresses.", "whether to publish the address records of a host"),
    ("senders", "the services that send for the domain"),
    ("senders.other", "further services: domains to include, or SPF terms"),
    ("spf.all", "mail from anywhere else: softfail, fail or neutral"),
    ("spf.drop", "dead terms of the published SPF record that may go"),
    ("spf.over", "what goes when SPF would take more than ten lookups: services and terms"),
    ("keys", "which keys to make: rsa2048, rsa2048+ed25519 or rsa4096"),
    ("dmarc.policy", "what receivers do with mail that proves nothing: none, quarantine or reject"),
    ("dmarc.inherit", "whether a subdomain leaves DMARC to the record of the domain above it"),
    ("dmarc.reports", "where reports go"),
    ("transport", "encryption of mail that comes: none, reports, testing or enforce (TLS-RPT, MTA-STS)"),
    ("transport.reports", "where reports about encryption go"),
    ("provider", "who keeps the zone; none to publish by hand"),
    ("provider.zone", "the zone that the records go into"),
    ("provider.endpoint", "the address of the provider's API or server"),
    ("setting.", "what else the provider asks for"),
    ("advance.", "with --advance: whether a domain's policy takes the next step"),
    ("publish", "whether to publish"),
];

/// Whether `id` is one.
pub fn known(id: &str) -> bool {
    ALL.iter().any(|(known, _)| match known.strip_suffix('.') {
        Some(_) => id.len() > known.len() && id.starts_with(known),
        None => id == *known,
    })
}

/// The id that `id` was probably meant to be.
pub fn guess(id: &str) -> Option<String> {
    let (head, tail) = id.split_once('.').map_or((id, None), |(h, t)| (h, Some(t)));
    let whole: Vec<&str> = ALL.iter().map(|(k, _)| *k).filter(|k| !k.ends_with('.')).collect();
    let heads: Vec<&str> = ALL.iter().filter_map(|(k, _)| k.strip_suffix('.')).collect();
    match tail {
        Some(tail) if nearest(id, &whole).is_none() => nearest(head, &heads).map(|h| format!("{h}.{tail}")),
        _ => nearest(id, &whole).map(str::to_string),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ids_and_slips() {
        for (id, is_known, guessed) in [
            ("domain", true, Some("domain")),
            ("addresses.mail.example.com", true, Some("addresses.mail.example.com")),
            ("addresses.", false, None),
            ("domian", false, Some("domain")),
            ("adresses.mail.example.com", false, Some("addresses.mail.example.com")),
            ("dmarc.report", false, Some("dmarc.reports")),
            ("colour", false, None),
        ] {
            assert_eq!(known(id), is_known, "{id}");
            if guessed.is_some() || !is_known {
                assert_eq!(guess(id).as_deref().filter(|_| id != "addresses."), guessed, "{id}");
            }
        }
    }
}
