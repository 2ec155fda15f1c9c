//! Anybody may send.

use crate::lint::horizon::Horizon;
use crate::lint::rules::prelude::*;
use crate::lint::rules::spf::networks::{covers_all, range4, range6};
use crate::lint::spf_tree::spf_texts;

rule! {
    /// The record passes every address.
    ///
    /// # Why
    /// With `+all` (or a bare `all`), with a network that holds every address, or with an include that ends so, anybody may send
    /// in the name of the domain and passes SPF, and with it DMARC.
    ///
    /// # Bad
    /// ```zone
    /// @ TXT "v=spf1 mx +all"
    /// ```
    /// ```zone
    /// @ TXT "v=spf1 ip4:0.0.0.0/1 ip4:128.0.0.0/1 -all"
    /// ```
    /// ```zone related
    /// @ TXT "v=spf1 include:_spf.example.com -all"
    /// _spf TXT "v=spf1 all"
    /// ```
    ///
    /// # Good
    /// ```zone
    /// @ TXT "v=spf1 include:_spf.example.com -all"
    /// _spf TXT "v=spf1 ip4:192.0.2.0/24 ~all"
    /// ```
    ///
    /// # Reference
    /// RFC 7208 §5.1
    ///
    /// # Since
    /// 0.1.0
    "SPF014", "permits-everyone", Error, Record, Spf(check)
}

/// Includes are followed so deep; more would be over the ten look-ups.
const DEPTH: usize = 10;

fn check(spf: &SpfText<'_>, out: &mut Sink<'_>) {
    let Some(open) = open_term(spf.record, spf.site.horizon(), DEPTH) else { return };
    let text = spf.slice(open.span);
    let message = match open.how {
        How::All => "every address passes".to_string(),
        How::Networks(family) => format!("these networks hold every {family} address"),
        How::Include(chain) => format!("every address passes, by way of {chain}"),
    };
    let finding = out.report(spf.at(open.span), message);
    finding.sees("pass for anybody who sends in the name of this domain");
    match text.trim_start_matches('+').eq_ignore_ascii_case("all") {
        true => {
            finding.help("write `~all`, or `-all` once every sender is listed").fix(spf.replace(
                "write `~all`",
                open.span,
                "~all",
            ));
        }
        false => {
            finding.help("list the networks that really send");
        }
    }
}

struct Open {
    span: Span,
    how: How,
}

enum How {
    All,
    Networks(&'static str),
    Include(String),
}

/// The first term by which any address passes, if there is one.
fn open_term(record: &SpfRecord, zones: Horizon<'_>, depth: usize) -> Option<Open> {
    let (mut v4, mut v6): (Vec<(u128, u128)>, Vec<(u128, u128)>) = (Vec::new(), Vec::new());
    for (term, directive) in record.directives() {
        let passes = directive.qualifier == Qualifier::Pass;
        match &directive.mechanism {
            Mechanism::All => return passes.then_some(Open { span: term.span, how: How::All }),
            Mechanism::Ip4 { network, prefix } if passes => v4.push(range4(*network, *prefix)),
            Mechanism::Ip6 { network, prefix } if passes => v6.push(range6(*network, *prefix)),
            Mechanism::Include(target) if passes && depth > 0 => {
                if let Some(chain) = opens_at(target.literal(), zones, depth) {
                    return Some(Open { span: term.span, how: How::Include(chain) });
                }
            }
            _ => continue,
        }
        if covers_all(&mut v4, u128::from(u32::MAX)) {
            return Some(Open { span: term.span, how: How::Networks("IPv4") });
        }
        if covers_all(&mut v6, u128::MAX) {
            return Some(Open { span: term.span, how: How::Networks("IPv6") });
        }
    }
    let (term, target) = record.redirect()?;
    let chain = opens_at(target.literal(), zones, depth.checked_sub(1)?)?;
    Some(Open { span: term.span, how: How::Include(chain) })
}

/// Whether the record at a name passes every address; the chain of names to the term that does.
fn opens_at(name: Option<&str>, zones: Horizon<'_>, depth: usize) -> Option<String> {
    let name = name?;
    let answer = zones.lookup(&wire::from_text(name)?, RecordType::TXT);
    let texts = spf_texts(answer.records());
    let [text] = texts.as_slice() else { return None };
    // A record with errors passes nobody.
    let Reading::Ours(record) = SpfRecord::read(text) else { return None };
    let open = open_term(&record, zones, depth.checked_sub(1)?)?;
    Some(match open.how {
        How::Include(chain) => format!("{name} > {chain}"),
        _ => format!("{name} > `{}`", record.text(open.span)),
    })
}
