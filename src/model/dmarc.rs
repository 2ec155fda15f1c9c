//! DMARC records (RFC 9989 §4.7, §4.8), with what RFC 7489 readers still read.

use crate::model::reading::{Fault, Reading};
use crate::model::report_uri::ReportUri;
use crate::model::source::Span;
use crate::model::tag_list::{Tag, TagFault, TagList, is_fws};

/// A policy value, weakest first.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Policy {
    /// Change nothing.
    None,
    /// Treat as suspicious.
    Quarantine,
    /// Refuse.
    Reject,
}

/// The mode of `adkim` and `aspf`.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Alignment {
    /// The organisational domains are equal.
    #[default]
    Relaxed,
    /// The domains are equal.
    Strict,
}

/// The `psd` tag.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Psd {
    /// `y`: a public suffix domain.
    Yes,
    /// `n`: an organisational domain.
    No,
    /// `u`, or no tag.
    #[default]
    Unknown,
}

/// What can be wrong with a record that has a right `v=DMARC1`. Readers drop the tag and go on (RFC 9989 §4.7).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum DmarcFault {
    /// The tag list itself.
    Tags(TagFault),
    /// `p`, `sp` or `np` is none of `none`, `quarantine`, `reject`.
    BadPolicy,
    /// `adkim`, `aspf`, `fo`, `psd`, `t` or `pct` has a value that the grammar does not have.
    BadValue,
    /// A report URI without a scheme.
    NoScheme,
    /// A report URI that is none.
    BadUri,
}

/// How a record that readers pass over misses being one.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum NearMiss {
    /// White space before `v`.
    LeadingSpace,
    /// A literal quote (or backslash) in the data.
    LiteralQuote,
    /// `v=DMARC1` is there, but not first.
    NotFirst,
    /// The value of `v` is not exactly `DMARC1`.
    BadVersion,
    /// Something else in front or in the name, such as `nv=DMARC1`.
    BadName,
}

/// A DMARC record over its text.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct DmarcRecord<'a> {
    /// The tags as they stand.
    pub tags: TagList<'a>,
    /// `p`, when it is valid.
    pub policy: Option<Policy>,
    /// `sp`, when it is valid.
    pub subdomain_policy: Option<Policy>,
    /// `np`, when it is valid.
    pub nonexistent_policy: Option<Policy>,
    /// `adkim`
    pub dkim_alignment: Alignment,
    /// `aspf`
    pub spf_alignment: Alignment,
    /// `psd`
    pub psd: Psd,
    /// `t=y`
    pub testing: bool,
    /// `pct`, when it is valid: RFC 7489 alone.
    pub percent: Option<u8>,
    /// `rua`, every entry, valid or not.
    pub aggregate: Vec<ReportUri<'a>>,
    /// `ruf`, every entry, valid or not.
    pub failure: Vec<ReportUri<'a>>,
}

impl Policy {
    /// Reads a value; case does not count (RFC 5234 §2.3).
    pub fn read(value: &[u8]) -> Option<Self> {
        [("none", Policy::None), ("quarantine", Policy::Quarantine), ("reject", Policy::Reject)]
            .into_iter()
            .find_map(|(name, policy)| value.eq_ignore_ascii_case(name.as_bytes()).then_some(policy))
    }

    /// The value as it is written.
    pub fn name(self) -> &'static str {
        match self {
            Policy::None => "none",
            Policy::Quarantine => "quarantine",
            Policy::Reject => "reject",
        }
    }

    /// One step weaker, as `t=y` asks (RFC 9989 §4.7).
    #[must_use]
    pub fn weaker(self) -> Self {
        match self {
            Policy::Reject => Policy::Quarantine,
            Policy::Quarantine | Policy::None => Policy::None,
        }
    }
}

/// The tags of RFC 9989 §4.7.
pub const KNOWN_TAGS: &[&str] = &["v", "p", "sp", "np", "rua", "ruf", "adkim", "aspf", "fo", "psd", "t"];

/// The tags of RFC 7489 §6.3 that RFC 9989 took out.
pub const REMOVED_TAGS: &[&str] = &["pct", "rf", "ri"];

