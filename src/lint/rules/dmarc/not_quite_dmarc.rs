//! Meant as DMARC, and nobody sees it.

use crate::lint::records::TextKind;
use crate::lint::rules::prelude::*;
use crate::model::dmarc::{NearMiss, near_miss};

rule! {
    /// The value is meant as a DMARC record, and no receiver will take it for one.
    ///
    /// # Why
    /// The first tag must be `v=DMARC1`, in just these letters. With white space or a quote before it, in lower case, or behind
    /// another tag it is ignored.
    ///
    /// # Bad
    /// ```zone
    /// _dmarc TXT "v=dmarc1; p=none"
    /// ```
    /// ```zone
    /// _dmarc TXT " v=DMARC1; p=none"
    /// ```
    /// ```zone
    /// _dmarc TXT "p=none; v=DMARC1"
    /// ```
    /// ```zone
    /// _dmarc TXT "nv=DMARC1; p=none"
    /// ```
    /// ```zone
    /// _dmarc TXT "\"v=DMARC1; p=none\""
    /// ```
    ///
    /// # Good
    /// ```zone
    /// _dmarc TXT "v=DMARC1; p=none; rua=mailto:dmarc@example.com"
    /// ```
    ///
    /// # Reference
    /// RFC 9989 §4.7
    ///
    /// # Since
    /// 0.1.0
    "DMARC003", "not-quite-dmarc", Error, Record, Text(check)
}

fn check(text: &TextRecord<'_>, out: &mut Sink<'_>) {
    if text.kind != TextKind::Other {
        return;
    }
    let Some(miss) = near_miss(text.octets()) else { return };
    let value = text.slice(Span::new(0, text.octets().len()));
    let (message, fix) = match miss.kind {
        NearMiss::LeadingSpace => {
            ("white space stands before `v=DMARC1`", text.replace("remove the space", miss.span, ""))
        }
        NearMiss::LiteralQuote => {
            let bare = value.trim_matches(|c: char| c.is_ascii_whitespace() || matches!(c, '"' | '\'' | '\\'));
            let all = Span::new(0, text.octets().len());
            ("a literal quote stands before `v=DMARC1`", text.replace("remove the quotes", all, bare))
        }
        NearMiss::NotFirst => ("`v=DMARC1` is not the first tag", to_front(text, miss.span)),
        NearMiss::BadVersion if text.slice(miss.span).starts_with("DMARC1 ") => {
            let at = Span { start: miss.span.start + 6, end: miss.span.start + 6 };
            ("a semicolon is missing after `v=DMARC1`", text.replace("write the semicolon", at, ";"))
        }
        NearMiss::BadVersion => {
            ("the version is not exactly `DMARC1`", text.replace("write `DMARC1`", miss.span, "DMARC1"))
        }
        NearMiss::BadName if text.slice(miss.span).to_ascii_lowercase().contains("dmarc") => {
            ("`v=` is missing before the version", text.replace("write `v=DMARC1`", miss.span, "v=DMARC1"))
        }
        NearMiss::BadName => ("the first tag is not `v`", text.replace("write `v`", miss.span, "v")),
    };
    out.report(text.at(miss.span), format!("{message}: this is no DMARC record"))
        .sees("no policy: the record is ignored")
        .help("begin the value with `v=DMARC1;`")
        .fix(fix);
}

/// Takes the version out where it stands and puts it in front.
fn to_front(text: &TextRecord<'_>, version: Span) -> Option<Fix> {
    let octets = text.octets();
    let mut cut = version;
    cut.start = octets.get(..version.start as usize)?.iter().rposition(|b| *b == b';')? as u32;
    let front = Span { start: 0, end: 0 };
    text.replace_all("move `v=DMARC1` to the front", &[(front, "v=DMARC1; "), (cut, "")])
}
