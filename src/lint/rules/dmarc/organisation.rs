//! Organisational domains by the public suffix list, as RFC 7489 §3.2 finds them.
//!
//! Where all records are at hand RFC 9989 walks the tree instead; for a zone file the list is what there is.

use crate::model::wire;

/// The registrable domain that `name` is or is below: one label more than its public suffix. `None` for a public suffix.
pub fn registrable(name: &[u8]) -> Option<Vec<u8>> {
    let text = wire::show(name);
    let domain = psl::domain_str(&text)?;
    wire::from_text(domain)
}

/// Whether two domains belong to one organisation.
pub fn same_organisation(a: &[u8], b: &[u8]) -> bool {
    if wire::is_in(a, b) || wire::is_in(b, a) {
        return true;
    }
    match (registrable(a), registrable(b)) {
        (Some(a), Some(b)) => a == b,
        _ => false,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn organisations() {
        let wire = |t: &str| wire::from_text(t).unwrap();
        for (name, organisation) in [
            ("example.com", Some("example.com")),
            ("a.b.example.co.uk", Some("example.co.uk")),
            ("co.uk", None),
            ("example", None),
        ] {
            assert_eq!(registrable(&wire(name)).map(|w| wire::show(&w)).as_deref(), organisation, "{name}");
        }
        assert!(same_organisation(&wire("mail.example.com"), &wire("reports.example.com")));
        assert!(!same_organisation(&wire("example.com"), &wire("example.net")));
    }
}
