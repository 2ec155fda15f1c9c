//! Changes to a hand-written master file: what is not changed stays to the letter.
//!
//! A changed record is rewritten where it stands, a new set goes beside its siblings, the serial is raised. Whatever
//! the edit did, its outcome is read again and must be the zone that was asked for, or nothing is given back.

mod file;

use std::collections::{BTreeMap, HashSet};

use hickory_proto::rr::RecordType;
use jiff::civil::Date;

use self::file::File;
use crate::error::{Error, Result};
use crate::model::name::{self, Name};
use crate::model::snapshot::{Key, RecordSet, Snapshot};
use crate::zone::load::{Loaded, load};
use crate::zone::rtype;
use crate::zone::walk::{Includes, Limits};

/// What a record set shall be.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Change {
    /// Which set.
    pub key: Key,
    /// Its new state; none to remove it.
    pub set: Option<RecordSet>,
}

/// A master file after the changes.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Edited {
    /// The text; as it was if the changes change nothing.
    pub text: Vec<u8>,
    /// The serial before and after, if the text changed.
    pub serial: Option<(u32, u32)>,
}

/// Applies `changes` to the zone at `apex` that stands in `text`, read from `path`.
///
/// `today` is for serials that are dates.
///
/// # Errors
/// A configuration error if the file has faults. Refused, if a record to be changed stands in an included file or is
/// generated, if the SOA cannot be raised, or if the outcome would not be what was asked for.
pub fn edit(
    path: &str,
    text: &[u8],
    apex: &Name,
    changes: &[Change],
    today: Date,
    includes: &mut dyn Includes,
) -> Result<Edited> {
    let before = load(path, text, apex, Limits::default(), includes)?;
    if let Some(fault) = before.faults.first() {
        return Err(before.error(fault).during(format!("editing {path}")));
    }
    let changes: Vec<&Change> = changes.iter().filter(|c| !already(&before.snapshot, c)).collect();
    if changes.is_empty() {
        return Ok(Edited { text: text.to_vec(), serial: None });
    }
    let mut wanted = before.snapshot.clone();
    for change in &changes {
        if change.key.rtype == RecordType::SOA || !apex.zone_of(&change.key.name) {
            return Err(refused(change, "the SOA and names outside the zone are not edited"));
        }
        match &change.set {
            Some(set) => wanted.put(set.clone()),
            None => drop(wanted.remove(&change.key)),
        }
    }
    let mut file = File::read(path, text, apex, includes)?;
    let serial = file.raise(apex, today)?;
    for change in changes {
        file.apply(change)?;
    }
    file.keep_owners();
    let text = file.done();
    let after = load(path, text.clone(), apex, Limits::default(), includes)?;
    verify(&wanted, &after, serial.1)?;
    Ok(Edited { text, serial: Some(serial) })
}

fn refused(change: &Change, why: &str) -> Error {
    Error::refused(format!("{} {}: {why}", name::show(&change.key.name), rtype::show(change.key.rtype)))
}

fn already(snapshot: &Snapshot, change: &Change) -> bool {
    match (snapshot.get(&change.key.name, change.key.rtype), &change.set) {
        (None, None) => true,
        (Some(old), Some(new)) => old.ttl == new.ttl && old.same_data(new),
        (None, Some(new)) => new.values.is_empty(),
        (Some(_), None) => false,
    }
}

