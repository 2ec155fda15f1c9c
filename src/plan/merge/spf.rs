//! One SPF record out of the published and the wanted one: published terms stay where they are, what is missing is put
//! where it takes effect, and there are never two records (RFC 7208 §3.2, §4.5).

use crate::error::{Error, Result};
use crate::model::spf::{Directive, MAX_LOOKUPS, Mechanism, Modifier, Qualifier, SpfRecord, Term, TermKind};
use crate::plan::merge::cover::{covers, key, shadows};
use crate::plan::merge::{SpfMode, SpfWay};

/// What to do about too many lookups. Flattening - addresses in place of an include - comes last: they change without
/// notice.
pub const TOO_MANY: &str = "take out what no longer sends (`spf: drop` in the profile names published terms that are to \
                            go), or let one of the services send from a subdomain, which has ten lookups of its own";

/// One record, and what a person should know about it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Merged {
    /// The record.
    pub text: Vec<u8>,
    /// Notes, each a sentence without a full stop.
    pub notes: Vec<String>,
}

/// Merges `wanted` into the records `published` at `owner` (at least one, in the order in which they were read).
///
/// # Errors
/// A refusal when the result needs more than ten lookups by itself and the published record does not.
pub fn merge(owner: &str, published: &[&[u8]], wanted: &[u8], way: &SpfWay) -> Result<Merged> {
    let mode = way.mode;
    let (Some(first), Some(wish)) = (published.first(), SpfRecord::read(wanted).into_record()) else {
        return Ok(Merged { text: wanted.to_vec(), notes: Vec::new() });
    };
    if mode == SpfMode::Replace {
        return Ok(replaced(owner, published, wish));
    }
    let mut notes = Vec::new();
    let mut record = Draft::new(owner, first);
    if let Some(fault) = SpfRecord::read(first).faults().first() {
        let reason = "receivers answer permerror until that is repaired";
        notes.push(format!("the published record has an error, {}: {reason}", fault.kind));
    }
    if published.len() > 1 {
        notes.push(format!(
            "{} SPF records stood here, and receivers refuse more than one (RFC 7208 §4.5): they become one",
            published.len()
        ));
    }
    let others = published.iter().skip(1).filter_map(|text| SpfRecord::read(text).into_record());
    for more in others {
        record.take(&more);
        record.take_end(&more);
    }
    notes.extend(record.leave_out(&way.drop));
    let additive = record.text == *first && notes.is_empty();
    notes.extend(record.take(&wish));
    notes.extend(record.settle_all(&wish, mode));
    let (before, after) = (lookups(first), lookups(&record.text));
    if after > MAX_LOOKUPS as usize && after > before {
        return Err(Error::refused(format!(
            "the SPF record of {owner} would need {after} lookups, and receivers stop at {MAX_LOOKUPS}: no mail would \
             pass (RFC 7208 §4.6.4)"
        ))
        .hint(TOO_MANY));
    }
    if additive && record.text != *first {
        notes.insert(0, "kept: every address that passed still passes".into());
    }
    Ok(Merged { text: record.text, notes })
}

/// Terms of a record that cause queries; `redirect` does only where there is no `all`.
pub fn lookups(text: &[u8]) -> usize {
    let Some(record) = SpfRecord::read(text).into_record() else { return 0 };
    let directives = record.directives().filter(|(_, d)| d.mechanism.costs_lookup()).count();
    directives + usize::from(record.redirect().is_some() && record.all().is_none())
}

fn replaced(owner: &str, published: &[&[u8]], wish: SpfRecord) -> Merged {
    let records: Vec<SpfRecord> = published.iter().filter_map(|text| SpfRecord::read(text).into_record()).collect();
    let mut notes = Vec::new();
    for (_, directive) in records.iter().flat_map(SpfRecord::directives) {
        let named = directive.qualifier == Qualifier::Pass && directive.mechanism != Mechanism::All;
        if named && !wish.directives().any(|(_, d)| covers(owner, d, directive)) {
            let line = format!("no longer passes by this record: {}", directive.mechanism);
            if !notes.contains(&line) {
                notes.push(line);
            }
        }
    }
    Merged { text: wish.octets, notes }
}

/// A record under work.
struct Draft<'a> {
    owner: &'a str,
    text: Vec<u8>,
}

