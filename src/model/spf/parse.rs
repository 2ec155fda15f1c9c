//! The grammar of RFC 7208 §4.6.1 and §12, read term by term so that one error does not hide the next.

use std::net::{Ipv4Addr, Ipv6Addr};

use crate::model::spf::cidr::{prefix, slash_digits, split_dual};
use crate::model::spf::{
    Directive, Fault, FaultKind, MacroString, Mechanism, Modifier, Parsed, Qualifier, Record, Span, Term, TermKind,
};

const VERSION: &[u8] = b"v=spf1";

/// Reads the octets of a TXT record, its strings joined.
///
/// The version section is `v=spf1`, in any case, and a space or the end (RFC 7208 §4.5): all else is no SPF record.
pub fn parse(octets: &[u8]) -> Parsed {
    let version = octets.get(..VERSION.len()).is_some_and(|v| v.eq_ignore_ascii_case(VERSION));
    if !version || !matches!(octets.get(VERSION.len()), None | Some(b' ')) {
        return Parsed::NotSpf;
    }
    let mut record = Record { octets: octets.to_vec(), terms: Vec::new() };
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
                record.terms.push(Term { span: at..end, kind });
            }
            Err(fault) => faults.push(fault),
        }
        at = end;
    }
    if faults.is_empty() { Parsed::Good(record) } else { Parsed::Broken { record, faults } }
}

/// `redirect` and `exp` MUST NOT appear more than once each (RFC 7208 §6).
fn repeated(record: &Record, kind: &TermKind, span: Span) -> Option<Fault> {
    let name = match kind {
        TermKind::Modifier(Modifier::Redirect(_)) if record.redirect().is_some() => "redirect",
        TermKind::Modifier(Modifier::Explanation(_)) if record.explanation().is_some() => "exp",
        _ => return None,
    };
    Some(Fault { kind: FaultKind::RepeatedModifier { name }, span })
}

/// One term, which begins at `base`.
fn term(text: &[u8], base: usize) -> Result<TermKind, Fault> {
    let whole = base..base + text.len();
    if let Some(n) = text.iter().position(|b| !(0x21..=0x7e).contains(b)) {
        let length = text[n..].iter().take_while(|b| **b > 0x7e).count().max(1);
        let kind = if text[n] < 0x80 { FaultKind::ControlCharacter(text[n]) } else { FaultKind::NonAscii };
        return Err(Fault { kind, span: base + n..base + n + length });
    }
    // A modifier is told by the `=` right behind its name (RFC 7208 §4.6.1).
    if let Some((name, value)) = modifier_parts(text) {
        return modifier(name, value, base).map(TermKind::Modifier);
    }
    let qualifier = text.first().copied().and_then(Qualifier::from_octet);
    let skip = usize::from(qualifier.is_some());
    let body = &text[skip..];
    if body.is_empty() {
        return Err(Fault { kind: FaultKind::LoneQualifier, span: whole });
    }
    if let Some((name, _)) = modifier_parts(body) {
        return Err(Fault { kind: FaultKind::QualifierBeforeModifier { name: show(name) }, span: whole });
    }
    let mechanism = mechanism(body, base + skip)?;
    Ok(TermKind::Directive(Directive { qualifier: qualifier.unwrap_or(Qualifier::Pass), mechanism }))
}

/// `name "=" value` with `name = ALPHA *( ALPHA / DIGIT / "-" / "_" / "." )`.
fn modifier_parts(text: &[u8]) -> Option<(&[u8], &[u8])> {
    let length = text.iter().take_while(|b| b.is_ascii_alphanumeric() || b"-_.".contains(b)).count();
    let begins = text.first().is_some_and(u8::is_ascii_alphabetic);
    (begins && text.get(length) == Some(&b'=')).then(|| (&text[..length], &text[length + 1..]))
}

