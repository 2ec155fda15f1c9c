//! DKIM key records (RFC 6376 §3.6.1, with RFC 8301 and RFC 8463).

use base64::Engine;
use base64::alphabet::STANDARD;
use base64::engine::{DecodePaddingMode, GeneralPurpose, GeneralPurposeConfig};

use crate::model::der;
use crate::model::reading::{Fault, Reading};
use crate::model::source::Span;
use crate::model::tag_list::{TagFault, TagList, is_fws};

/// What can be wrong with a key record.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum KeyFault {
    /// The tag list itself.
    Tags(TagFault),
    /// `v=` is not the first tag (§3.6.1).
    VersionNotFirst,
    /// `v=` is not exactly `DKIM1`.
    BadVersion,
    /// There is no `p=`.
    NoKey,
    /// An octet in `p=` that base64 does not have.
    BadBase64,
    /// The length of `p=` is none that base64 can have.
    CutBase64,
    /// `p=` is base64, but `=` at its end are missing; strict decoders refuse it.
    NoPadding,
    /// `k=rsa`, and `p=` holds no RSA public key.
    NotRsa,
    /// `k=ed25519`, and `p=` is not 32 octets (RFC 8463 §4.2).
    NotEd25519,
    /// `k=` names a kind that no verifier knows.
    UnknownKeyType,
}

/// What `k=` says.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum KeyType {
    /// `rsa`, also when there is no `k=`.
    Rsa,
    /// `ed25519` (RFC 8463).
    Ed25519,
    /// Something else.
    Other,
}

/// The decoded key of `p=`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum PublicKey {
    /// An RSA key.
    Rsa(RsaPublicKey),
    /// The 32 octets of an Ed25519 key.
    Ed25519([u8; 32]),
}

/// An RSA public key. Two are the same key when modulus and exponent are equal, whatever their form.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct RsaPublicKey {
    /// The modulus, big-endian, without leading zeros.
    pub modulus: Vec<u8>,
    /// The public exponent, big-endian, without leading zeros.
    pub exponent: Vec<u8>,
}

/// The kind of DER in which an RSA key is published.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum RsaForm {
    /// SubjectPublicKeyInfo (RFC 5280 §4.1), what everybody expects.
    Spki,
    /// A bare RSAPublicKey (RFC 8017 §A.1.1).
    Pkcs1,
}

impl RsaPublicKey {
    /// The size of the modulus in bits.
    pub fn bits(&self) -> usize {
        self.modulus.first().map_or(0, |first| self.modulus.len() * 8 - first.leading_zeros() as usize)
    }

    /// Reads an RSA key in either form; both may be followed by nothing else.
    pub fn from_der(octets: &[u8]) -> Option<(Self, RsaForm)> {
        let (body, rest) = der::element(octets, der::SEQUENCE)?;
        if !rest.is_empty() {
            return None;
        }
        if let Some(key) = Self::integers(body) {
            return Some((key, RsaForm::Pkcs1));
        }
        let (algorithm, rest) = der::element(body, der::SEQUENCE)?;
        let (oid, _) = der::element(algorithm, der::OID)?;
        let (bits, _) = der::element(rest, der::BIT_STRING)?;
        let (inner, _) = der::element(bits.strip_prefix(&[0])?, der::SEQUENCE)?;
        (oid == der::RSA_ENCRYPTION).then(|| Self::integers(inner))?.map(|key| (key, RsaForm::Spki))
    }

    fn integers(body: &[u8]) -> Option<Self> {
        let (modulus, rest) = der::element(body, der::INTEGER)?;
        let (exponent, _) = der::element(rest, der::INTEGER)?;
        let strip = |n: &[u8]| n[n.iter().take_while(|b| **b == 0).count()..].to_vec();
        let key = RsaPublicKey { modulus: strip(modulus), exponent: strip(exponent) };
        (!key.modulus.is_empty() && !key.exponent.is_empty()).then_some(key)
    }
}

/// SubjectPublicKeyInfo of an Ed25519 key up to the 32 octets (RFC 8410 §4).
const ED25519_SPKI: &[u8] = &[0x30, 0x2a, 0x30, 0x05, 0x06, 0x03, 0x2b, 0x65, 0x70, 0x03, 0x21, 0x00];