impl<'a> Draft<'a> {
    fn new(owner: &'a str, text: &[u8]) -> Self {
        Draft { owner, text: text.to_vec() }
    }

    fn record(&self) -> SpfRecord {
        let none = || SpfRecord { octets: self.text.clone(), terms: Vec::new() };
        SpfRecord::read(&self.text).into_record().unwrap_or_else(none)
    }

    /// Takes out the terms of `drop`; notes those that were there.
    fn leave_out(&mut self, drop: &[String]) -> Vec<String> {
        let mut notes = Vec::new();
        for term in drop {
            // Words, not terms: what is mistyped is no term.
            let text = String::from_utf8_lossy(&self.text).into_owned();
            let keep = |(i, word): &(usize, &str)| *i == 0 || !word.eq_ignore_ascii_case(term);
            let words: Vec<&str> = text.split(' ').enumerate().filter(keep).map(|(_, word)| word).collect();
            let left = words.join(" ");
            if left != text {
                notes.push(format!("taken out, as the profile asks: {term}"));
                self.text = left.into_bytes();
            }
        }
        notes
    }

    /// Adds every term of `other` that is missing, `all` and `redirect` apart; notes what cannot be had.
    fn take(&mut self, other: &SpfRecord) -> Vec<String> {
        let mut notes = Vec::new();
        for term in &other.terms {
            match &term.kind {
                TermKind::Directive(d) if d.mechanism == Mechanism::All => {}
                TermKind::Directive(d) => notes.extend(self.take_directive(d, &other.text(term.span))),
                TermKind::Modifier(m) => notes.extend(self.take_modifier(m, &other.text(term.span))),
            }
        }
        notes
    }

    fn take_directive(&mut self, wanted: &Directive, text: &str) -> Option<String> {
        let record = self.record();
        let before_all = || record.directives().take_while(|(_, d)| d.mechanism != Mechanism::All);
        if wanted.qualifier != Qualifier::Pass {
            // A term that says no takes nothing away from anybody who is listed only at the end of the list.
            return match before_all().find(|(_, d)| key(self.owner, d) == key(self.owner, wanted)) {
                Some((_, d)) if d.qualifier == wanted.qualifier => None,
                Some((term, _)) => Some(format!("`{}` is kept; the profile has `{text}`", record.text(term.span))),
                None => {
                    self.insert(record.all().map(|(t, _)| t), &record, text);
                    None
                }
            };
        }
        let shadow = before_all().find(|(_, d)| d.qualifier != Qualifier::Pass && shadows(self.owner, d, wanted));
        let until = shadow.map_or(u32::MAX, |(term, _)| term.span.start);
        let there = before_all().any(|(term, d)| term.span.start < until && covers(self.owner, d, wanted));
        if !there {
            // Evaluation ends at the first match (RFC 7208 §4.6.2): behind the shadow the term would never be reached.
            self.insert(shadow.or_else(|| record.all()).map(|(t, _)| t), &record, text);
        }
        None
    }

    fn take_modifier(&mut self, wanted: &Modifier, text: &str) -> Option<String> {
        let name = |m: &Modifier| match m {
            Modifier::Redirect(_) => "redirect".to_string(),
            Modifier::Explanation(_) => "exp".to_string(),
            Modifier::Unknown { name, .. } => name.to_ascii_lowercase(),
        };
        let record = self.record();
        if let Some((term, _)) = record.modifiers().find(|(_, m)| name(m) == name(wanted)) {
            let published = record.text(term.span);
            let same = published.eq_ignore_ascii_case(text);
            return (!same).then(|| format!("`{published}` is kept; the profile has `{text}`"));
        }
        if let Modifier::Redirect(_) = wanted {
            // `redirect` counts only where no `all` stands (RFC 7208 §6.1): `take_end` looks after it.
            return None;
        }
        self.insert(None, &SpfRecord { octets: self.text.clone(), terms: Vec::new() }, text);
        None
    }

    /// Takes over how `other` ends, if this record has no end of its own.
    fn take_end(&mut self, other: &SpfRecord) {
        let record = self.record();
        if record.all().is_some() || record.redirect().is_some() {
            return;
        }
        if let Some(term) = other.all().map(|(t, _)| t).or_else(|| other.redirect().map(|(t, _)| t)) {
            self.insert(None, &record, &other.text(term.span));
        }
    }

