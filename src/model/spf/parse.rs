//! The grammar of RFC 7208 §4.6.1 and §12, read term by term so that one error does not hide the next.

use std::borrow::Cow;
use std::net::{Ipv4Addr, Ipv6Addr};
use std::ops::Range;

use crate::model::reading::{Fault, Reading};
use crate::model::source::Span;
use crate::model::spf::cidr::{prefix, slash_digits, split_dual};
use crate::model::spf::{
    Directive, MacroString, Mechanism, Modifier, Qualifier, SpfFault, SpfRecord, Term, TermKind, bad,
};
use crate::model::txt;

const VERSION: &[u8] = b"v=spf1";
/// The longest name that is known: `redirect`.
const LONGEST_NAME: usize = 8;
/// Few records have more terms.
const USUAL_TERMS: usize = 24;

impl SpfRecord {
    /// Reads the octets of a TXT record, its strings joined.
    ///
    /// The version section is `v=spf1`, in any case, and a space or the end (RFC 7208 §4.5): all else is no SPF
    /// record.
    pub fn read(octets: &[u8]) -> Reading<Self, SpfFault> {
        let version = octets.get(..VERSION.len()).is_some_and(|v| v.eq_ignore_ascii_case(VERSION));
        if !version || !matches!(octets.get(VERSION.len()), None | Some(b' ')) {
            return Reading::NotOurs;
        }
        // As many terms as spaces, usually; a hostile record is not given room for every space that it has.
        let room = octets.iter().filter(|b| **b == b' ').take(USUAL_TERMS).count();
        let mut record = SpfRecord { octets: octets.to_vec(), terms: Vec::with_capacity(room) };
        let mut faults = Vec::new();
        let mut at = VERSION.len();
        while at < octets.len() {
            if octets[at] == b' ' {
                at += 1;
                continue;
            }
            let end = octets[at..].iter().position(|b| *b == b' ').map_or(octets.len(), |n| at + n);
            match term(&octets[at..end], at) {
                Ok(kind) => {
                    faults.extend(repeated(&record, &kind, at..end));
                    record.terms.push(Term { span: Span::new(at, end), kind });
                }
                Err(fault) => faults.push(fault),
            }
            at = end;
        }
        Reading::new(record, faults)
    }
}

/// `redirect` and `exp` MUST NOT appear more than once each (RFC 7208 §6).
fn repeated(record: &SpfRecord, kind: &TermKind, span: Range<usize>) -> Option<Fault<SpfFault>> {
    let name = match kind {
        TermKind::Modifier(Modifier::Redirect(_)) if record.redirect().is_some() => "redirect",
        TermKind::Modifier(Modifier::Explanation(_)) if record.explanation().is_some() => "exp",
        _ => return None,
    };
    Some(bad(SpfFault::RepeatedModifier { name }, span))
}

/// One term, which begins at `base`.
fn term(text: &[u8], base: usize) -> Result<TermKind, Fault<SpfFault>> {
    let whole = base..base + text.len();
    if let Some(n) = text.iter().position(|b| !(0x21..=0x7e).contains(b)) {
        let length = text[n..].iter().take_while(|b| **b > 0x7e).count().max(1);
        let kind = if text[n] < 0x80 { SpfFault::ControlCharacter(text[n]) } else { SpfFault::NonAscii };
        return Err(bad(kind, base + n..base + n + length));
    }
    // A modifier is told by the `=` right behind its name (RFC 7208 §4.6.1).
    if let Some((name, value)) = modifier_parts(text) {
        return modifier(name, value, base).map(TermKind::Modifier);
    }
    let qualifier = text.first().copied().and_then(Qualifier::from_octet);
    let skip = usize::from(qualifier.is_some());
    let body = &text[skip..];
    if body.is_empty() {
        return Err(bad(SpfFault::LoneQualifier, whole));
    }
    if let Some((name, _)) = modifier_parts(body) {
        return Err(bad(SpfFault::QualifierBeforeModifier { name: show(name) }, whole));
    }
    let mechanism = mechanism(body, base + skip)?;
    Ok(TermKind::Directive(Directive { qualifier: qualifier.unwrap_or(Qualifier::Pass), mechanism }))
}