/// A DKIM key record over its text.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct KeyRecord<'a> {
    /// The tags as they stand.
    pub tags: TagList<'a>,
    /// `k=`
    pub key_type: KeyType,
    /// `h=`: the hashes it may be used with; `None` allows all.
    pub hashes: Option<Vec<Span>>,
    /// `s=`: the services; `None` means all.
    pub services: Option<Vec<Span>>,
    /// `t=`: the flags.
    pub flags: Vec<Span>,
    /// The octets of `p=`, when it is base64. Empty for a revoked key.
    pub data: Option<Vec<u8>>,
    /// The key, when `data` is one of the kind that `k=` says.
    pub key: Option<PublicKey>,
    /// The form of an RSA key.
    pub rsa_form: Option<RsaForm>,
}

impl<'a> KeyRecord<'a> {
    /// Whether [`KeyRecord::read`] takes `text` for a key record; quicker, for most that are.
    pub fn is_key(text: &[u8]) -> bool {
        claims_dkim(text) || names_key(&TagList::read(text))
    }

    /// Reads `text`, the joined strings of a TXT record.
    ///
    /// A text is a key record when it claims to be (`v=DKIM…`, whatever the case, white space or a quote before it),
    /// or, as `v=` may be left out (§3.6.1), when it has no other `v=` and a `p=`, or a `k=` that names a key type.
    pub fn read(text: &'a [u8]) -> Reading<Self, KeyFault> {
        let tags = TagList::read(text);
        if !claims_dkim(text) && !names_key(&tags) {
            return Reading::NotOurs;
        }
        let version = tags.get("v").copied();
        let mut faults: Vec<Fault<KeyFault>> =
            tags.faults.iter().map(|f| Fault { kind: KeyFault::Tags(f.kind), span: f.span }).collect();
        if let Some(v) = version {
            if tags.tags.first() != Some(&v) {
                faults.push(Fault { kind: KeyFault::VersionNotFirst, span: v.whole });
            }
            if tags.slice(v.value) != b"DKIM1" {
                faults.push(Fault { kind: KeyFault::BadVersion, span: v.value });
            }
        }
        let list = |name: &str| tags.get(name).map(|t| tags.pieces(t.value, b':'));
        let mut record = KeyRecord {
            key_type: match tags.value("k") {
                None | Some(b"rsa") => KeyType::Rsa,
                Some(b"ed25519") => KeyType::Ed25519,
                Some(_) => KeyType::Other,
            },
            hashes: list("h"),
            services: list("s"),
            flags: list("t").unwrap_or_default(),
            data: None,
            key: None,
            rsa_form: None,
            tags,
        };
        if let (KeyType::Other, Some(k)) = (record.key_type, record.tags.get("k")) {
            faults.push(Fault { kind: KeyFault::UnknownKeyType, span: k.value });
        }
        match record.tags.get("p").map(|p| p.value) {
            None => faults.push(Fault { kind: KeyFault::NoKey, span: Span::new(0, text.len()) }),
            Some(p) => record.read_key(p, &mut faults),
        }
        Reading::new(record, faults)
    }

    fn read_key(&mut self, span: Span, faults: &mut Vec<Fault<KeyFault>>) {
        let value = self.tags.slice(span);
        match decode_base64(value) {
            Ok((data, padded)) => {
                if !padded {
                    faults.push(Fault { kind: KeyFault::NoPadding, span });
                }
                let mut wrong = |kind| faults.push(Fault { kind, span });
                match self.key_type {
                    _ if data.is_empty() => {}
                    KeyType::Rsa => match RsaPublicKey::from_der(&data) {
                        Some((key, form)) => {
                            self.key = Some(PublicKey::Rsa(key));
                            self.rsa_form = Some(form);
                        }
                        None => wrong(KeyFault::NotRsa),
                    },
                    KeyType::Ed25519 => match <[u8; 32]>::try_from(data.as_slice()) {
                        Ok(key) => self.key = Some(PublicKey::Ed25519(key)),
                        Err(_) => wrong(KeyFault::NotEd25519),
                    },
                    KeyType::Other => {}
                }
                self.data = Some(data);
            }
            Err(Some(bad)) => {
                let span = Span { start: span.start + bad.start, end: span.start + bad.end };
                faults.push(Fault { kind: KeyFault::BadBase64, span });
            }
            Err(None) => faults.push(Fault { kind: KeyFault::CutBase64, span }),
        }
    }

