//! Names that are none.

use crate::lint::rules::prelude::*;

rule! {
    /// The name behind a mechanism or modifier is none.
    ///
    /// # Why
    /// A name must have at least two labels, the last one with a letter in it; anything else is a syntax error, and makes the
    /// whole record a permerror.
    ///
    /// # Bad
    /// ```zone
    /// @ TXT "v=spf1 include:spf -all"
    /// ```
    /// ```zone
    /// @ TXT "v=spf1 a:192.0.2.1 -all"
    /// ```
    ///
    /// # Good
    /// ```zone
    /// @ TXT "v=spf1 include:spf.example.net -all"
    /// ```
    ///
    /// # Reference
    /// RFC 7208 §7.1
    ///
    /// # Since
    /// 0.1.0
    "SPF030", "bad-target-name", Error, Record, Spf(check)
}

fn check(spf: &SpfText<'_>, out: &mut Sink<'_>) {
    for fault in spf.faults.iter().filter(|f| f.kind == SpfFault::BadDomainEnd) {
        let text = spf.slice(fault.span);
        let finding =
            out.report(spf.at(fault.span), format!("`{}` is not a name with two labels or more", short(&text)));
        finding.sees("permerror: no mail passes SPF");
        if text.parse::<std::net::Ipv4Addr>().is_ok() {
            finding.help(format!("for an address write `ip4:{text}`"));
        } else {
            finding.help("write the full name, such as `mail.example.com`");
        }
    }
    // What the grammar lets through and DNS does not: the term then never matches (RFC 7208 §4.3, §4.8).
    for term in &spf.record.terms {
        let Some(spec) = crate::lint::rules::spf::terms::domain_spec(term) else { continue };
        let Some(name) = spec.literal() else { continue };
        if wire::from_text(name).is_none() {
            out.report(spf.at(spec.span), format!("`{}` is no name: a label is empty or too long", short(name)))
                .sees("the term never matches, or ends in permerror")
                .help("write the name that was meant");
        }
    }
}
