//! What a name is for, by its labels.

use crate::model::wire;

/// What the records at a name are for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Role {
    /// Any host or domain.
    Plain,
    /// `_dmarc.DOMAIN` (RFC 9989 §4.5).
    Dmarc,
    /// `DOMAIN._report._dmarc.TARGET` (RFC 9990 §4).
    ReportAuthorisation,
    /// `SELECTOR._domainkey.DOMAIN` (RFC 6376 §3.6.2.1).
    Selector,
    /// `_domainkey.DOMAIN` itself.
    DomainKey,
    /// `_mta-sts.DOMAIN` (RFC 8461 §3.1).
    MtaSts,
    /// `_smtp._tls.DOMAIN` (RFC 8460 §3).
    TlsRpt,
    /// `SELECTOR._bimi.DOMAIN`.
    Bimi,
    /// Not said: a record given without its name. It counts as standing where it belongs.
    Unsaid,
}

impl Role {
    /// The role of a name in wire form and lower case.
    pub fn of(name: &[u8]) -> Self {
        let mut labels = wire::labels(name);
        let (first, second) = (labels.next().unwrap_or_default(), labels.next().unwrap_or_default());
        match (first, second) {
            (b"_dmarc", _) => Role::Dmarc,
            (b"_domainkey", _) => Role::DomainKey,
            (b"_mta-sts", _) => Role::MtaSts,
            // What RFC 5617 called author domain signing practices: gone, and no key.
            (b"_adsp", b"_domainkey") => Role::Plain,
            (b"_smtp", b"_tls") => Role::TlsRpt,
            (_, b"_bimi") => Role::Bimi,
            _ => {
                let mut before: &[u8] = b"";
                for (i, label) in wire::labels(name).enumerate() {
                    if label == b"_domainkey" && i > 0 {
                        return Role::Selector;
                    }
                    if label == b"_dmarc" && before == b"_report" {
                        return Role::ReportAuthorisation;
                    }
                    before = label;
                }
                Role::Plain
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn roles() {
        for (name, role) in [
            ("example.com", Role::Plain),
            ("_dmarc.example.com", Role::Dmarc),
            ("example.com._report._dmarc.example.net", Role::ReportAuthorisation),
            ("*._report._dmarc.example.net", Role::ReportAuthorisation),
            ("s1._domainkey.example.com", Role::Selector),
            ("a.b._domainkey.example.com", Role::Selector), // selectors may have dots
            ("_domainkey.example.com", Role::DomainKey),
            ("_adsp._domainkey.example.com", Role::Plain),
            ("_mta-sts.example.com", Role::MtaSts),
            ("_smtp._tls.example.com", Role::TlsRpt),
            ("default._bimi.example.com", Role::Bimi),
            ("x._dmarc.example.com", Role::Plain),
        ] {
            assert_eq!(Role::of(&wire::from_text(name).unwrap()), role, "{name}");
        }
    }
}
