//! What the macros stand for (RFC 7208 §7.2).

use std::net::IpAddr;
use std::time::{SystemTime, UNIX_EPOCH};

use crate::model::spf::{MacroLetter, MacroString};

/// The longest explanation that is given: what an SMTP reply can carry, generously.
const MAX_EXPLANATION: usize = 4096;

/// The values that macros stand for, the same during an evaluation.
#[derive(Clone, Debug)]
pub(super) struct Values {
    pub(super) ip: IpAddr,
    pub(super) local: String,
    pub(super) sender_domain: String,
    pub(super) helo: String,
    pub(super) receiver: String,
    pub(super) now: SystemTime,
}

impl Values {
    /// A domain-spec made a name for `domain`.
    pub(super) fn name(&self, spec: &MacroString, domain: &str, validated: &str) -> String {
        spec.name(|letter| Some(self.value(letter, domain, validated))).unwrap_or_default()
    }

    /// An explanation text made ready; nothing if it is longer than a reply can be.
    pub(super) fn text(&self, text: &MacroString, domain: &str, validated: &str) -> Option<String> {
        text.expand(MAX_EXPLANATION, |letter| Some(self.value(letter, domain, validated)))
    }

    fn value(&self, letter: MacroLetter, domain: &str, validated: &str) -> String {
        match letter {
            MacroLetter::Sender => format!("{}@{}", self.local, self.sender_domain),
            MacroLetter::LocalPart => self.local.clone(),
            MacroLetter::SenderDomain => self.sender_domain.clone(),
            MacroLetter::Domain => domain.to_string(),
            MacroLetter::Ip => dotted(self.ip),
            MacroLetter::ValidatedName => validated.to_string(),
            MacroLetter::Arpa => if self.ip.is_ipv4() { "in-addr" } else { "ip6" }.to_string(),
            MacroLetter::Helo => self.helo.clone(),
            MacroLetter::ReadableIp => self.ip.to_string(),
            MacroLetter::Receiver => self.receiver.clone(),
            MacroLetter::Timestamp => {
                self.now.duration_since(UNIX_EPOCH).map_or(0, |since| since.as_secs()).to_string()
            }
        }
    }
}

/// The address in the form of the macro `i` (§7.3): dotted quad, or 32 dotted nibbles.
fn dotted(ip: IpAddr) -> String {
    match ip {
        IpAddr::V4(v4) => v4.to_string(),
        IpAddr::V6(v6) => {
            let nibbles: Vec<String> =
                v6.octets().iter().flat_map(|o| [o >> 4, o & 15]).map(|n| format!("{n:X}")).collect();
            nibbles.join(".")
        }
    }
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use super::*;
    use crate::model::reading::Reading;
    use crate::model::spf::SpfRecord;

    fn values(ip: &str) -> Values {
        Values {
            ip: ip.parse().unwrap(),
            local: "strong-bad".into(),
            sender_domain: "email.example.com".into(),
            helo: "mx.example.org".into(),
            receiver: "mx.example.net".into(),
            now: UNIX_EPOCH + Duration::from_secs(1_700_000_000),
        }
    }

    fn expand(ip: &str, spec: &str) -> String {
        let record = format!("v=spf1 exists:{spec}");
        let Reading::Ours(record) = SpfRecord::read(record.as_bytes()) else { panic!("{spec}") };
        let (_, directive) = record.directives().next().unwrap();
        values(ip).name(directive.mechanism.domain_spec().unwrap(), "email.example.com", "unknown")
    }

    #[test]
    fn examples_of_rfc_7208_section_7_4() {
        for (spec, want) in [
            ("%{s}", "strong-bad@email.example.com"),
            ("%{o}", "email.example.com"),
            ("%{d}", "email.example.com"),
            ("%{d4}", "email.example.com"),
            ("%{d3}", "email.example.com"),
            ("%{d2}", "example.com"),
            ("%{d1}", "com"),
            ("%{dr}", "com.example.email"),
            ("%{d2r}", "example.email"),
            ("%{l}", "strong-bad"),
            ("%{l-}", "strong.bad"),
            ("%{lr}", "strong-bad"),
            ("%{lr-}", "bad.strong"),
            ("%{l1r-}", "strong"),
            ("%{ir}.%{v}._spf.%{d2}", "3.2.0.192.in-addr._spf.example.com"),
            ("%{lr-}.lp._spf.%{d2}", "bad.strong.lp._spf.example.com"),
            ("%{lr-}.lp.%{ir}.%{v}._spf.%{d2}", "bad.strong.lp.3.2.0.192.in-addr._spf.example.com"),
            ("%{ir}.%{v}.%{l1r-}.lp._spf.%{d2}", "3.2.0.192.in-addr.strong.lp._spf.example.com"),
            ("%{d2}.trusted-domains.example.net", "example.com.trusted-domains.example.net"),
            ("%{p}.%{h}.x.%{S}", "unknown.mx.example.org.x.strong-bad%40email.example.com"),
            ("%%%_%-.example.com.", "% %20.example.com"),
        ] {
            assert_eq!(expand("192.0.2.3", spec), want, "{spec}");
        }
        let v6 = expand("2001:db8::cb01", "%{ir}.%{v}._spf.%{d2}");
        assert!(v6.eq_ignore_ascii_case(
            "1.0.b.c.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.8.b.d.0.1.0.0.2.ip6._spf.example.com"
        ));
    }

    #[test]
    fn long_names_lose_labels_on_the_left() {
        let spec = format!("{}.example.com", "%{d}.".repeat(20));
        let name = expand("192.0.2.3", &spec.replace("..", "."));
        assert!(name.len() <= 253 && name.ends_with("email.example.com.example.com"), "{name}");
        let hostile = format!("{}.example.com", "%{s}".repeat(15_000));
        assert!(expand("192.0.2.3", &hostile).len() <= 1100, "bounded");
    }

    #[test]
    fn explanations() {
        let text = MacroString::explanation(b"%{c} %{r} %{t} %{L} see http://%{d}/?i=%{i}.").unwrap();
        assert_eq!(
            values("192.0.2.3").text(&text, "example.com", "unknown").unwrap(),
            "192.0.2.3 mx.example.net 1700000000 strong-bad see http://example.com/?i=192.0.2.3."
        );
        assert!(MacroString::explanation("é".as_bytes()).is_err());
        let hostile = MacroString::explanation("%{s}".repeat(10_000).as_bytes()).unwrap();
        assert_eq!(values("192.0.2.3").text(&hostile, "example.com", "unknown"), None);
    }
}
