//! A fingerprint of what was read, so that a plan is never carried out on a zone that has moved.

use aws_lc_rs::digest::{Context, SHA256};

use crate::model::name;
use crate::model::snapshot::{Snapshot, canonical};
use crate::zone::rtype;

/// SHA-256 in hexadecimal over name, type, TTL and data of every set, in an order of its own.
///
/// Left out is what name servers write themselves: the SOA (its serial) and the records of DNSSEC signing.
pub fn of(snapshot: &Snapshot) -> String {
    let mut context = Context::new(&SHA256);
    let mut feed = |part: &[u8]| {
        context.update(&u64::try_from(part.len()).unwrap_or(u64::MAX).to_be_bytes());
        context.update(part);
    };
    feed(name::show(&snapshot.apex).as_bytes());
    for set in snapshot.sets().filter(|set| !rtype::is_written_by_server(set.rtype)) {
        let mut values: Vec<Vec<u8>> = set.values.iter().map(canonical).collect();
        values.sort();
        feed(name::show(&set.name).as_bytes());
        feed(set.rtype.to_string().as_bytes());
        feed(&set.ttl.to_be_bytes());
        values.iter().for_each(|value| feed(value));
    }
    let by_server = |text: &str| rtype::read(text.as_bytes()).is_some_and(rtype::is_written_by_server);
    let mut opaque: Vec<_> = snapshot.opaque.iter().filter(|set| !by_server(&set.rtype)).collect();
    opaque.sort_by(|a, b| (&a.name, &a.rtype, &a.values).cmp(&(&b.name, &b.rtype, &b.values)));
    for set in opaque {
        feed(set.name.as_bytes());
        feed(set.rtype.as_bytes());
        set.values.iter().for_each(|value| feed(value.as_bytes()));
    }
    context.finish().as_ref().iter().map(|b| format!("{b:02x}")).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::snapshot::{OpaqueSet, Origin, parse_value};
    use hickory_proto::rr::RecordType;

    fn zone(sets: &[(&str, RecordType, u32, &str)]) -> String {
        let mut snapshot = Snapshot::new(name::domain("example.com").unwrap());
        for (owner, rtype, ttl, text) in sets {
            let owner = name::domain(owner).unwrap();
            snapshot.add(&owner, *ttl, parse_value(*rtype, text).unwrap(), Origin::Profile);
        }
        of(&snapshot)
    }

    #[test]
    fn what_counts_and_what_not() {
        let txt = RecordType::TXT;
        let base = zone(&[("example.com", txt, 60, "\"a\""), ("example.com", txt, 60, "\"b\"")]);
        let same = [
            ("order", zone(&[("example.com", txt, 60, "\"b\""), ("example.com", txt, 60, "\"a\"")])),
            ("case of the name", zone(&[("EXAMPLE.com", txt, 60, "\"a\""), ("example.com", txt, 60, "b")])),
            (
                "the serial",
                zone(&[
                    ("example.com", RecordType::SOA, 60, "ns.example.com. h.example.com. 7 1 1 1 1"),
                    ("example.com", txt, 60, "\"a\""),
                    ("example.com", txt, 60, "\"b\""),
                ]),
            ),
        ];
        for (why, digest) in same {
            assert_eq!(digest, base, "{why}");
        }
        let other = [
            ("a TTL", zone(&[("example.com", txt, 61, "\"a\""), ("example.com", txt, 61, "\"b\"")])),
            ("a value", zone(&[("example.com", txt, 60, "\"a\"")])),
            ("case of a text", zone(&[("example.com", txt, 60, "\"A\""), ("example.com", txt, 60, "\"b\"")])),
            ("two values run together", zone(&[("example.com", txt, 60, "\"ab\"")])),
            ("the name", zone(&[("x.example.com", txt, 60, "\"a\""), ("x.example.com", txt, 60, "\"b\"")])),
        ];
        for (why, digest) in other {
            assert_ne!(digest, base, "{why}");
        }
    }

    #[test]
    fn signatures_do_not_count() {
        let mut snapshot = Snapshot::new(name::domain("example.com").unwrap());
        let mut seen = vec![of(&snapshot)];
        for (rtype, moves) in
            [("RRSIG", false), ("NSEC", false), ("TYPE65534", false), ("CDS", false), ("SSHFP", true), ("ALIAS", true)]
        {
            snapshot.opaque.push(OpaqueSet {
                name: "example.com".into(),
                rtype: rtype.into(),
                values: vec!["x".into()],
            });
            let digest = of(&snapshot);
            assert_eq!(!seen.contains(&digest), moves, "{rtype}");
            seen.push(digest);
        }
    }
}