/// Reads the outcome against what was asked for: no set lost, none changed that was not to be.
fn verify(wanted: &Snapshot, after: &Loaded, serial: u32) -> Result<()> {
    let wrong = |what: String| {
        Err(Error::refused(format!("the file cannot be edited safely: {what}"))
            .hint("change it by hand, or give the file a `$TTL` and each record its owner"))
    };
    if let Some(fault) = after.faults.first() {
        return wrong(after.error(fault).to_string());
    }
    let raised = after.serial() == Some(serial);
    let sets = |s: &Snapshot| -> BTreeMap<Key, RecordSet> { s.sets().map(|set| (set.key(), set.clone())).collect() };
    let (want, got) = (sets(wanted), sets(&after.snapshot));
    let keys: HashSet<&Key> = want.keys().chain(got.keys()).collect();
    for key in keys {
        let same = match (want.get(key), got.get(key)) {
            (Some(a), Some(b)) if key.rtype == RecordType::SOA => a.ttl == b.ttl && raised,
            (Some(a), Some(b)) => a.ttl == b.ttl && a.same_data(b),
            _ => false,
        };
        if !same {
            return wrong(format!("{} {} would come out otherwise", name::show(&key.name), rtype::show(key.rtype)));
        }
    }
    if wanted.opaque != after.snapshot.opaque {
        return wrong("records of other types would come out otherwise".into());
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::snapshot::{Origin, parse_value};
    use crate::zone::walk::NotIncluded;

    struct Inc;

    impl Includes for Inc {
        fn resolve(&mut self, path: &str, _from: &str) -> Result<String, NotIncluded> {
            Ok(path.into())
        }

        fn read(&mut self, _path: &str) -> Result<Vec<u8>, NotIncluded> {
            Ok(b"inc A 192.0.2.7\n".to_vec())
        }
    }

    /// `name TYPE ttl value | value` sets, `name TYPE` removes.
    fn change(text: &str) -> Change {
        let mut parts = text.splitn(4, ' ');
        let owner = name::domain(parts.next().unwrap()).unwrap();
        let rtype: RecordType = parts.next().unwrap().parse().unwrap();
        let key = Key::new(&owner, rtype);
        let Some(ttl) = parts.next() else { return Change { key, set: None } };
        let values = parts.next().unwrap().split(" | ").map(|v| parse_value(rtype, v).unwrap()).collect();
        let set =
            RecordSet { name: owner, rtype, ttl: ttl.parse().unwrap(), values, origin: Origin::Profile, reason: None };
        Change { key, set: Some(set) }
    }

    fn edited(zone: &str, changes: &[&str]) -> Result<String, String> {
        let apex = name::domain("example.com").unwrap();
        let changes: Vec<Change> = changes.iter().map(|c| change(c)).collect();
        let today = Date::constant(2026, 11, 25);
        let edited = edit("zone", zone.as_bytes(), &apex, &changes, today, &mut Inc).map_err(|e| e.to_string())?;
        let text = String::from_utf8(edited.text).unwrap();
        // Applied again it changes nothing.
        let again = edit("zone", text.as_bytes(), &apex, &changes, today, &mut Inc).unwrap();
        assert_eq!((again.text.as_slice(), again.serial), (text.as_bytes(), None));
        Ok(text)
    }

    /// The lines that differ, `-` before the old and `+` before the new.
    fn difference(old: &str, new: &str) -> String {
        let diff = similar::TextDiff::from_lines(old, new);
        let lines = diff.iter_all_changes().filter_map(|c| match c.tag() {
            similar::ChangeTag::Equal => None,
            similar::ChangeTag::Delete => Some(format!("-{}", c.value())),
            similar::ChangeTag::Insert => Some(format!("+{}", c.value())),
        });
        lines.collect()
    }

    const ZONE: &str = "\
; the zone of example.com, by hand
$TTL 1h
@       IN SOA  ns1 hostmaster (
                2026112401 ; serial
                2h 15m     ; refresh, retry
                2w 5m )
        IN NS   ns1
        IN NS   ns2.example.net.
        IN MX   10 mail      ; the one and only
        IN TXT  \"v=spf1 mx -all\"  ; SPF
        IN TXT  \"site-verification=1\"

$ORIGIN example.com.
ns1     IN A    192.0.2.1
mail    IN A    192.0.2.2   ; first
        IN A    192.0.2.3
        IN AAAA 2001:db8::2
sel._domainkey 300 IN TXT ( \"v=DKIM1; k=rsa; \" ; one
        \"p=AAAA\" ) ; two
$INCLUDE inc
$GENERATE 1-2 h$ A 192.0.2.$
www     IN CNAME mail
";

    #[test]
    fn only_what_is_changed_changes() {
        const SERIAL: &str = "-                2026112401 ; serial\n+                2026112500 ; serial\n";
        let cases: &[(&[&str], &str, &str)] = &[
            (
                &["example.com TXT 3600 \"v=spf1 mx ~all\" | site-verification=1"],
                "-        IN TXT  \"v=spf1 mx -all\"  ; SPF\n+        IN TXT  \"v=spf1 mx ~all\"  ; SPF\n",
                "a value in place, its comment kept, its neighbour untouched",
            ),
            (
                &["example.com TXT 3600 \"v=spf1 mx -all\" | site-verification=1 | two"],
                "+        IN TXT  \"two\"\n",
                "a value more, beside the others",
            ),
            (
                &["example.com TXT 3600 site-verification=1"],
                "-        IN TXT  \"v=spf1 mx -all\"  ; SPF\n",
                "a value less",
            ),
            (
                &["_dmarc.example.com TXT 3600 v=DMARC1;p=none"],
                "+_dmarc  IN TXT   \"v=DMARC1;p=none\"\n",
                "a new name, at the end in the style of the last record",
            ),
            (
                &["ns1.example.com AAAA 60 2001:db8::1"],
                "+ns1     60 IN AAAA 2001:db8::1\n",
                "a new type, beside its siblings, with a TTL of its own",
            ),
            (
                &["mail.example.com A 3600 192.0.2.3"],
                "-mail    IN A    192.0.2.2   ; first\n-        IN A    192.0.2.3\n+mail    IN A    192.0.2.3\n",
                "what stays takes the owner over",
            ),
            (
                &["mail.example.com A"],
                "-mail    IN A    192.0.2.2   ; first\n-        IN A    192.0.2.3\n-        IN AAAA 2001:db8::2\n\
                 +mail    IN AAAA 2001:db8::2\n",
                "a set less; the next one takes the owner over",
            ),
            (
                &["mail.example.com A", "mail.example.com AAAA", "mail.example.com TXT 3600 x"],
                "-mail    IN A    192.0.2.2   ; first\n-        IN A    192.0.2.3\n-        IN AAAA 2001:db8::2\n\
                 +mail    IN TXT  \"x\"\n",
                "another set at the place of those that went",
            ),
            (
                &["sel._domainkey.example.com TXT 600 \"v=DKIM1; k=rsa; \" \"p=BBBB\""],
                "-sel._domainkey 300 IN TXT ( \"v=DKIM1; k=rsa; \" ; one\n-        \"p=AAAA\" ) ; two\n\
                 +sel._domainkey 600 IN TXT ( \"v=DKIM1; k=rsa; \" ; one\n+        \"p=BBBB\" ) ; two\n",
                "one string of two, and the TTL",
            ),
            (
                &["sel._domainkey.example.com TXT 300 v=DKIM1;p="],
                "-sel._domainkey 300 IN TXT ( \"v=DKIM1; k=rsa; \" ; one\n-        \"p=AAAA\" ) ; two\n\
                 +sel._domainkey 300 IN TXT \"v=DKIM1;p=\" ; one ; two\n",
                "fewer strings: on one line, comments kept",
            ),
            (
                &["example.com MX 60 20 mail.example.com."],
                "-        IN MX   10 mail      ; the one and only\n+        60 IN MX   20 mail      ; the one and only\n",
                "a preference, and a TTL where there was none; the name as it was written",
            ),
        ];
        for (changes, want, why) in cases {
            let new = edited(ZONE, changes).unwrap();
            let diff = difference(ZONE, &new);
            assert_eq!(diff.strip_prefix(SERIAL), Some(*want), "{why}:\n{diff}");
        }
    }

    #[test]
    fn nothing_to_change_changes_nothing() {
        for same in [
            "example.com MX 3600 10 MAIL.example.com.",
            "nothing.example.com TXT",
            "example.com TXT 3600 \"site-\" \"verification=1\" | \"v=spf1 mx -all\"",
        ] {
            assert_eq!(edited(ZONE, &[same]).unwrap(), ZONE, "{same}");
        }
    }

    #[test]
    fn what_cannot_be_edited_is_said() {
        let ttl_less = "@ 60 SOA a b 1 2 3 4 5\n@ 60 NS ns\nns A 192.0.2.1\nx A 192.0.2.2\n";
        let cases = [
            (ZONE, "inc.example.com A 60 192.0.2.9", "inc.example.com A stands in an included file, at inc:1"),
            (ZONE, "h1.example.com A", "h1.example.com A is made by $GENERATE, at zone:21"),
            (ZONE, "example.net TXT 60 x", "names outside the zone"),
            (ZONE, "example.com SOA", "the SOA and names outside the zone"),
            ("$TTL 1\n@ TXT x\n", "example.com TXT 1 y", "no SOA here"),
            ("$TTL 1\n@ SOA a b 1 2 3 4 5\n@ A x\n", "example.com TXT 1 y", "zone:3:5: this is not an IPv4"),
            ("@ TYPE6 \\# 22 0000000000010000000200000003000000040000000 5\n", "example.com TXT 1 y", "cannot be read"),
            (ttl_less, "ns.example.com A 120 192.0.2.1", "x.example.com A would come out otherwise"),
        ];
        for (zone, text, want) in cases {
            let error = edited(zone, &[text]).unwrap_err();
            assert!(error.contains(want), "{text}: {error}");
        }
    }

    #[test]
    fn other_line_ends_and_unfinished_lines() {
        let zone = "$TTL 60\r\n@\tSOA\ta b 7 2 3 4 5\r\n@\tTXT\tx";
        let long = format!("l.example.com TXT 60 \"{}\" \"b\"", "a".repeat(255));
        let want = format!(
            "$TTL 60\r\n@\tSOA\ta b 8 2 3 4 5\r\n@\tTXT\tx\r\nl\tTXT\t(\r\n\t\"{}\"\r\n\t\"b\" )\r\nm\tA\t192.0.2.1\r\n",
            "a".repeat(255)
        );
        assert_eq!(edited(zone, &[&long, "m.example.com A 60 192.0.2.1"]).unwrap(), want);
    }
}