impl<'a> DmarcRecord<'a> {
    /// Reads `text`, the joined strings of a TXT record. A text is a DMARC record exactly when its first tag is
    /// `v=DMARC1` (RFC 9989 §4.7: the value with case; nothing stands before it).
    pub fn read(text: &'a [u8]) -> Reading<Self, DmarcFault> {
        if !has_version(text) {
            return Reading::NotOurs;
        }
        let mut record = DmarcRecord {
            tags: TagList::read(text),
            policy: None,
            subdomain_policy: None,
            nonexistent_policy: None,
            dkim_alignment: Alignment::Relaxed,
            spf_alignment: Alignment::Relaxed,
            psd: Psd::Unknown,
            testing: false,
            percent: None,
            aggregate: Vec::new(),
            failure: Vec::new(),
        };
        let mut faults: Vec<Fault<DmarcFault>> =
            record.tags.faults.iter().map(|f| Fault { kind: DmarcFault::Tags(f.kind), span: f.span }).collect();
        let repeated: Vec<Span> =
            faults.iter().filter(|f| f.kind == DmarcFault::Tags(TagFault::Duplicate)).map(|f| f.span).collect();
        for i in 1..record.tags.tags.len() {
            let tag = record.tags.tags[i];
            // What stands twice: the first one counts here; the fault says that readers differ.
            if repeated.binary_search(&tag.whole).is_err() {
                record.take(tag, &mut faults);
            }
        }
        Reading::new(record, faults)
    }

    fn take(&mut self, tag: Tag, faults: &mut Vec<Fault<DmarcFault>>) {
        let value = self.tags.slice(tag.value);
        let is = |text: &str| value.eq_ignore_ascii_case(text.as_bytes());
        let good = match self.tags.slice(tag.name) {
            b"p" => put(&mut self.policy, Policy::read(value)),
            b"sp" => put(&mut self.subdomain_policy, Policy::read(value)),
            b"np" => put(&mut self.nonexistent_policy, Policy::read(value)),
            b"adkim" => alignment(&mut self.dkim_alignment, value),
            b"aspf" => alignment(&mut self.spf_alignment, value),
            b"psd" => {
                self.psd = if is("y") {
                    Psd::Yes
                } else if is("n") {
                    Psd::No
                } else {
                    Psd::Unknown
                };
                is("y") || is("n") || is("u")
            }
            b"t" => {
                self.testing = is("y");
                is("y") || is("n")
            }
            b"fo" => valid_fo(value),
            b"pct" => {
                let number = std::str::from_utf8(value).ok().and_then(|v| v.parse().ok());
                put(&mut self.percent, number.filter(|n| *n <= 100 && value.iter().all(u8::is_ascii_digit)))
            }
            name @ (b"rua" | b"ruf") => {
                let uris = ReportUri::read_list(self.tags.text(), tag.value);
                for uri in &uris {
                    let kind = match uri.scheme {
                        None => DmarcFault::NoScheme,
                        Some(_) if !uri.valid => DmarcFault::BadUri,
                        Some(_) => continue,
                    };
                    faults.push(Fault { kind, span: uri.span });
                }
                *(if name == b"rua" { &mut self.aggregate } else { &mut self.failure }) = uris;
                return;
            }
            _ => return,
        };
        if !good {
            let policy = matches!(self.tags.slice(tag.name), b"p" | b"sp" | b"np");
            let kind = if policy { DmarcFault::BadPolicy } else { DmarcFault::BadValue };
            faults.push(Fault { kind, span: if tag.value.is_empty() { tag.whole } else { tag.value } });
        }
    }

    /// What the record `text` says with `psd`. Most have no such tag, and need not be read for it.
    pub fn psd_of(text: &'a [u8]) -> Psd {
        let mentioned = text.windows(3).any(|part| part == b"psd");
        if mentioned { Self::read(text).record().map_or(Psd::Unknown, |r| r.psd) } else { Psd::Unknown }
    }

    /// The policy as RFC 9989 §4.7 and §4.10.1 take it: without a valid `p` it is `none` if there is a valid `rua`,
    /// and else there is none.
    pub fn effective_policy(&self) -> Option<Policy> {
        self.policy.or_else(|| self.aggregate.iter().any(|u| u.valid).then_some(Policy::None))
    }

    /// The policy for subdomains that exist: `sp`, else `p`.
    pub fn for_subdomains(&self) -> Option<Policy> {
        self.subdomain_policy.or_else(|| self.effective_policy())
    }

    /// The policy for subdomains that do not exist: `np`, else `sp`, else `p`.
    pub fn for_nonexistent(&self) -> Option<Policy> {
        self.nonexistent_policy.or_else(|| self.for_subdomains())
    }
}