fn modifier(name: &[u8], value: &[u8], base: usize) -> Result<Modifier, Fault> {
    let at = base + name.len() + 1;
    let known = name.eq_ignore_ascii_case(b"redirect") || name.eq_ignore_ascii_case(b"exp");
    if !known {
        return Ok(Modifier::Unknown { name: show(name), value: MacroString::value(value, at)? });
    }
    if value.is_empty() {
        return Err(Fault { kind: FaultKind::EmptyArgument { name: show(name) }, span: base..at });
    }
    let target = domain_spec(value, at)?;
    Ok(if name.eq_ignore_ascii_case(b"exp") { Modifier::Explanation(target) } else { Modifier::Redirect(target) })
}

/// A mechanism without its qualifier.
fn mechanism(body: &[u8], base: usize) -> Result<Mechanism, Fault> {
    let length = body.iter().position(|b| matches!(b, b':' | b'/')).unwrap_or(body.len());
    let (name, rest) = body.split_at(length);
    let at = base + length;
    let whole = base..base + body.len();
    let fault = |kind| Fault { kind, span: whole.clone() };
    let empty = || fault(FaultKind::EmptyArgument { name: show(name) });
    // What stands behind the colon, for the mechanisms that take a name and nothing else.
    let spec = |mechanism: &'static str| match rest {
        [b':'] => Err(empty()),
        [b':', spec @ ..] => match slash_digits(spec) {
            Some(cut) => {
                Err(Fault { kind: FaultKind::UnexpectedArgument { mechanism }, span: at + 1 + cut..base + body.len() })
            }
            None => domain_spec(spec, at + 1).map(Some),
        },
        [] => Ok(None),
        _ => Err(Fault { kind: FaultKind::UnexpectedArgument { mechanism }, span: at..base + body.len() }),
    };
    let needed = |mechanism: &'static str| spec(mechanism)?.ok_or(fault(FaultKind::MissingArgument { mechanism }));
    let lower = name.to_ascii_lowercase();
    match lower.as_slice() {
        b"all" if rest.is_empty() => Ok(Mechanism::All),
        b"all" => Err(Fault { kind: FaultKind::UnexpectedArgument { mechanism: "all" }, span: at..base + body.len() }),
        b"include" => needed("include").map(Mechanism::Include),
        b"exists" => needed("exists").map(Mechanism::Exists),
        b"ptr" => spec("ptr").map(|domain| Mechanism::Ptr { domain }),
        b"a" | b"mx" => {
            let (rest, cidr) = split_dual(rest, at)?;
            let domain = match rest {
                [] => None,
                [b':'] => return Err(empty()),
                [b':', spec @ ..] => Some(domain_spec(spec, at + 1)?),
                _ => return Err(Fault { kind: FaultKind::BadDualCidr, span: at..base + body.len() }),
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
        b"redirect" | b"exp" => Err(fault(FaultKind::ModifierAsMechanism { name: show(&lower) })),
        _ => Err(fault(unknown(name, body))),
    }
}

/// Why `name` is no mechanism: a network written bare, a modifier with a bad name, or a word nobody knows.
fn unknown(name: &[u8], body: &[u8]) -> FaultKind {
    let address = show(body);
    let address = address.split('/').next().unwrap_or_default();
    if address.parse::<Ipv4Addr>().is_ok() {
        FaultKind::BareNetwork { mechanism: "ip4" }
    } else if address.parse::<Ipv6Addr>().is_ok() {
        FaultKind::BareNetwork { mechanism: "ip6" }
    } else if name.contains(&b'=') {
        FaultKind::BadModifierName
    } else if let Some(at) = glued_term(name) {
        FaultKind::UnknownMechanism { name: show(&name[..at]) }
    } else {
        FaultKind::UnknownMechanism { name: show(name) }
    }
}

/// The text of an address behind `:` and its prefix length.
fn network(rest: &[u8], at: usize, mechanism: &'static str, max: u8) -> Result<(String, u8), Fault> {
    let [b':', text @ ..] = rest else {
        let span = at - mechanism.len()..at + rest.len();
        return Err(Fault { kind: FaultKind::MissingArgument { mechanism }, span });
    };
    if text.is_empty() {
        let span = at - mechanism.len()..at + 1;
        return Err(Fault { kind: FaultKind::EmptyArgument { name: mechanism.into() }, span });
    }
    if let Some(n) = glued_term(text) {
        let end = at + 1 + text.len();
        return Err(Fault { kind: FaultKind::MissingSpace { at: at + 1 + n }, span: at + 1 + n..end });
    }
    match text.iter().position(|b| *b == b'/') {
        None => Ok((show(text), max)),
        Some(n) => {
            let length = prefix(&text[n + 1..], at + 1 + n..at + 1 + text.len(), max)?;
            Ok((show(&text[..n]), length))
        }
    }
}

fn bad_address(text: &str, at: usize, mechanism: &'static str) -> Fault {
    let other_family = match mechanism {
        "ip4" => text.parse::<Ipv6Addr>().is_ok(),
        _ => text.parse::<Ipv4Addr>().is_ok(),
    };
    Fault { kind: FaultKind::BadAddress { mechanism, other_family }, span: at..at + text.len() }
}

/// A domain-spec; where its end is wrong because the next term is glued on, that is what is said.
fn domain_spec(text: &[u8], at: usize) -> Result<MacroString, Fault> {
    MacroString::domain_spec(text, at).map_err(|fault| match (&fault.kind, glued_term(text)) {
        (FaultKind::BadDomainEnd, Some(n)) => {
            Fault { kind: FaultKind::MissingSpace { at: at + n }, span: at + n..at + text.len() }
        }
        _ => fault,
    })
}

/// Where a directive begins inside `text`: a qualifier and the name of a mechanism up to `:`, `/` or the end.
fn glued_term(text: &[u8]) -> Option<usize> {
    const NAMES: [&[u8]; 8] = [b"all", b"include", b"a", b"mx", b"ptr", b"ip4", b"ip6", b"exists"];
    (1..text.len()).find(|&n| {
        let rest = &text[n + 1..];
        let end = rest.iter().position(|b| matches!(b, b':' | b'/')).unwrap_or(rest.len());
        Qualifier::from_octet(text[n]).is_some() && NAMES.iter().any(|name| rest[..end].eq_ignore_ascii_case(name))
    })
}

fn show(octets: &[u8]) -> String {
    String::from_utf8_lossy(octets).into_owned()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn faults(text: &str) -> Vec<(FaultKind, String)> {
        let parsed = parse(text.as_bytes());
        let record = parsed.record().unwrap();
        parsed.faults().iter().map(|f| (f.kind.clone(), record.text(&f.span).into_owned())).collect()
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
            let Parsed::Good(record) = parse(text.as_bytes()) else { panic!("{text}: {why}: {:?}", faults(text)) };
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
            assert_eq!(parse(text.as_bytes()), Parsed::NotSpf, "{why}");
        }
    }

    #[test]
    fn every_kind_of_fault_with_its_place() {
        let missing = |mechanism| FaultKind::MissingArgument { mechanism };
        let empty = |name: &str| FaultKind::EmptyArgument { name: name.into() };
        let unexpected = |mechanism| FaultKind::UnexpectedArgument { mechanism };
        let unknown = |name: &str| FaultKind::UnknownMechanism { name: name.into() };
        let address = |mechanism, other_family| FaultKind::BadAddress { mechanism, other_family };
        let modifier = |name: &str| FaultKind::QualifierBeforeModifier { name: name.into() };
        let cases: &[(&str, FaultKind, &str)] = &[
            ("inlude:a.example", unknown("inlude"), "inlude:a.example"),
            ("-al", unknown("al"), "al"),
            ("all~all", unknown("all"), "all~all"),
            ("moo", unknown("moo"), "moo"),
            ("all.", unknown("all."), "all."),
            ("2001:db8::/64", FaultKind::BareNetwork { mechanism: "ip6" }, "2001:db8::/64"),
            ("192.0.2.1", FaultKind::BareNetwork { mechanism: "ip4" }, "192.0.2.1"),
            ("-", FaultKind::LoneQualifier, "-"),
            ("-exp=x.example", modifier("exp"), "-exp=x.example"),
            ("redirect:x.example", FaultKind::ModifierAsMechanism { name: "redirect".into() }, "redirect:x.example"),
            ("=all", FaultKind::BadModifierName, "=all"),
            ("1up=foo", FaultKind::BadModifierName, "1up=foo"),
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
            ("ip4:192.0.2.0/33", FaultKind::BadPrefix { max: 32 }, "/33"),
            ("ip4:192.0.2.0/024", FaultKind::BadPrefix { max: 32 }, "/024"),
            ("ip4:192.0.2.0//32", FaultKind::BadPrefix { max: 32 }, "//32"),
            ("ip6:2001:db8::/130", FaultKind::BadPrefix { max: 128 }, "/130"),
            ("a/33", FaultKind::BadPrefix { max: 32 }, "/33"),
            ("a//129", FaultKind::BadPrefix { max: 128 }, "//129"),
            ("mx:x.example//999999", FaultKind::BadPrefix { max: 128 }, "//999999"),
            ("a/24/64", FaultKind::BadDualCidr, "/24/64"),
            ("mx/", FaultKind::BadDualCidr, "/"),
            ("a:x.example/24/64", FaultKind::BadDualCidr, "/24/64"),
            ("exists:%(ir).x.example", FaultKind::BadMacro, "%("),
            ("exists:%{d0}.x.example", FaultKind::BadMacro, "%{d0}"),
            ("exists:%{d", FaultKind::BadMacro, "%{d"),
            ("exists:%{}.x.example", FaultKind::BadMacro, "%{}"),
            ("foo=%abc", FaultKind::BadMacro, "%a"),
            ("a:%", FaultKind::BadMacro, "%"),
            ("a:%{a}.x.example", FaultKind::UnknownMacro { letter: 'a' }, "%{a}"),
            ("exp=%{r}.x.example", FaultKind::ExplanationMacro { letter: 'r' }, "%{r}"),
            ("a:foo-bar", FaultKind::BadDomainEnd, "foo-bar"),
            ("a:museum.", FaultKind::BadDomainEnd, "museum."),
            ("a:111.222.33.44", FaultKind::BadDomainEnd, "111.222.33.44"),
            ("mx:x.-com", FaultKind::BadDomainEnd, "x.-com"),
            ("a:x.example:8080", FaultKind::BadDomainEnd, "x.example:8080"),
            ("redirect=-all", FaultKind::BadDomainEnd, "-all"),
            ("a:%{d}com", FaultKind::BadDomainEnd, "%{d}com"),
            ("ip4:203.0.113.7~all", FaultKind::MissingSpace { at: 22 }, "~all"),
            ("include:x.example~all", FaultKind::MissingSpace { at: 24 }, "~all"),
            ("a:x.example\r", FaultKind::ControlCharacter(b'\r'), "\r"),
            ("a:é.example", FaultKind::NonAscii, "é"),
        ];
        for (term, kind, place) in cases {
            let text = format!("v=spf1 {term} a -all");
            assert_eq!(faults(&text), [(kind.clone(), (*place).to_string())], "{term}");
            assert_eq!(parse(text.as_bytes()).record().unwrap().terms.len(), 2, "the good terms stay: {term}");
        }
        assert_eq!(
            faults("v=spf1 redirect=a.example exp=b.example moo redirect=c.example EXP=d.example")
                .into_iter()
                .map(|(kind, _)| kind)
                .collect::<Vec<_>>(),
            [
                unknown("moo"),
                FaultKind::RepeatedModifier { name: "redirect" },
                FaultKind::RepeatedModifier { name: "exp" }
            ],
            "all errors are listed"
        );
    }

    #[test]
    fn any_octets_are_survived() {
        for text in
            [&b"v=spf1 \xff\xfe%{"[..], b"v=spf1 %", b"v=spf1 ip4:/ ip4:\0", b"v=spf1 a:%{d99999999999999999999}"]
        {
            let parsed = parse(text);
            assert_eq!(parsed.record().unwrap().octets, text);
        }
    }
}