/// `name "=" value` with `name = ALPHA *( ALPHA / DIGIT / "-" / "_" / "." )`.
fn modifier_parts(text: &[u8]) -> Option<(&[u8], &[u8])> {
    let in_name = |b: &u8| b.is_ascii_alphanumeric() || matches!(b, b'-' | b'_' | b'.');
    let length = text.iter().position(|b| !in_name(b)).filter(|n| text[*n] == b'=')?;
    let begins = text.first().is_some_and(u8::is_ascii_alphabetic);
    begins.then(|| (&text[..length], &text[length + 1..]))
}

fn modifier(name: &[u8], value: &[u8], base: usize) -> Result<Modifier, Fault<SpfFault>> {
    let at = base + name.len() + 1;
    let known = name.eq_ignore_ascii_case(b"redirect") || name.eq_ignore_ascii_case(b"exp");
    if !known {
        return Ok(Modifier::Unknown { name: show(name), value: MacroString::value(value, at)? });
    }
    if value.is_empty() {
        return Err(bad(SpfFault::EmptyArgument { name: show(name) }, base..at));
    }
    let target = domain_spec(value, at)?;
    Ok(if name.eq_ignore_ascii_case(b"exp") { Modifier::Explanation(target) } else { Modifier::Redirect(target) })
}

/// A mechanism without its qualifier.
fn mechanism(body: &[u8], base: usize) -> Result<Mechanism, Fault<SpfFault>> {
    let length = body.iter().position(|b| matches!(b, b':' | b'/')).unwrap_or(body.len());
    let (name, rest) = body.split_at(length);
    let at = base + length;
    let whole = base..base + body.len();
    let fault = |kind| bad(kind, whole.clone());
    let empty = || fault(SpfFault::EmptyArgument { name: show(name) });
    // What stands behind the colon, for the mechanisms that take a name and nothing else.
    let spec = |mechanism: &'static str| match rest {
        [b':'] => Err(empty()),
        [b':', spec @ ..] => match slash_digits(spec) {
            Some(cut) => Err(bad(SpfFault::UnexpectedArgument { mechanism }, at + 1 + cut..base + body.len())),
            None => domain_spec(spec, at + 1).map(Some),
        },
        [] => Ok(None),
        _ => Err(bad(SpfFault::UnexpectedArgument { mechanism }, at..base + body.len())),
    };
    let needed = |mechanism: &'static str| spec(mechanism)?.ok_or(fault(SpfFault::MissingArgument { mechanism }));
    // In lower case; what is longer than any is as good as unknown.
    let mut buffer = [0; LONGEST_NAME];
    let lower = match buffer.get_mut(..name.len()) {
        Some(lower) => {
            lower.copy_from_slice(name);
            lower.make_ascii_lowercase();
            &*lower
        }
        None => name,
    };
    match lower {
        b"all" if rest.is_empty() => Ok(Mechanism::All),
        b"all" => Err(bad(SpfFault::UnexpectedArgument { mechanism: "all" }, at..base + body.len())),
        b"include" => needed("include").map(Mechanism::Include),
        b"exists" => needed("exists").map(Mechanism::Exists),
        b"ptr" => spec("ptr").map(|domain| Mechanism::Ptr { domain }),
        b"a" | b"mx" => {
            let (rest, cidr) = split_dual(rest, at)?;
            let domain = match rest {
                [] => None,
                [b':'] => return Err(empty()),
                [b':', spec @ ..] => Some(domain_spec(spec, at + 1)?),
                _ => return Err(bad(SpfFault::BadDualCidr, at..base + body.len())),
            };
            Ok(if lower == b"a" { Mechanism::A { domain, cidr } } else { Mechanism::Mx { domain, cidr } })
        }
        b"ip4" => {
            let (text, prefix) = network(rest, at, "ip4", 32)?;
            match text.parse::<Ipv4Addr>() {
                Ok(network) => Ok(Mechanism::Ip4 { network, prefix }),
                Err(_) => Err(bad_address(&text, at + 1, "ip4")),
            }
        }
        b"ip6" => {
            let (text, prefix) = network(rest, at, "ip6", 128)?;
            match text.parse::<Ipv6Addr>() {
                Ok(network) => Ok(Mechanism::Ip6 { network, prefix }),
                Err(_) => Err(bad_address(&text, at + 1, "ip6")),
            }
        }
        b"redirect" | b"exp" => Err(fault(SpfFault::ModifierAsMechanism { name: show(lower) })),
        _ => Err(fault(unknown(name, body))),
    }
}