fn put<T>(place: &mut Option<T>, value: Option<T>) -> bool {
    let good = value.is_some();
    *place = value;
    good
}

fn alignment(place: &mut Alignment, value: &[u8]) -> bool {
    let strict = value.eq_ignore_ascii_case(b"s");
    *place = if strict { Alignment::Strict } else { Alignment::Relaxed };
    strict || value.eq_ignore_ascii_case(b"r")
}

/// `fo`: RFC 9989 §4.8 has `0`, `1`, `d`, `s` and `d` with `s`; RFC 7489 §6.4 any list of the four, which is as clear.
fn valid_fo(value: &[u8]) -> bool {
    value.split(|b| *b == b':').all(|part| matches!(part.trim_ascii(), b"0" | b"1" | b"d" | b"s" | b"D" | b"S"))
}

/// Whether `text` begins `v=DMARC1` as a whole tag: what makes it a DMARC record.
pub fn has_version(text: &[u8]) -> bool {
    let Some((b'v' | b'V', rest)) = text.split_first() else { return false };
    let rest = skip_space(rest);
    let Some((b'=', rest)) = rest.split_first() else { return false };
    let Some(rest) = skip_space(rest).strip_prefix(b"DMARC1") else { return false };
    matches!(skip_space(rest).first(), None | Some(b';'))
}

fn skip_space(text: &[u8]) -> &[u8] {
    &text[text.iter().take_while(|b| is_fws(**b)).count()..]
}

/// How `text`, which is no DMARC record, was meant to be one, and the place that spoils it.
///
/// `None` for a record, and for a text that has nothing to do with DMARC.
pub fn near_miss(text: &[u8]) -> Option<Fault<NearMiss>> {
    if has_version(text) {
        return None;
    }
    let junk = text.iter().take_while(|b| is_fws(**b) || matches!(b, b'"' | b'\'' | b'\\')).count();
    let rest = &text[junk..];
    let quoted = text[..junk].iter().any(|b| !is_fws(*b));
    if junk > 0 && rest.get(..1).is_some_and(|v| v.eq_ignore_ascii_case(b"v")) && mentions_dmarc(first_piece(rest)) {
        let kind = if quoted { NearMiss::LiteralQuote } else { NearMiss::LeadingSpace };
        return Some(Fault { kind, span: Span::new(0, junk) });
    }
    let list = TagList::read(text);
    for (i, tag) in list.tags.iter().enumerate() {
        let (name, value) = (list.slice(tag.name), list.slice(tag.value));
        let is_v = name.eq_ignore_ascii_case(b"v");
        // What stands before it need be no tag.
        if is_v && value == b"DMARC1" && tag.whole.start > 0 {
            return Some(Fault { kind: NearMiss::NotFirst, span: tag.whole });
        }
        if is_v && value != b"DMARC1" && mentions_dmarc(value) {
            return Some(Fault { kind: NearMiss::BadVersion, span: tag.value });
        }
        if i == 0 && value.get(..5).is_some_and(|v| v.eq_ignore_ascii_case(b"DMARC")) {
            return Some(Fault { kind: NearMiss::BadName, span: tag.name });
        }
    }
    // `DMARC1; p=none` without any `v=`, or `v:DMARC1`.
    let head = first_piece(text);
    let claims = mentions_dmarc(head) && !head.contains(&b' ') && !head.contains(&b'=');
    claims.then(|| Fault { kind: NearMiss::BadName, span: Span::new(0, head.len()) })
}

fn first_piece(text: &[u8]) -> &[u8] {
    text.split(|b| *b == b';').next().unwrap_or_default()
}

