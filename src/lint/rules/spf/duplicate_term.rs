//! The same twice.

use crate::lint::rules::prelude::*;
use std::collections::HashSet;

rule! {
    /// A term is there twice, or a network lies inside another.
    ///
    /// # Why
    /// It changes nothing, takes room, and where it queries costs one of the ten look-ups once more.
    ///
    /// # Bad
    /// ```zone
    /// @ TXT "v=spf1 include:_spf.example.net mx include:_spf.example.net -all"
    /// ```
    /// ```zone
    /// @ TXT "v=spf1 ip4:192.0.2.0/24 ip4:192.0.2.10 -all"
    /// ```
    ///
    /// # Good
    /// ```zone
    /// @ TXT "v=spf1 ip4:192.0.2.0/24 ip4:198.51.100.10 -all"
    /// ```
    ///
    /// # Reference
    /// RFC 7208 §4.6.4
    ///
    /// # Since
    /// 0.1.0
    "SPF032", "duplicate-term", Warning, Record, Spf(check)
}

use crate::lint::rules::spf::networks::{range4, range6};
use crate::model::spf::Directive;

/// So many terms are compared one by one; hostile records have more.
const FEW: usize = 64;

fn check(spf: &SpfText<'_>, out: &mut Sink<'_>) {
    let directives = spf.record.directives().count();
    let mut few: Vec<&[u8]> = Vec::with_capacity(directives.min(FEW));
    let mut many: HashSet<Vec<u8>> = HashSet::new();
    let mut networks: Vec<(bool, u128, u128, Span)> = Vec::new();
    for (term, directive) in spf.record.directives() {
        let text = term.span.of(spf.octets());
        let key = text.strip_prefix(b"+").unwrap_or(text);
        if directive.mechanism == Mechanism::All {
            return;
        }
        let new = if directives <= FEW {
            let new = !few.iter().any(|t| t.eq_ignore_ascii_case(key));
            few.push(key);
            new
        } else {
            many.insert(key.to_ascii_lowercase())
        };
        if !new {
            report(spf, out, term.span, format!("`{}` is here already", spf.slice(term.span)));
            continue;
        }
        let Some((v6, from, to)) = range(directive) else { continue };
        // Only passes: an exception before or behind a network is no repetition.
        let outer = networks.iter().find(|(family, a, b, _)| *family == v6 && *a <= from && to <= *b);
        if let Some((_, _, _, span)) = outer {
            let outer = spf.slice(*span);
            report(spf, out, term.span, format!("`{}` lies inside `{outer}`", spf.slice(term.span)));
        } else {
            networks.push((v6, from, to, term.span));
        }
    }
}

fn range(directive: &Directive) -> Option<(bool, u128, u128)> {
    if directive.qualifier != Qualifier::Pass {
        return None;
    }
    match &directive.mechanism {
        Mechanism::Ip4 { network, prefix } => Some(range4(*network, *prefix)).map(|(a, b)| (false, a, b)),
        Mechanism::Ip6 { network, prefix } => Some(range6(*network, *prefix)).map(|(a, b)| (true, a, b)),
        _ => None,
    }
}

fn report(spf: &SpfText<'_>, out: &mut Sink<'_>, span: Span, message: String) {
    let mut cut = span;
    // The space before it goes too.
    if cut.start > 0 && spf.octets().get(cut.start as usize - 1) == Some(&b' ') {
        cut.start -= 1;
    }
    out.report(spf.at(span), message)
        .sees("the same as without it, a look-up later where it queries")
        .help("remove it")
        .fix(spf.replace("remove the term", cut, ""));
}