/// Why `name` is no mechanism: a network written bare, a modifier with a bad name, or a word nobody knows.
fn unknown(name: &[u8], body: &[u8]) -> SpfFault {
    let address = show(body);
    let address = address.split('/').next().unwrap_or_default();
    if address.parse::<Ipv4Addr>().is_ok() {
        SpfFault::BareNetwork { mechanism: "ip4" }
    } else if address.parse::<Ipv6Addr>().is_ok() {
        SpfFault::BareNetwork { mechanism: "ip6" }
    } else if name.contains(&b'=') {
        SpfFault::BadModifierName
    } else if let Some(at) = glued_term(name) {
        SpfFault::UnknownMechanism { name: show(&name[..at]) }
    } else {
        SpfFault::UnknownMechanism { name: show(name) }
    }
}

/// The text of an address behind `:` and its prefix length.
fn network<'t>(
    rest: &'t [u8],
    at: usize,
    mechanism: &'static str,
    max: u8,
) -> Result<(Cow<'t, str>, u8), Fault<SpfFault>> {
    let [b':', text @ ..] = rest else {
        let span = at - mechanism.len()..at + rest.len();
        return Err(bad(SpfFault::MissingArgument { mechanism }, span));
    };
    if text.is_empty() {
        let span = at - mechanism.len()..at + 1;
        return Err(bad(SpfFault::EmptyArgument { name: mechanism.into() }, span));
    }
    if let Some(n) = glued_term(text) {
        let end = at + 1 + text.len();
        return Err(bad(SpfFault::MissingSpace { at: at + 1 + n }, at + 1 + n..end));
    }
    match text.iter().position(|b| *b == b'/') {
        None => Ok((txt::shown(text), max)),
        Some(n) => {
            let length = prefix(&text[n + 1..], at + 1 + n..at + 1 + text.len(), max)?;
            Ok((txt::shown(&text[..n]), length))
        }
    }
}

fn bad_address(text: &str, at: usize, mechanism: &'static str) -> Fault<SpfFault> {
    let other_family = match mechanism {
        "ip4" => text.parse::<Ipv6Addr>().is_ok(),
        _ => text.parse::<Ipv4Addr>().is_ok(),
    };
    bad(SpfFault::BadAddress { mechanism, other_family }, at..at + text.len())
}

/// A domain-spec; where its end is wrong because the next term is glued on, that is what is said.
fn domain_spec(text: &[u8], at: usize) -> Result<MacroString, Fault<SpfFault>> {
    MacroString::domain_spec(text, at).map_err(|fault| match (&fault.kind, glued_term(text)) {
        (SpfFault::BadDomainEnd, Some(n)) => bad(SpfFault::MissingSpace { at: at + n }, at + n..at + text.len()),
        _ => fault,
    })
}

/// Where a directive begins inside `text`: a qualifier and the name of a mechanism up to `:`, `/` or the end.
fn glued_term(text: &[u8]) -> Option<usize> {
    const NAMES: [&[u8]; 8] = [b"all", b"include", b"a", b"mx", b"ptr", b"ip4", b"ip6", b"exists"];
    let qualified = |n: &usize| matches!(text[*n], b'+' | b'-' | b'~' | b'?');
    (1..text.len()).filter(qualified).find(|&n| {
        let rest = &text[n + 1..];
        let longest = rest.get(..8).unwrap_or(rest);
        let end = longest.iter().position(|b| matches!(b, b':' | b'/')).unwrap_or(longest.len());
        NAMES.iter().any(|name| longest[..end].eq_ignore_ascii_case(name))
    })
}