    /// Whether the key is revoked: `p=` is there and empty (§3.6.1).
    pub fn revoked(&self) -> bool {
        self.tags.value("p").is_some_and(<[u8]>::is_empty)
    }

    /// Whether `t=` has the flag `name`.
    pub fn has_flag(&self, name: &[u8]) -> bool {
        self.flags.iter().any(|f| self.tags.slice(*f) == name)
    }

    /// The 32 octets inside a SubjectPublicKeyInfo that was published in their place.
    pub fn ed25519_in_spki(&self) -> Option<[u8; 32]> {
        self.data.as_deref()?.strip_prefix(ED25519_SPKI)?.try_into().ok()
    }

    /// The RSA key's size in bits, if it is one.
    pub fn rsa_bits(&self) -> Option<usize> {
        match &self.key {
            Some(PublicKey::Rsa(key)) => Some(key.bits()),
            _ => None,
        }
    }
}

/// Whether a list without `v=` is a key record all the same: it has a key, or says of which kind one would be.
fn names_key(tags: &TagList<'_>) -> bool {
    let known = |k: &[u8]| k.eq_ignore_ascii_case(b"rsa") || k.eq_ignore_ascii_case(b"ed25519");
    let other = tags.value("v").is_some_and(|v| !starts_with_dkim(v));
    !other && (tags.get("p").is_some() || tags.value("k").is_some_and(known))
}

/// Whether `text` means to begin with `v=DKIM…`.
fn claims_dkim(text: &[u8]) -> bool {
    let start = text.iter().take_while(|b| is_fws(**b) || matches!(b, b'"' | b'\\')).count();
    let rest = &text[start..];
    let Some(rest) = rest.strip_prefix(b"v").or_else(|| rest.strip_prefix(b"V")) else { return false };
    let rest = rest.trim_ascii_start();
    rest.strip_prefix(b"=").is_some_and(|value| starts_with_dkim(value.trim_ascii_start()))
}

fn starts_with_dkim(value: &[u8]) -> bool {
    value.get(..4).is_some_and(|v| v.eq_ignore_ascii_case(b"DKIM"))
}

/// Standard base64 that does not mind missing `=` or stray bits at the end.
const LENIENT: GeneralPurpose = GeneralPurpose::new(
    &STANDARD,
    GeneralPurposeConfig::new()
        .with_decode_allow_trailing_bits(true)
        .with_decode_padding_mode(DecodePaddingMode::Indifferent),
);

