//! The zones of a run as one of them sees them.

use hickory_proto::rr::RecordType;

use crate::lint::facts::{Answer, Facts};

/// Where questions are asked from.
///
/// Where several zones have one apex, as the inner and the outer view of a split DNS have, each is answered by its own
/// records: what stands in another view is not there for those who are shown this one.
#[derive(Clone, Copy, Debug)]
pub struct Horizon<'f> {
    facts: &'f Facts,
    home: Option<u32>,
}

impl<'f> Horizon<'f> {
    pub(super) fn new(facts: &'f Facts, home: Option<u32>) -> Self {
        Horizon { facts, home }
    }

    /// The records of `name` and `rtype`: CNAMEs and wildcards are followed inside the zones.
    pub fn lookup(self, name: &[u8], rtype: RecordType) -> Answer<'f> {
        self.facts.answer(name, rtype, self.home)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::lint::gather;
    use crate::model::name;
    use crate::model::wire;
    use crate::zone::walk::{Limits, NoIncludes};

    #[test]
    fn views_answer_for_themselves() {
        let zone = |text: &str, origin: &str| {
            let origin = name::domain(origin).unwrap();
            gather::master_file("z", text, &origin, Limits::default(), &mut NoIncludes).unwrap()
        };
        let soa = "$TTL 60\n@ SOA ns h 1 2 3 4 5\n";
        let facts = Facts::new(vec![
            zone(&format!("{soa}both A 10.0.0.1\ninner A 10.0.0.2\n"), "example.com"),
            zone(&format!("{soa}both A 8.8.4.4\nouter A 8.8.4.5\nalias CNAME inner\n"), "example.com"),
            zone("$TTL 60\npart A 8.8.4.6\n", "example.com"),
            zone(&format!("{soa}sub A 8.8.4.7\n"), "sub.example.com"),
        ]);
        let first = |home: Option<u32>, name: &str| {
            let horizon = home.map_or(facts.seen_from_outside(), |home| facts.seen_from(home));
            match horizon.lookup(&wire::from_text(name).unwrap(), RecordType::A) {
                Answer::Found(known) => known.first().map_or(String::new(), |k| {
                    String::from_utf8_lossy(k.entry.data.of(k.zone.text(k.entry.source))).into_owned()
                }),
                Answer::Nothing => "nothing".into(),
                Answer::Unknown(_) => "unknown".into(),
            }
        };
        for (home, name, want, why) in [
            (Some(0), "both.example.com", "10.0.0.1", "its own record"),
            (Some(1), "both.example.com", "8.8.4.4", "its own record, not the one that was given first"),
            (Some(1), "inner.example.com", "nothing", "another view's record is not there"),
            (Some(1), "alias.example.com", "nothing", "an alias to one is not either"),
            (Some(0), "outer.example.com", "nothing", "the same the other way round"),
            (Some(2), "inner.example.com", "10.0.0.2", "a part of a zone does not say what is not there"),
            (Some(2), "none.example.com", "nothing", "a whole one does"),
            (Some(1), "sub.sub.example.com", "8.8.4.7", "the closest apex, whoever asks"),
            (Some(3), "outer.example.com", "8.8.4.5", "a zone of another apex sees all"),
            (None, "inner.example.com", "10.0.0.2", "so does who is outside"),
            (None, "none.example.org", "unknown", "in no zone"),
        ] {
            assert_eq!(first(home, name), want, "{name} from {home:?}: {why}");
        }
    }
}