fn show(octets: &[u8]) -> String {
    txt::shown(octets).into_owned()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn faults(text: &str) -> Vec<(SpfFault, String)> {
        let parsed = SpfRecord::read(text.as_bytes());
        let record = parsed.record().unwrap();
        parsed.faults().iter().map(|f| (f.kind.clone(), record.text(f.span).into_owned())).collect()
    }

    #[test]
    fn what_is_a_record() {
        for (text, why) in [
            ("v=spf1", "the end ends the version"),
            ("V=SPF1 -all", "case does not count"),
            ("v=spf1  a  -all  ", "any number of spaces"),
            ("v=spf1 moo.cow-far_out=man:dog/cat ra=postmaster", "unknown modifiers"),
            ("v=spf1 a:foo:bar/baz.example.com/24//64", "any visible character in a name"),
            ("v=spf1 a//33 mx/0 a/24//64", "prefix lengths of both families"),
            ("v=spf1 a:%{h} include:%{d2} exists:%{ir}.%{v}.%{l1r-}.x%%", "a name may end in a macro"),
            ("v=spf1 exp=%{S}.example.com redirect=%{D}.d.example.com.", "upper-case letters, last dot"),
            ("v=spf1 a:foo.example.xn--zckzah a:a.1-1", "top labels with hyphens"),
            ("v=spf1 ip6:::1.1.1.1/0 IP4:192.0.2.98/29 ip6:Cafe:Babe:8000::/33", "addresses"),
            ("v=spf1 x=%{c}%{r}%{t}", "letters of explanations are syntax of unknown modifiers"),
            ("v=spf1 a:mail.example...com", "an empty label is no matter of syntax"),
        ] {
            let Reading::Ours(record) = SpfRecord::read(text.as_bytes()) else {
                panic!("{text}: {why}: {:?}", faults(text))
            };
            assert_eq!(record.to_string(), text, "loses nothing");
        }
        for (text, why) in [
            (" v=spf1 -all", "a leading space"),
            ("v=spf10 -all", "another version"),
            ("v=spf1mx", "no space"),
            ("v=spf1\t-all", "a tab"),
            ("spf1 -all", "no version"),
            ("", "nothing"),
        ] {
            assert_eq!(SpfRecord::read(text.as_bytes()), Reading::NotOurs, "{why}");
        }
    }

    #[test]
    fn every_kind_of_fault_with_its_place() {
        let missing = |mechanism| SpfFault::MissingArgument { mechanism };
        let empty = |name: &str| SpfFault::EmptyArgument { name: name.into() };
        let unexpected = |mechanism| SpfFault::UnexpectedArgument { mechanism };
        let unknown = |name: &str| SpfFault::UnknownMechanism { name: name.into() };
        let address = |mechanism, other_family| SpfFault::BadAddress { mechanism, other_family };
        let modifier = |name: &str| SpfFault::QualifierBeforeModifier { name: name.into() };
        let cases: &[(&str, SpfFault, &str)] = &[
            ("inlude:a.example", unknown("inlude"), "inlude:a.example"),
            ("-al", unknown("al"), "al"),
            ("all~all", unknown("all"), "all~all"),
            ("moo", unknown("moo"), "moo"),
            ("all.", unknown("all."), "all."),
            ("2001:db8::/64", SpfFault::BareNetwork { mechanism: "ip6" }, "2001:db8::/64"),
            ("192.0.2.1", SpfFault::BareNetwork { mechanism: "ip4" }, "192.0.2.1"),
            ("-", SpfFault::LoneQualifier, "-"),
            ("-exp=x.example", modifier("exp"), "-exp=x.example"),
            ("redirect:x.example", SpfFault::ModifierAsMechanism { name: "redirect".into() }, "redirect:x.example"),
            ("=all", SpfFault::BadModifierName, "=all"),
            ("1up=foo", SpfFault::BadModifierName, "1up=foo"),
            ("include", missing("include"), "include"),
            ("ip4", missing("ip4"), "ip4"),
            ("ip4/24", missing("ip4"), "ip4/24"),
            ("exists", missing("exists"), "exists"),
            ("a:", empty("a"), "a:"),
            ("a:/24", empty("a"), "a:/24"),
            ("include:", empty("include"), "include:"),
            ("ip6:", empty("ip6"), "ip6:"),
            ("exp=", empty("exp"), "exp="),
            ("all:foo", unexpected("all"), ":foo"),
            ("all/8", unexpected("all"), "/8"),
            ("ptr/0", unexpected("ptr"), "/0"),
            ("include:x.example/24", unexpected("include"), "/24"),
            ("exists:x.example/", unexpected("exists"), "/"),
            ("ip4:192.0.2", address("ip4", false), "192.0.2"),
            ("ip4:192.0.2.1:8080", address("ip4", false), "192.0.2.1:8080"),
            ("ip4:192.0.2.01", address("ip4", false), "192.0.2.01"),
            ("ip4:2001:db8::1", address("ip4", true), "2001:db8::1"),
            ("ip6:192.0.2.1", address("ip6", true), "192.0.2.1"),
            ("ip6::CAFE::BABE", address("ip6", false), ":CAFE::BABE"),
            ("ip4:192.0.2.0/33", SpfFault::BadPrefix { max: 32 }, "/33"),
            ("ip4:192.0.2.0/024", SpfFault::BadPrefix { max: 32 }, "/024"),
            ("ip4:192.0.2.0//32", SpfFault::BadPrefix { max: 32 }, "//32"),
            ("ip6:2001:db8::/130", SpfFault::BadPrefix { max: 128 }, "/130"),
            ("a/33", SpfFault::BadPrefix { max: 32 }, "/33"),
            ("a//129", SpfFault::BadPrefix { max: 128 }, "//129"),
            ("mx:x.example//999999", SpfFault::BadPrefix { max: 128 }, "//999999"),
            ("a/24/64", SpfFault::BadDualCidr, "/24/64"),
            ("mx/", SpfFault::BadDualCidr, "/"),
            ("a:x.example/24/64", SpfFault::BadDualCidr, "/24/64"),
            ("exists:%(ir).x.example", SpfFault::BadMacro, "%("),
            ("exists:%{d0}.x.example", SpfFault::BadMacro, "%{d0}"),
            ("exists:%{d", SpfFault::BadMacro, "%{d"),
            ("exists:%{}.x.example", SpfFault::BadMacro, "%{}"),
            ("foo=%abc", SpfFault::BadMacro, "%a"),
            ("a:%", SpfFault::BadMacro, "%"),
            ("a:%{a}.x.example", SpfFault::UnknownMacro { letter: 'a' }, "%{a}"),
            ("exp=%{r}.x.example", SpfFault::ExplanationMacro { letter: 'r' }, "%{r}"),
            ("a:foo-bar", SpfFault::BadDomainEnd, "foo-bar"),
            ("a:museum.", SpfFault::BadDomainEnd, "museum."),
            ("a:111.222.33.44", SpfFault::BadDomainEnd, "111.222.33.44"),
            ("mx:x.-com", SpfFault::BadDomainEnd, "x.-com"),
            ("a:x.example:8080", SpfFault::BadDomainEnd, "x.example:8080"),
            ("redirect=-all", SpfFault::BadDomainEnd, "-all"),
            ("a:%{d}com", SpfFault::BadDomainEnd, "%{d}com"),
            ("ip4:203.0.113.7~all", SpfFault::MissingSpace { at: 22 }, "~all"),
            ("include:x.example~all", SpfFault::MissingSpace { at: 24 }, "~all"),
            ("a:x.example\r", SpfFault::ControlCharacter(b'\r'), "\r"),
            ("a:é.example", SpfFault::NonAscii, "é"),
        ];
        for (term, kind, place) in cases {
            let text = format!("v=spf1 {term} a -all");
            assert_eq!(faults(&text), [(kind.clone(), (*place).to_string())], "{term}");
            assert_eq!(
                SpfRecord::read(text.as_bytes()).record().unwrap().terms.len(),
                2,
                "the good terms stay: {term}"
            );
        }
        assert_eq!(
            faults("v=spf1 redirect=a.example exp=b.example moo redirect=c.example EXP=d.example")
                .into_iter()
                .map(|(kind, _)| kind)
                .collect::<Vec<_>>(),
            [
                unknown("moo"),
                SpfFault::RepeatedModifier { name: "redirect" },
                SpfFault::RepeatedModifier { name: "exp" }
            ],
            "all errors are listed"
        );
    }

    proptest::proptest! {
        #[test]
        fn any_text_is_survived(
            words in proptest::collection::vec("[+?~-]?(a|mx|all|ip4|ip6|include|redirect|exp|x)?[:=/]?[a-d0-9.:/%{}rl_\\x00-\\xff-]{0,12}", 0..8)
        ) {
            let text: Vec<u8> = format!("v=spf1 {}", words.join(" ")).chars().map(|c| c as u8).collect();
            let reading = SpfRecord::read(&text);
            let record = reading.record().unwrap();
            assert_eq!(record.octets, text, "loses nothing");
            let within = |span: Span| span.start <= span.end && span.end as usize <= text.len();
            assert!(record.terms.iter().all(|t| within(t.span) && !t.span.is_empty()));
            assert!(reading.faults().iter().all(|f| within(f.span) && !f.span.is_empty()), "{:?}", reading.faults());
            let terms = text[6..].split(|b| *b == b' ').filter(|t| !t.is_empty()).count();
            let repeated = |f: &&Fault<SpfFault>| matches!(f.kind, SpfFault::RepeatedModifier { .. });
            let faults = reading.faults().iter().filter(|f| !repeated(f)).count();
            assert_eq!(record.terms.len() + faults, terms, "each term is read or faulted");
        }
    }
}
