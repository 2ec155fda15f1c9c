//! TLSA records (RFC 6698 §2.1) as SMTP uses them (RFC 7672 §3.1).

use serde::Serialize;

/// What can be wrong with a TLSA record.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum TlsaFault {
    /// A usage over 3.
    UnknownUsage,
    /// A usage of 0 or 1: SMTP clients may treat it as unusable (RFC 7672 §3.1.3).
    UsageNotForSmtp,
    /// A selector over 1.
    UnknownSelector,
    /// A matching type over 2.
    UnknownMatching,
    /// The data is not as long as the digest: 32 octets for SHA-256, 64 for SHA-512.
    WrongLength,
    /// No data.
    Empty,
}

/// The data of a TLSA record.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Tlsa {
    /// Certificate usage.
    pub usage: u8,
    /// Selector.
    pub selector: u8,
    /// Matching type.
    pub matching: u8,
    /// Certificate association data; hexadecimal in JSON.
    #[serde(serialize_with = "hexadecimal")]
    pub data: Vec<u8>,
}

fn hexadecimal<S: serde::Serializer>(data: &[u8], serializer: S) -> Result<S::Ok, S::Error> {
    serializer.serialize_str(&data.iter().map(|b| format!("{b:02x}")).collect::<String>())
}

impl Tlsa {
    /// Whether clients of SMTP can use it.
    pub fn is_usable(&self) -> bool {
        self.faults().is_empty()
    }

    /// Everything that is wrong with it for SMTP.
    pub fn faults(&self) -> Vec<TlsaFault> {
        let mut out = Vec::new();
        match self.usage {
            0 | 1 => out.push(TlsaFault::UsageNotForSmtp),
            2 | 3 => {}
            _ => out.push(TlsaFault::UnknownUsage),
        }
        if self.selector > 1 {
            out.push(TlsaFault::UnknownSelector);
        }
        match (self.matching, self.data.len()) {
            (3.., _) => out.push(TlsaFault::UnknownMatching),
            (_, 0) => out.push(TlsaFault::Empty),
            (1, 32) | (2, 64) | (0, _) => {}
            _ => out.push(TlsaFault::WrongLength),
        }
        out
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn faults() {
        use TlsaFault::*;
        for (usage, selector, matching, length, want) in [
            (3, 1, 1, 32, &[][..]),
            (2, 0, 2, 64, &[]),
            (3, 0, 0, 700, &[]), // a whole certificate
            (1, 1, 1, 32, &[UsageNotForSmtp]),
            (4, 2, 3, 32, &[UnknownUsage, UnknownSelector, UnknownMatching]),
            (3, 1, 1, 31, &[WrongLength]),
            (3, 1, 2, 32, &[WrongLength]),
            (3, 1, 1, 0, &[Empty]),
        ] {
            assert_eq!(
                Tlsa { usage, selector, matching, data: vec![0; length] }.faults(),
                want,
                "{usage} {selector} {matching} {length}"
            );
        }
    }
}
