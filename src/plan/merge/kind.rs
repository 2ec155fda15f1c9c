//! Which reader a TXT value is for: of each kind a name can have only one.

use crate::model::dkim::KeyRecord;
use crate::model::dmarc::DmarcRecord;
use crate::model::mta_sts::StsRecord;
use crate::model::name::Name;
use crate::model::spf::SpfRecord;
use crate::model::tag_list::{TagList, is_fws};
use crate::model::tls_rpt::TlsRptRecord;

/// The kinds of TXT values that this program writes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum TextKind {
    /// `v=spf1` (RFC 7208 §4.5: a second one is a permanent error).
    Spf,
    /// `v=DMARC1` (RFC 9989 §4.10: with a second one there is no policy).
    Dmarc,
    /// A DKIM key (RFC 6376 §3.6.2.2: with a second one the result is undefined).
    Dkim,
    /// `v=STSv1` (RFC 8461 §3.1: with a second one there is no policy).
    MtaSts,
    /// `v=TLSRPTv1` (RFC 8460 §3: with a second one no reports are sent).
    TlsRpt,
    /// Anything else: never touched.
    Other,
}

impl TextKind {
    /// The kind of `value`, the strings joined, at `owner`.
    pub fn of(owner: &Name, value: &[u8]) -> Self {
        // What stands below `_domainkey` is read as a key by everybody who asks (RFC 6376 §3.6.2.1).
        let selector = owner.labels().skip(1).any(|label| label == b"_domainkey");
        if SpfRecord::read(value).is_ours() {
            TextKind::Spf
        } else if DmarcRecord::read(value).is_ours() {
            TextKind::Dmarc
        } else if StsRecord::read(value).is_ours() {
            TextKind::MtaSts
        } else if TlsRptRecord::read(value).is_ours() {
            TextKind::TlsRpt
        } else if selector && KeyRecord::read(value).is_ours() {
            TextKind::Dkim
        } else {
            TextKind::Other
        }
    }

    /// How people call such a record.
    pub fn title(self) -> &'static str {
        match self {
            TextKind::Spf => "SPF record",
            TextKind::Dmarc => "DMARC record",
            TextKind::Dkim => "DKIM key",
            TextKind::MtaSts => "MTA-STS record",
            TextKind::TlsRpt => "TLS-RPT record",
            TextKind::Other => "TXT value",
        }
    }

    /// Whether two values of this kind say the same to their readers, however they are spaced.
    pub fn same(self, one: &[u8], other: &[u8]) -> bool {
        match self {
            TextKind::Spf | TextKind::Other => one == other,
            _ => one == other || tags(one).is_some_and(|a| tags(other).is_some_and(|b| a == b)),
        }
    }
}

/// Names and values of a well-formed tag list without white space, in an order of their own. White space inside a value
/// only occurs in base64 (RFC 6376 §3.6.1) and between list items.
fn tags(text: &[u8]) -> Option<Vec<(&[u8], Vec<u8>)>> {
    let list = TagList::read(text);
    if !list.faults.is_empty() {
        return None;
    }
    let bare = |octets: &[u8]| octets.iter().copied().filter(|b| !is_fws(*b)).collect();
    let mut out: Vec<(&[u8], Vec<u8>)> =
        list.tags.iter().map(|t| (list.slice(t.name), bare(list.slice(t.value)))).collect();
    out.sort();
    Some(out)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::name;

    #[test]
    fn kinds() {
        let cases: &[(&str, &str, TextKind)] = &[
            ("example.com", "v=spf1 -all", TextKind::Spf),
            ("example.com", "V=SPF1 -all", TextKind::Spf),
            ("example.com", "v=spf10 -all", TextKind::Other),
            ("example.com", " v=spf1 -all", TextKind::Other),
            ("_dmarc.example.com", "v=DMARC1; p=none", TextKind::Dmarc),
            ("_dmarc.example.com", "v=DMARC2; p=none", TextKind::Other),
            ("a._domainkey.example.com", "v=DKIM1; p=", TextKind::Dkim),
            ("*._domainkey.example.com", "p=", TextKind::Dkim),
            ("example.com", "k=rsa; p=abc", TextKind::Other),
            ("_mta-sts.example.com", "v=STSv1; id=1", TextKind::MtaSts),
            ("_smtp._tls.example.com", "v=TLSRPTv1; rua=mailto:a@example.com", TextKind::TlsRpt),
            ("example.com", "google-site-verification=x", TextKind::Other),
        ];
        for (owner, value, kind) in cases {
            assert_eq!(TextKind::of(&name::domain(owner).unwrap(), value.as_bytes()), *kind, "{owner} {value}");
        }
    }

    #[test]
    fn spacing_is_no_difference() {
        let same: &[(&str, &str, bool)] = &[
            ("v=DMARC1;p=none", "v=DMARC1; p=none;", true),
            ("v=DMARC1; p=none; rua=mailto:a@b.example", "v=DMARC1; rua=mailto:a@b.example; p=none", true),
            ("v=DMARC1; p=none", "v=DMARC1; p=reject", false),
            ("v=DKIM1; p=AB CD", "v=DKIM1; p=ABCD", true),
            ("v=DKIM1; p=ABCD", "v=DKIM1; p=abcd", false),
            ("v=DMARC1; p=none; p=none", "v=DMARC1; p=none", false),
        ];
        for (one, other, want) in same {
            assert_eq!(TextKind::Dmarc.same(one.as_bytes(), other.as_bytes()), *want, "{one} / {other}");
        }
    }
}
