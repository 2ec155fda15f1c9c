//! Sender ID.

use crate::lint::rules::prelude::*;

rule! {
    /// The value is a Sender ID record, `spf2.0/…`.
    ///
    /// # Why
    /// Sender ID was an experiment; RFC 6686 ended it. Receivers read `v=spf1` alone.
    ///
    /// # Bad
    /// ```zone
    /// @ TXT "spf2.0/pra include:_spf.example.net ~all"
    /// ```
    ///
    /// # Good
    /// ```zone
    /// @ TXT "v=spf1 include:_spf.example.net ~all"
    /// ```
    ///
    /// # Reference
    /// RFC 6686 §6
    ///
    /// # Since
    /// 0.1.0
    "SPF003", "sender-id-record", Advice, Record, Text(check)
}

fn check(text: &TextRecord<'_>, out: &mut Sink<'_>) {
    if text.octets().get(..7).is_some_and(|v| v.eq_ignore_ascii_case(b"spf2.0/")) {
        out.report(text.at(Span::new(0, 7)), "a Sender ID record, which nobody reads any more")
            .sees("nothing: it is passed over")
            .help("remove it; an SPF record beside it is not affected");
    }
}