/// Decodes base64 with folding white space in it (RFC 6376 §2.10); says whether its padding was complete.
///
/// # Errors
/// The first run of octets that base64 does not have, or `None` where the length is impossible.
pub fn decode_base64(value: &[u8]) -> Result<(Vec<u8>, bool), Option<Span>> {
    // Most values have no white space: only what does not decode is looked at for it.
    if let Ok(data) = LENIENT.decode(value) {
        return Ok((data, value.len().is_multiple_of(4)));
    }
    let text: Vec<u8> = value.iter().copied().filter(|b| !is_fws(*b)).collect();
    match LENIENT.decode(&text) {
        Ok(data) => Ok((data, text.len().is_multiple_of(4))),
        Err(_) => {
            let letter = |b: u8| b.is_ascii_alphanumeric() || matches!(b, b'+' | b'/') || is_fws(b);
            let end = value.len() - value.iter().rev().take_while(|b| **b == b'=' || is_fws(**b)).count();
            let Some(first) = value[..end].iter().position(|b| !letter(*b)) else { return Err(None) };
            let run = value[first..end].iter().take_while(|b| !letter(**b)).count();
            Err(Some(Span::new(first, first + run)))
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// An RSA key of 512 bits in both forms; small on purpose.
    const SPKI: &str = "MFwwDQYJKoZIhvcNAQEBBQADSwAwSAJBAPRhJm55hbDzoiL3VKPw/icDbDmISIDbh8qkqMfjJJpc0Ip2GVKvqUSBuPlCVDWh0q0GZbYVnS6nzVsnB9V+1l8CAwEAAQ==";
    const ED: &str = "11qYAYKxCrfVS/7TyWQHOg7hcvPapiMlrwIaaPcHURo=";
    const ED_SPKI: &str = "MCowBQYDK2VwAyEA11qYAYKxCrfVS/7TyWQHOg7hcvPapiMlrwIaaPcHURo=";

    #[test]
    fn ours_or_not() {
        for (text, ours) in [
            ("v=DKIM1; p=", true),
            ("p=", true), // `v=` may be left out
            ("k=rsa; t=y", true),
            (" v = dkim1; p=", true),
            ("\"v=DKIM1; k=rsa", true),
            ("v=DKIM; p=", true),
            ("k=rsa; p=; v=DKIM1", true),
            ("v=spf1 -all", false),
            ("v=DMARC1; p=none", false),
            ("google-site-verification=abc", false),
            ("k=other", false),
            ("", false),
        ] {
            assert_eq!(KeyRecord::read(text.as_bytes()).is_ours(), ours, "{text}");
        }
    }

    #[test]
    fn faults_and_their_places() {
        use KeyFault::*;
        let spaced = format!("p={} {}", &SPKI[..40], &SPKI[40..]);
        let quoted = format!("p={}\" \"{}", &SPKI[..40], &SPKI[40..]);
        let spki = format!("v=DKIM1; k=rsa; p={SPKI}");
        let wrong_kind = format!("k=ed25519; p={ED_SPKI}");
        let rows: &[(&str, &[(KeyFault, &str)])] = &[
            (&spki, &[]),
            (&spaced, &[]), // white space in base64 is legal
            (&quoted, &[(BadBase64, "\"")]),
            ("p=; v=DKIM1", &[(VersionNotFirst, "v=DKIM1")]),
            ("v=dkim1; p=", &[(BadVersion, "dkim1")]),
            ("v=DKIM1; k=rsa", &[(NoKey, "v=DKIM1; k=rsa")]),
            ("p=AAAA=A", &[(BadBase64, "=")]),
            ("p=AAAAA", &[(CutBase64, "AAAAA")]),
            ("p=AAAA", &[(NotRsa, "AAAA")]),
            ("k=dsa; p=AAAA", &[(UnknownKeyType, "dsa")]),
            (&wrong_kind, &[(NotEd25519, ED_SPKI)]),
            ("p=; p=", &[(Tags(TagFault::Duplicate), "p=")]),
        ];
        for (text, want) in rows {
            let reading = KeyRecord::read(text.as_bytes());
            let got: Vec<_> = reading.faults().iter().map(|f| (f.kind, &text[f.span.range()])).collect();
            assert_eq!(got, *want, "{text}");
        }
    }

    #[test]
    fn keys_decoded() {
        let text = format!("k=rsa; p={SPKI}");
        let record = KeyRecord::read(text.as_bytes()).into_record().unwrap();
        assert_eq!((record.rsa_bits(), record.rsa_form), (Some(512), Some(RsaForm::Spki)));
        let Some(PublicKey::Rsa(key)) = record.key else { panic!() };
        assert_eq!(key.exponent, [1, 0, 1]);
        // The same key without its envelope.
        let bare = base64::engine::general_purpose::STANDARD.encode(&record.data.as_ref().unwrap()[20..]);
        let text = format!("p={bare}");
        let record = KeyRecord::read(text.as_bytes()).into_record().unwrap();
        assert_eq!(record.rsa_form, Some(RsaForm::Pkcs1));
        assert_eq!(record.key, Some(PublicKey::Rsa(key)));

        let text = format!("k=ed25519; p={ED}");
        let Some(PublicKey::Ed25519(raw)) = KeyRecord::read(text.as_bytes()).into_record().unwrap().key else {
            panic!()
        };
        let text = format!("k=ed25519; p={ED_SPKI}");
        assert_eq!(KeyRecord::read(text.as_bytes()).record().unwrap().ed25519_in_spki(), Some(raw));
    }

    #[test]
    fn lists_and_flags() {
        let record = KeyRecord::read(b"h=sha1:sha256; s=*; t=y:s; p=").into_record().unwrap();
        assert_eq!(record.hashes.as_ref().unwrap().len(), 2);
        assert!(record.revoked() && record.has_flag(b"y") && record.has_flag(b"s") && !record.has_flag(b"x"));
    }
}
