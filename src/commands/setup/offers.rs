//! The providers that the wizard offers.

use crate::commands::provider_args::all_definitions;
use crate::error::Result;
use crate::interview::flow::{Offer, OfferSetting};
use crate::provider::definition::Definition;

/// Every provider that can be chosen.
pub(super) fn offers() -> Result<Vec<Offer>> {
    let mut out: Vec<Offer> = all_definitions(&[])?.iter().map(of_definition).collect();
    out.push(Offer {
        id: "rfc2136".into(),
        title: "a name server that takes updates  RFC 2136 with a TSIG key: BIND, Knot".into(),
        endpoint: Some(String::new()),
        endpoint_help: "Where updates are sent, such as 192.0.2.53 or ns1.example.net:5300".into(),
        ..Offer::default()
    });
    out.push(Offer {
        id: "zone-file".into(),
        title: "a zone file on this machine  comments and layout are kept".into(),
        settings: vec![OfferSetting { key: "path".into(), what: "Path of the zone file".into(), default: None }],
        ..Offer::default()
    });
    Ok(out)
}

fn of_definition(definition: &Definition) -> Offer {
    // An API on this machine is one's own server, which may as well stand elsewhere; those of companies do not move.
    let own = ["//127.", "//localhost", "//[::1]"].iter().any(|host| definition.endpoint.contains(host));
    Offer {
        id: definition.id.clone(),
        title: definition.title.clone(),
        nameservers: definition.nameservers.clone(),
        endpoint: own.then(|| definition.endpoint.clone()),
        endpoint_help: "Where its API listens.".into(),
        settings: definition
            .settings
            .iter()
            .map(|(key, s)| OfferSetting { key: key.clone(), what: capital(&s.what), default: s.default.clone() })
            .collect(),
    }
}

fn capital(text: &str) -> String {
    let mut chars = text.chars();
    chars.next().map(|first| first.to_uppercase().chain(chars).collect()).unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_provider_can_be_chosen() {
        let offers = offers().unwrap();
        let by_id = |id: &str| offers.iter().find(|o| o.id == id).unwrap();
        assert!(by_id("powerdns").endpoint.as_deref().is_some_and(|e| e.starts_with("http://127.0.0.1")));
        assert_eq!(by_id("powerdns").settings[0].what, "The server's id in the API");
        assert_eq!(by_id("rfc2136").endpoint.as_deref(), Some(""));
        for offer in &offers {
            assert!(offer.title.chars().count() <= 72, "{}", offer.title);
        }
    }
}