    /// Leaves the published `all` or makes it stricter, as `mode` says.
    fn settle_all(&mut self, wish: &SpfRecord, mode: SpfMode) -> Option<String> {
        let record = self.record();
        let (wanted_term, wanted) = wish.all()?;
        let wanted_text = wish.text(wanted_term.span);
        let Some((term, published)) = record.all() else {
            if let Some((term, _)) = record.redirect() {
                return Some(format!("`{}` decides about everybody else, and is kept", record.text(term.span)));
            }
            if mode == SpfMode::Stricter && strictness(wanted.qualifier) > strictness(Qualifier::Neutral) {
                self.insert(None, &record, &wanted_text);
                return None;
            }
            return Some(format!("there is no `all`, and none is added; --spf stricter adds `{wanted_text}`"));
        };
        let stricter = strictness(wanted.qualifier) > strictness(published.qualifier);
        let text = record.text(term.span).into_owned();
        if !stricter {
            return (published.qualifier != wanted.qualifier)
                .then(|| format!("`{text}` is kept, which is stricter than the profile's `{wanted_text}`"));
        }
        if mode != SpfMode::Stricter {
            let open = if published.qualifier == Qualifier::Pass { ": everybody may send" } else { "" };
            return Some(format!("`{text}` is kept{open}; --spf stricter makes it `{wanted_text}`"));
        }
        let (start, end) = (term.span.start as usize, term.span.end as usize);
        self.text.splice(start..end, wanted_text.bytes());
        None
    }

    /// Puts `text` before `term`, or before a closing `redirect`, or at the end.
    fn insert(&mut self, term: Option<&Term>, record: &SpfRecord, text: &str) {
        let place = term.or_else(|| record.redirect().map(|(t, _)| t)).map(|t| t.span.start as usize);
        match place {
            Some(at) => drop(self.text.splice(at..at, format!("{text} ").bytes())),
            None => {
                while self.text.last() == Some(&b' ') {
                    self.text.pop();
                }
                self.text.extend(format!(" {text}").bytes());
            }
        }
    }
}