fn mentions_dmarc(text: &[u8]) -> bool {
    text.windows(5).any(|w| w.eq_ignore_ascii_case(b"DMARC"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ours_or_nearly() {
        use NearMiss::*;
        let rows: &[(&str, bool, Option<(NearMiss, &str)>)] = &[
            ("v=DMARC1; p=none", true, None),
            ("v=DMARC1", true, None), // enough for a report authorisation
            ("v=DMARC1;", true, None),
            ("2001:db8::1;v=DMARC1; p=none", false, Some((NotFirst, "v=DMARC1"))),
            ("V = DMARC1 ;p=none", true, None), // `v` has no case, white space may surround `=`
            ("v=dmarc1; p=none", false, Some((BadVersion, "dmarc1"))),
            ("v=DMARC1 p=none", false, Some((BadVersion, "DMARC1 p=none"))), // no semicolon
            ("v=DMARC10; p=none", false, Some((BadVersion, "DMARC10"))),
            (" v=DMARC1; p=none", false, Some((LeadingSpace, " "))),
            ("\"v=DMARC1; p=none\"", false, Some((LiteralQuote, "\""))),
            ("p=none; v=DMARC1", false, Some((NotFirst, "v=DMARC1"))),
            ("nv=DMARC1; p=none", false, Some((BadName, "nv"))),
            ("DMARC1; p=none", false, Some((BadName, "DMARC1"))),
            ("v=spf1 -all", false, None),
            ("p=none", false, None),
            ("", false, None),
            ("Please see our DMARC policy; it is strict", false, None),
        ];
        for (text, ours, miss) in rows {
            assert_eq!(DmarcRecord::read(text.as_bytes()).is_ours(), *ours, "{text}");
            let got = near_miss(text.as_bytes()).map(|f| (f.kind, &text[f.span.range()]));
            assert_eq!(got, *miss, "{text}");
        }
    }

    #[test]
    fn faults_and_their_places() {
        use DmarcFault::*;
        let rows: &[(&str, &[(DmarcFault, &str)])] = &[
            ("v=DMARC1; rua=mailto:a@example.com; p=reject", &[]), // any order
            ("v=DMARC1; p=REJECT; adkim=S; fo=1:d:s", &[]),
            ("v=DMARC1; p=monitor", &[(BadPolicy, "monitor")]),
            ("v=DMARC1; p=", &[(BadPolicy, "p=")]),
            ("v=DMARC1; p=none; adkim=x; t=yes", &[(BadValue, "x"), (BadValue, "yes")]),
            ("v=DMARC1; p=none; pct=101", &[(BadValue, "101")]),
            ("v=DMARC1; p=none; pct=+1", &[(BadValue, "+1")]),
            ("v=DMARC1; p=none; rua=a@example.com,mailto:b@example.com", &[(NoScheme, "a@example.com")]),
            ("v=DMARC1; p=none; rua=mailto:nobody", &[(BadUri, "mailto:nobody")]),
            ("v=DMARC1; p=none; p=reject", &[(Tags(TagFault::Duplicate), "p=reject")]),
            ("v=DMARC1; p=none; x=1", &[]), // unknown tags are ignored
        ];
        for (text, want) in rows {
            let reading = DmarcRecord::read(text.as_bytes());
            let got: Vec<_> = reading.faults().iter().map(|f| (f.kind, &text[f.span.range()])).collect();
            assert_eq!(got, *want, "{text}");
        }
    }

    #[test]
    fn public_suffixes() {
        for (text, psd, why) in [
            ("v=DMARC1; p=none", Psd::Unknown, "no tag"),
            ("v=DMARC1; p=none; psd=y", Psd::Yes, "a suffix"),
            ("v=DMARC1; psd = N ; p=none", Psd::No, "an organisation, with white space"),
            ("v=DMARC1; p=none; psd=u", Psd::Unknown, "said to be unknown"),
            ("v=DMARC1; p=none; PSD=y", Psd::Unknown, "names of tags have case"),
            ("v=DMARC1; p=none; rua=mailto:psd@example.com", Psd::Unknown, "no tag, only its letters"),
            ("v=spf1 psd=y", Psd::Unknown, "no DMARC record"),
        ] {
            assert_eq!(DmarcRecord::psd_of(text.as_bytes()), psd, "{text}: {why}");
        }
    }

    #[test]
    fn what_applies() {
        use Policy::{None, Quarantine, Reject};
        let rows = [
            ("v=DMARC1; p=reject", Some(Reject), Some(Reject), Some(Reject)),
            ("v=DMARC1; p=reject; sp=none", Some(Reject), Some(None), Some(None)),
            ("v=DMARC1; p=none; np=reject", Some(None), Some(None), Some(Reject)),
            ("v=DMARC1; p=x; rua=mailto:a@example.com", Some(None), Some(None), Some(None)),
            ("v=DMARC1; p=x", Option::None, Option::None, Option::None),
            ("v=DMARC1; sp=quarantine", Option::None, Some(Quarantine), Some(Quarantine)),
        ];
        for (text, p, sp, np) in rows {
            let record = DmarcRecord::read(text.as_bytes()).into_record().unwrap();
            assert_eq!(
                (record.effective_policy(), record.for_subdomains(), record.for_nonexistent()),
                (p, sp, np),
                "{text}"
            );
        }
    }
}
