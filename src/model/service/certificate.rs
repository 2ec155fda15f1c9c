//! A certificate (RFC 5280 §4.1), as far as people want to know it.

use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};

use jiff::Timestamp;
use jiff::civil::DateTime;
use jiff::tz::TimeZone;
use serde::Serialize;

use crate::model::der::{INTEGER, OID, SEQUENCE, element};

const SET: u8 = 0x31;
const UTC_TIME: u8 = 0x17;
const GENERALIZED_TIME: u8 = 0x18;
/// `[0] EXPLICIT`: the version.
const VERSION: u8 = 0xa0;
/// `[3] EXPLICIT`: the extensions.
const EXTENSIONS: u8 = 0xa3;
const BOOLEAN: u8 = 0x01;
const OCTET_STRING: u8 = 0x04;
/// `[2] IMPLICIT` of a GeneralName.
const DNS_NAME: u8 = 0x82;
/// `[7] IMPLICIT` of a GeneralName.
const IP_ADDRESS: u8 = 0x87;
/// id-at-commonName, 2.5.4.3
const COMMON_NAME: &[u8] = &[0x55, 4, 3];
/// id-at-organizationName, 2.5.4.10
const ORGANISATION: &[u8] = &[0x55, 4, 10];
/// id-ce-subjectAltName, 2.5.29.17
const ALTERNATIVE_NAME: &[u8] = &[0x55, 0x1d, 17];
/// So many names are kept.
const MOST_NAMES: usize = 100;

/// A certificate.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Certificate {
    /// The hosts and addresses that it is for: subjectAltName alone, as RFC 9525 §2 has it.
    pub names: Vec<String>,
    /// The subject's common name, or its organisation.
    pub subject: String,
    /// The issuer's.
    pub issuer: String,
    /// When its time begins.
    pub not_before: Timestamp,
    /// When its time ends.
    pub not_after: Timestamp,
    /// Whether subject and issuer are one.
    pub self_issued: bool,
    /// SubjectPublicKeyInfo, in DER.
    #[serde(skip)]
    pub public_key: Vec<u8>,
}

impl Certificate {
    /// Reads DER; `None` for what is no certificate.
    pub fn read(der: &[u8]) -> Option<Self> {
        let (certificate, _) = element(der, SEQUENCE)?;
        let (mut rest, _) = element(certificate, SEQUENCE)?;
        if let Some((_, after)) = element(rest, VERSION) {
            rest = after;
        }
        let (_, rest) = element(rest, INTEGER)?;
        let (_, rest) = element(rest, SEQUENCE)?;
        let (issuer, rest) = element(rest, SEQUENCE)?;
        let (validity, rest) = element(rest, SEQUENCE)?;
        let (subject, key) = element(rest, SEQUENCE)?;
        let (_, rest) = element(key, SEQUENCE)?;
        let public_key = key.get(..key.len() - rest.len())?.to_vec();
        let (not_before, after) = time(validity)?;
        let (not_after, _) = time(after)?;
        Some(Certificate {
            names: extensions(rest).and_then(alternative_names).unwrap_or_default(),
            subject: called(subject),
            issuer: called(issuer),
            not_before,
            not_after,
            self_issued: subject == issuer,
            public_key,
        })
    }
}

/// A `Time`, and what follows it.
fn time(der: &[u8]) -> Option<(Timestamp, &[u8])> {
    let (digits, years, rest) = match element(der, UTC_TIME) {
        Some((text, rest)) => (text, 2, rest),
        None => element(der, GENERALIZED_TIME).map(|(text, rest)| (text, 4, rest))?,
    };
    let text = std::str::from_utf8(digits).ok()?.strip_suffix('Z')?;
    let number = |from: usize, length: usize| text.get(from..from + length)?.parse::<i16>().ok();
    let small = |from: usize| number(from, 2).and_then(|n| i8::try_from(n).ok());
    let year = match number(0, years)? {
        // RFC 5280 §4.1.2.5.1
        year @ 50.. if years == 2 => 1900 + year,
        year if years == 2 => 2000 + year,
        year => year,
    };
    let (month, day, hour) = (small(years)?, small(years + 2)?, small(years + 4)?);
    let (minute, second) = (small(years + 6)?, small(years + 8)?);
    let stamp = DateTime::new(year, month, day, hour, minute, second, 0).ok()?;
    Some((TimeZone::UTC.to_timestamp(stamp).ok()?, rest))
}