fn strictness(qualifier: Qualifier) -> u8 {
    match qualifier {
        Qualifier::Pass => 0,
        Qualifier::Neutral => 1,
        Qualifier::SoftFail => 2,
        Qualifier::Fail => 3,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn merged(published: &[&str], wanted: &str, mode: SpfMode) -> Merged {
        let published: Vec<&[u8]> = published.iter().map(|p| p.as_bytes()).collect();
        merge("example.com", &published, wanted.as_bytes(), &mode.into()).unwrap()
    }

    #[test]
    fn merging() {
        let cases: &[(&str, &[&str], &str, &str)] = &[
            (
                "a new sender goes before all",
                &["v=spf1 include:_spf.google.com ~all"],
                "v=spf1 ip4:192.0.2.10 include:_spf.google.com ~all",
                "v=spf1 include:_spf.google.com ip4:192.0.2.10 ~all",
            ),
            (
                "nothing is missing",
                &["v=spf1  MX  a:Example.com -all"],
                "v=spf1 mx a ~all",
                "v=spf1  MX  a:Example.com -all",
            ),
            (
                "case and last dot",
                &["v=spf1 include:A.example. ~all"],
                "v=spf1 include:a.example ~all",
                "v=spf1 include:A.example. ~all",
            ),
            (
                "inside a network",
                &["v=spf1 ip4:192.0.2.0/24 ~all"],
                "v=spf1 ip4:192.0.2.10 ~all",
                "v=spf1 ip4:192.0.2.0/24 ~all",
            ),
            ("a prefix is part of it", &["v=spf1 a ~all"], "v=spf1 a/24 ~all", "v=spf1 a a/24 ~all"),
            (
                "host bits do not count",
                &["v=spf1 ip4:192.0.2.77/24 ~all"],
                "v=spf1 ip4:192.0.2.1 ~all",
                "v=spf1 ip4:192.0.2.77/24 ~all",
            ),
            (
                "the families differ",
                &["v=spf1 ip6:::/0 ~all"],
                "v=spf1 ip4:192.0.2.1 ~all",
                "v=spf1 ip6:::/0 ip4:192.0.2.1 ~all",
            ),
            (
                "everything in one",
                &["v=spf1 ip4:0.0.0.0/0 ~all"],
                "v=spf1 ip4:192.0.2.1 ~all",
                "v=spf1 ip4:0.0.0.0/0 ~all",
            ),
            (
                "a redirect stays last",
                &["v=spf1 redirect=_spf.example.net"],
                "v=spf1 ip4:192.0.2.1 ~all",
                "v=spf1 ip4:192.0.2.1 redirect=_spf.example.net",
            ),
            ("no end at all", &["v=spf1 mx "], "v=spf1 a ~all", "v=spf1 mx a"),
            ("an empty record", &["v=spf1"], "v=spf1 a -all", "v=spf1 a"),
            (
                "in front of what shuts it out",
                &["v=spf1 mx -ip4:192.0.2.0/24 ip4:198.51.100.0/24 ~all"],
                "v=spf1 ip4:192.0.2.10 ~all",
                "v=spf1 mx ip4:192.0.2.10 -ip4:192.0.2.0/24 ip4:198.51.100.0/24 ~all",
            ),
            (
                "listed, but never reached",
                &["v=spf1 -ip4:192.0.2.0/24 ip4:192.0.2.10 ~all"],
                "v=spf1 ip4:192.0.2.10 ~all",
                "v=spf1 ip4:192.0.2.10 -ip4:192.0.2.0/24 ip4:192.0.2.10 ~all",
            ),
            (
                "what stands behind all is not evaluated",
                &["v=spf1 mx -all include:a.example"],
                "v=spf1 include:a.example -all",
                "v=spf1 mx include:a.example -all include:a.example",
            ),
            ("a neutral term is no pass", &["v=spf1 ?mx ~all"], "v=spf1 mx ~all", "v=spf1 mx ?mx ~all"),
            (
                "two records become one",
                &["v=spf1 mx ~all", "v=spf1 include:a.example mx -all"],
                "v=spf1 a ~all",
                "v=spf1 mx include:a.example a ~all",
            ),
            ("the second has the end", &["v=spf1 mx", "v=spf1 -all"], "v=spf1 mx ~all", "v=spf1 mx -all"),
            (
                "a modifier is added at the end",
                &["v=spf1 mx ~all"],
                "v=spf1 mx ~all exp=why.example.com",
                "v=spf1 mx ~all exp=why.example.com",
            ),
            (
                "a published one is kept",
                &["v=spf1 mx ~all exp=x.example"],
                "v=spf1 mx ~all exp=y.example",
                "v=spf1 mx ~all exp=x.example",
            ),
            (
                "odd terms stay",
                &["v=spf1 inlude:x.example mx ~all"],
                "v=spf1 a ~all",
                "v=spf1 inlude:x.example mx a ~all",
            ),
        ];
        for (why, published, wanted, result) in cases {
            let got = merged(published, wanted, SpfMode::Merge);
            assert_eq!(String::from_utf8(got.text.clone()).unwrap(), *result, "{why}");
            let text = String::from_utf8(got.text).unwrap();
            assert_eq!(merged(&[&text], wanted, SpfMode::Merge).text, text.as_bytes(), "{why}: twice is once");
        }
    }

    #[test]
    fn the_end_of_the_record() {
        let cases: &[(&str, &str, &str, &str, &str)] = &[
            ("v=spf1 mx ~all", "v=spf1 mx -all", "v=spf1 mx ~all", "v=spf1 mx -all", "is kept"),
            ("v=spf1 mx -all", "v=spf1 mx ~all", "v=spf1 mx -all", "v=spf1 mx -all", "stricter than the profile"),
            ("v=spf1 mx +all", "v=spf1 mx ~all", "v=spf1 mx +all", "v=spf1 mx ~all", "everybody may send"),
            ("v=spf1 mx", "v=spf1 mx ~all", "v=spf1 mx", "v=spf1 mx ~all", "no `all`"),
            ("v=spf1 mx ~all", "v=spf1 mx ~all", "v=spf1 mx ~all", "v=spf1 mx ~all", ""),
            (
                "v=spf1 redirect=a.example",
                "v=spf1 -all",
                "v=spf1 redirect=a.example",
                "v=spf1 redirect=a.example",
                "decides about everybody else",
            ),
        ];
        for (published, wanted, kept, stricter, note) in cases {
            let got = merged(&[published], wanted, SpfMode::Merge);
            assert_eq!(String::from_utf8(got.text).unwrap(), *kept, "{published}");
            assert!(got.notes.join("\n").contains(note), "{published}: {:?}", got.notes);
            let got = merged(&[published], wanted, SpfMode::Stricter);
            assert_eq!(String::from_utf8(got.text).unwrap(), *stricter, "{published}");
        }
    }

    #[test]
    fn replacing_says_who_loses() {
        let got = merged(
            &["v=spf1 mx ip4:192.0.2.0/24 include:a.example ~all"],
            "v=spf1 ip4:192.0.0.0/16 -all",
            SpfMode::Replace,
        );
        assert_eq!(got.text, b"v=spf1 ip4:192.0.0.0/16 -all");
        assert_eq!(
            got.notes,
            ["no longer passes by this record: mx", "no longer passes by this record: include:a.example"]
        );
    }

    #[test]
    fn what_is_dropped_was_asked_for() {
        for (published, drop, result) in [
            ("v=spf1 mx include:Gone.example ptr ~all", "include:gone.example", "v=spf1 mx ptr a ~all"),
            ("v=spf1 mx include:gone.example ptr ~all", "include:gone.example ptr", "v=spf1 mx a ~all"),
            ("v=spf1 mx inlude:x.example ~all", "inlude:x.example", "v=spf1 mx a ~all"),
            (
                "v=spf1 mx include:gone.example.net ~all",
                "include:gone.example",
                "v=spf1 mx include:gone.example.net a ~all",
            ),
            ("v=spf1 mx a ~all", "a", "v=spf1 mx a ~all"),
            ("v=spf1 mx ~all", "v=spf1", "v=spf1 mx a ~all"),
            ("v=spf1 mx  redirect=gone.example", "redirect=gone.example", "v=spf1 mx a"),
        ] {
            let way = SpfWay { mode: SpfMode::Merge, drop: drop.split(' ').map(str::to_string).collect() };
            let got = merge("example.com", &[published.as_bytes()], b"v=spf1 a ~all", &way).unwrap();
            assert_eq!(String::from_utf8(got.text).unwrap(), result, "{published} without {drop}");
            let told = got.notes.iter().any(|n| n.starts_with("taken out"));
            assert_eq!(told, published != "v=spf1 mx ~all" && !published.contains("gone.example.net"), "{published}");
        }
    }

    #[test]
    fn lookups_are_counted() {
        let nine: Vec<String> = (0..9).map(|i| format!("include:s{i}.example")).collect();
        let published = format!("v=spf1 {} ~all", nine.join(" "));
        assert!(merge("example.com", &[published.as_bytes()], b"v=spf1 mx ~all", &SpfWay::default()).is_ok());
        let error = merge("example.com", &[published.as_bytes()], b"v=spf1 a mx ~all", &SpfWay::default()).unwrap_err();
        assert!(error.message().contains("11 lookups"), "{error}");
        let over = format!("v=spf1 {} a mx ~all", nine.join(" "));
        assert!(merge("example.com", &[over.as_bytes()], b"v=spf1 ip4:192.0.2.1 ~all", &SpfWay::default()).is_ok());
    }

    proptest::proptest! {
        /// Whatever is published, every term of it stays, in its order, and the wanted ones are all there.
        #[test]
        fn nothing_is_lost(
            published in proptest::collection::vec("[+?~-]?(a|mx|ip4:192\\.0\\.2\\.[0-9]|include:[a-c]\\.example)", 0..6),
            end in "( [?~-]all| redirect=r\\.example|)",
            wanted in proptest::collection::vec("(a|mx|ip4:192\\.0\\.2\\.[0-9]|include:[a-c]\\.example)", 0..4),
        ) {
            let published = format!("v=spf1 {}{end}", published.join(" "));
            let wanted = format!("v=spf1 {} ~all", wanted.join(" "));
            let got = String::from_utf8(merged(&[&published], &wanted, SpfMode::Merge).text).unwrap();
            let mut words = got.split(' ');
            for term in published.split(' ').filter(|term| !term.is_empty()) {
                proptest::prop_assert!(words.any(|w| w == term), "{published} + {wanted} = {got}");
            }
            let again = merged(&[&got], &wanted, SpfMode::Merge).text;
            proptest::prop_assert_eq!(got.as_bytes(), &again[..]);
        }
    }
}
