//! TLS-RPT records (RFC 8460 §3).

use crate::model::mta_sts::begins;
use crate::model::reading::{Fault, Reading};
use crate::model::report_uri::ReportUri;
use crate::model::source::Span;
use crate::model::tag_list::{TagFault, TagList};

/// What can be wrong with a TLS-RPT record.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum TlsRptFault {
    /// The fields as a list.
    Tags(TagFault),
    /// There is no `rua`.
    NoRua,
    /// A `rua` entry that is neither a `mailto:` nor an `https:` URI.
    BadUri,
}

/// The record at `_smtp._tls`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct TlsRptRecord<'a> {
    /// The fields as they stand.
    pub tags: TagList<'a>,
    /// Every entry of `rua`, valid or not.
    pub reports: Vec<ReportUri<'a>>,
}

impl<'a> TlsRptRecord<'a> {
    /// Reads `text`. Texts that do not begin with `v=TLSRPTv1;` are passed over (§3).
    pub fn read(text: &'a [u8]) -> Reading<Self, TlsRptFault> {
        if !begins(text, b"v=TLSRPTv1") {
            return Reading::NotOurs;
        }
        let tags = TagList::read(text);
        let mut faults: Vec<_> =
            tags.faults.iter().map(|f| Fault { kind: TlsRptFault::Tags(f.kind), span: f.span }).collect();
        let rua = tags.get("rua").map(|t| t.value);
        let reports = rua.map(|value| ReportUri::read_list(text, value)).unwrap_or_default();
        match rua {
            None => faults.push(Fault { kind: TlsRptFault::NoRua, span: Span::new(0, text.len()) }),
            Some(value) => {
                let whole = tags.get("rua").map_or(value, |t| t.whole);
                let bad = reports.iter().filter(|u| !u.valid);
                faults.extend(bad.map(|u| Fault {
                    kind: TlsRptFault::BadUri,
                    span: if u.span.is_empty() { whole } else { u.span },
                }));
            }
        }
        Reading::new(TlsRptRecord { tags, reports }, faults)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn records() {
        use TlsRptFault::*;
        let rows: &[(&str, bool, &[(TlsRptFault, &str)])] = &[
            ("v=TLSRPTv1; rua=mailto:a@example.com", true, &[]),
            ("v=TLSRPTv1;rua=https://example.com/r,mailto:a@example.com;", true, &[]),
            ("v=TLSRPTv1; rua=a@example.com", true, &[(BadUri, "a@example.com")]),
            ("v=TLSRPTv1; rua=", true, &[(BadUri, "rua=")]),
            ("v=TLSRPTv1;", true, &[(NoRua, "v=TLSRPTv1;")]),
            ("v=TLSRPT1; rua=mailto:a@example.com", false, &[]),
        ];
        for (text, ours, want) in rows {
            let reading = TlsRptRecord::read(text.as_bytes());
            assert_eq!(reading.is_ours(), *ours, "{text}");
            let got: Vec<_> = reading.faults().iter().map(|f| (f.kind, &text[f.span.range()])).collect();
            assert_eq!(got, *want, "{text}");
        }
    }
}