/// The common name of a `Name`, or its organisation.
fn called(mut name: &[u8]) -> String {
    let mut organisation = String::new();
    while let Some((set, after)) = element(name, SET) {
        name = after;
        let Some((oid, value)) = element(set, SEQUENCE).and_then(|(pair, _)| element(pair, OID)) else { continue };
        let text = value.first().and_then(|tag| element(value, *tag)).map_or(&[][..], |(text, _)| text);
        let text = String::from_utf8_lossy(text).into_owned();
        if oid == COMMON_NAME {
            return text;
        }
        if oid == ORGANISATION {
            organisation = text;
        }
    }
    organisation
}

/// The list of extensions in what follows the public key: two optional unique ids may stand before it.
fn extensions(mut rest: &[u8]) -> Option<&[u8]> {
    for tag in [0x81, 0x82] {
        if let Some((_, after)) = element(rest, tag) {
            rest = after;
        }
    }
    element(element(rest, EXTENSIONS)?.0, SEQUENCE).map(|(list, _)| list)
}

fn alternative_names(mut list: &[u8]) -> Option<Vec<String>> {
    while let Some((extension, after)) = element(list, SEQUENCE) {
        list = after;
        let (oid, mut value) = element(extension, OID)?;
        if oid != ALTERNATIVE_NAME {
            continue;
        }
        if let Some((_, after)) = element(value, BOOLEAN) {
            value = after;
        }
        let (mut names, _) = element(element(value, OCTET_STRING)?.0, SEQUENCE)?;
        let mut out = Vec::new();
        while let Some(tag) = names.first().copied().filter(|_| out.len() < MOST_NAMES) {
            let (value, after) = element(names, tag)?;
            names = after;
            match (tag, value.len()) {
                (DNS_NAME, _) => out.push(String::from_utf8_lossy(value).into_owned()),
                (IP_ADDRESS, 4) => {
                    out.extend(<[u8; 4]>::try_from(value).map(|a| IpAddr::V4(Ipv4Addr::from(a)).to_string()))
                }
                (IP_ADDRESS, 16) => {
                    out.extend(<[u8; 16]>::try_from(value).map(|a| IpAddr::V6(Ipv6Addr::from(a)).to_string()));
                }
                _ => {}
            }
        }
        return Some(out);
    }
    None
}

#[cfg(test)]
mod tests {
    use rcgen::{CertificateParams, DnType, KeyPair, PublicKeyData as _, SanType, date_time_ymd};

    use super::*;

    #[test]
    fn what_a_certificate_says() {
        for (begin, end, shown) in [
            ((2020, 1, 2), (2049, 12, 31), "2020-01-02T00:00:00Z 2049-12-31T00:00:00Z"),
            ((1999, 12, 31), (2050, 1, 1), "1999-12-31T00:00:00Z 2050-01-01T00:00:00Z"), // the end is a GeneralizedTime
        ] {
            let mut params = CertificateParams::new(vec!["mail.example.com".into(), "*.example.net".into()]).unwrap();
            params.subject_alt_names.push(SanType::IpAddress("192.0.2.1".parse().unwrap()));
            params.subject_alt_names.push(SanType::IpAddress("2001:db8::1".parse().unwrap()));
            params.distinguished_name.push(DnType::OrganizationName, "Example");
            params.distinguished_name.push(DnType::CommonName, "the mail host");
            (params.not_before, params.not_after) =
                (date_time_ymd(begin.0, begin.1, begin.2), date_time_ymd(end.0, end.1, end.2));
            let key = KeyPair::generate().unwrap();
            let made = params.self_signed(&key).unwrap();
            let read = Certificate::read(made.der()).unwrap();
            assert_eq!(read.names, ["mail.example.com", "*.example.net", "192.0.2.1", "2001:db8::1"]);
            assert_eq!((read.subject.as_str(), read.self_issued), ("the mail host", true));
            assert_eq!(format!("{} {}", read.not_before, read.not_after), shown);
            assert_eq!(read.public_key, key.subject_public_key_info());
        }
    }

    #[test]
    fn what_is_none() {
        let key = KeyPair::generate().unwrap();
        let made = CertificateParams::new(vec!["mail.example.com".into()]).unwrap().self_signed(&key).unwrap();
        let der: &[u8] = made.der();
        assert!(Certificate::read(der).is_some());
        for end in 0..der.len() {
            assert_eq!(Certificate::read(&der[..end]), None, "cut after {end} octets");
        }
    }

    proptest::proptest! {
        #[test]
        fn no_octets_make_it_panic(at in 0..400usize, octet in proptest::num::u8::ANY) {
            let key = KeyPair::generate().unwrap();
            let made = CertificateParams::new(vec!["mail.example.com".into()]).unwrap().self_signed(&key).unwrap();
            let mut der = made.der().to_vec();
            let at = at % der.len();
            der[at] = octet;
            let _ = Certificate::read(&der);
        }
    }
}
