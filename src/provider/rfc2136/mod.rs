//! Name servers that take dynamic updates (RFC 2136), signed with TSIG (RFC 8945).
//!
//! A whole plan is one message with prerequisites: it is applied as a whole, and only to the zone that was read.

pub mod key;
pub mod session;
pub mod transfer;
pub mod update;

use std::net::SocketAddr;

use async_trait::async_trait;
use hickory_proto::op::ResponseCode;
use hickory_proto::rr::RData;
use secrecy::ExposeSecret;
use tokio::net::lookup_host;

use crate::dns::wire;
use crate::error::{Error, Result};
use crate::model::name::{self, Name};
use crate::model::snapshot::{Key, RecordSet};
use crate::model::txt::MAX_STRING;
use crate::plan::change::Change;
use crate::provider::credential::{Question, require};
use crate::provider::open::Opening;
use crate::provider::rfc2136::key::TsigKey;
use crate::provider::rfc2136::session::Session;
use crate::provider::{Provider, Reading};

/// The variable that the key is looked for under.
pub const KEY_VARIABLE: &str = "MAILPROOF_TSIG_KEY";
/// Octets of changes that one message takes; a DNS message has at most 65,535 (RFC 1035 §4.2.2).
const FULL: usize = 48_000;

/// One zone on one server.
pub struct Rfc2136 {
    /// `host:port`, or an address.
    server: String,
    apex: Name,
    key: TsigKey,
}

/// Opens the server that the profile names as `endpoint`. Setting: `key_file`, a key as `tsig-keygen` writes it.
///
/// # Errors
/// A configuration error: no server, no key, or a key that cannot be used.
pub fn open(opening: &Opening<'_>) -> Result<Box<dyn Provider>> {
    opening.only_settings(&["key_file"])?;
    let server = opening.config.endpoint.as_deref().ok_or_else(|| {
        Error::config("the provider rfc2136 needs the primary server of the zone")
            .hint("write `endpoint: 192.0.2.53:53` below `provider`, or use --endpoint")
    })?;
    let key = match opening.setting("key_file") {
        Some(file) => {
            let path = opening.base.join(file);
            let text = std::fs::read_to_string(&path)
                .map_err(|e| Error::config(format!("the key file {} cannot be read", path.display())).because(e))?;
            TsigKey::from_bind(&text).map_err(|e| e.during(format!("reading {}", path.display())))?
        }
        None => {
            let question = Question {
                provider: "RFC 2136",
                what: "TSIG key",
                env: KEY_VARIABLE,
                hint: Some(
                    "it is written algorithm:name:base64; or name a BIND key file in `provider.settings.key_file`",
                ),
                secret: true,
            };
            TsigKey::from_line(require(opening.credentials, &question)?.expose_secret())?
        }
    };
    Ok(Box::new(Rfc2136 { server: with_port(server)?, apex: opening.apex.clone(), key }))
}

/// `server` with port 53 where it names none.
fn with_port(server: &str) -> Result<String> {
    let bare = server.trim().trim_start_matches("dns://").trim_end_matches('/');
    if bare.parse::<SocketAddr>().is_ok() {
        return Ok(bare.to_string());
    }
    if let Ok(ip) = bare.trim_matches(['[', ']']).parse::<std::net::IpAddr>() {
        return Ok(SocketAddr::new(ip, 53).to_string());
    }
    let (host, port) = bare.split_once(':').unwrap_or((bare, "53"));
    match (name::domain(host), port.parse::<u16>()) {
        (Ok(host), Ok(port)) => Ok(format!("{}:{port}", name::show(&host))),
        _ => Err(Error::config(format!("`{server}` is not the address of a name server"))
            .hint("it is written 192.0.2.53, 192.0.2.53:53, [2001:db8::53]:53 or ns1.example.net")),
    }
}

impl Rfc2136 {
    async fn address(&self) -> Result<SocketAddr> {
        let found = lookup_host(&self.server).await;
        let mut found = found.map_err(|e| Error::unreachable(format!("{} has no address", self.server)).because(e))?;
        found.next().ok_or_else(|| Error::unreachable(format!("{} has no address", self.server)))
    }
}

/// A message id that others cannot guess.
fn random_id() -> u16 {
    let mut octets = [0u8; 2];
    // Without randomness the signature still tells whose answer it is.
    let _ = aws_lc_rs::rand::fill(&mut octets);
    u16::from_be_bytes(octets)
}

#[async_trait]
impl Provider for Rfc2136 {
    fn id(&self) -> &str {
        "rfc2136"
    }

    fn title(&self) -> String {
        format!("the name server {}", self.server)
    }

    async fn read(&self, wanted: &[Key]) -> Result<Reading> {
        let during = |e: Error| e.during(format!("reading zone {}", name::show(&self.apex)));
        let server = self.address().await.map_err(during)?;
        match transfer::transfer(server, &self.key, &self.apex, random_id()).await.map_err(during)? {
            Some(reading) => Ok(reading),
            None => transfer::ask(server, &self.apex, wanted).await.map_err(during),
        }
    }

    fn normalise(&self, set: &mut RecordSet) -> Result<Vec<String>> {
        let long = set.values.iter().any(|value| match value {
            RData::TXT(text) => text.txt_data.iter().any(|s| s.len() > MAX_STRING),
            _ => false,
        });
        if long {
            return Err(Error::refused(format!("a string of a TXT value is longer than {MAX_STRING} octets")));
        }
        Ok(Vec::new())
    }

    fn units(&self, changes: Vec<Change>) -> Vec<Vec<Change>> {
        let mut out: Vec<Vec<Change>> = Vec::new();
        let mut filled = usize::MAX;
        for change in changes {
            let size = update::size(&change);
            if filled.saturating_add(size) > FULL {
                out.push(Vec::new());
                filled = 0;
            }
            filled += size;
            out.last_mut().into_iter().for_each(|unit| unit.push(change.clone()));
        }
        out
    }

    async fn apply(&self, unit: &[Change]) -> Result<()> {
        let server = self.address().await?;
        let message = update::message(random_id(), &self.apex, unit);
        let answer = Session::send(server, &self.key, message).await?.receive().await?;
        let code = answer.response_code;
        let moved = || {
            Error::refused("the zone has changed since it was read, and the server refused the whole update")
                .hint("run it again: the plan is made anew")
        };
        Err(match code {
            ResponseCode::NoError => return Ok(()),
            // RFC 2136 §3.2: a prerequisite does not hold.
            ResponseCode::YXDomain | ResponseCode::YXRRSet | ResponseCode::NXRRSet | ResponseCode::NXDomain => moved(),
            ResponseCode::NotAuth | ResponseCode::NotZone => transfer::no_zone(server, &self.apex, code),
            ResponseCode::Refused => Error::config(format!(
                "{server} does not let the key {} update {}",
                name::show(&self.key.name),
                name::show(&self.apex)
            ))
            .hint("in BIND: update-policy { grant KEY zonesub ANY; };"),
            ResponseCode::FormErr | ResponseCode::NotImp => {
                Error::config(format!("{server} takes no updates ({})", wire::mnemonic(code)))
            }
            // The server may have stopped half-way in what it does after the update.
            other => Error::unreachable(format!("{server} answers {} to the update", wire::mnemonic(other)))
                .hint("its log says why; Knot and BIND need a folder for their journals that they may write"),
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::snapshot::{Origin, parse_value};
    use hickory_proto::rr::{DNSClass, RecordType};

    #[test]
    fn addresses() {
        let cases = [
            ("192.0.2.53", Some("192.0.2.53:53")),
            ("127.0.0.1:5300", Some("127.0.0.1:5300")),
            ("dns://127.0.0.1:5300/", Some("127.0.0.1:5300")),
            ("2001:db8::53", Some("[2001:db8::53]:53")),
            ("[2001:db8::53]:5300", Some("[2001:db8::53]:5300")),
            ("ns1.example.net", Some("ns1.example.net:53")),
            ("ns1.example.net:5300", Some("ns1.example.net:5300")),
            ("http://ns1.example.net", None),
            ("ns1.example.net:x", None),
            ("", None),
        ];
        for (text, want) in cases {
            assert_eq!(with_port(text).ok().as_deref(), want, "{text}");
        }
    }

    fn set(rtype: RecordType, values: &[&str]) -> RecordSet {
        RecordSet {
            name: name::domain("a.example.com").unwrap(),
            rtype,
            ttl: 60,
            values: values.iter().map(|v| parse_value(rtype, v).unwrap()).collect(),
            origin: Origin::Profile,
            reason: None,
        }
    }

    /// `class type ttl rdata-length-is-zero` of each record.
    fn told(records: &[hickory_proto::rr::Record]) -> Vec<(DNSClass, RecordType, u32, bool)> {
        let empty = |r: &hickory_proto::rr::Record| matches!(r.data, RData::Update0(_));
        records.iter().map(|r| (r.dns_class, r.record_type(), r.ttl, empty(r))).collect()
    }

    #[test]
    fn messages() {
        use DNSClass::{ANY, IN, NONE};
        use RecordType::{CNAME, TXT};
        let apex = name::domain("example.com").unwrap();
        let one = || Some(set(TXT, &["\"one\""]));
        let two = || Some(set(TXT, &["\"two\"", "\"one\""]));
        let cases = [
            (
                "a new set: neither it nor a CNAME is there",
                Change::between(None, one()),
                vec![(NONE, TXT, 0, true), (NONE, CNAME, 0, true)],
                vec![(IN, TXT, 60, false)],
            ),
            (
                "a new CNAME: nothing is there",
                Change::between(None, Some(set(CNAME, &["x.example."]))),
                vec![(NONE, RecordType::ANY, 0, true)],
                vec![(IN, CNAME, 60, false)],
            ),
            (
                "a changed set: as it was read",
                Change::between(one(), two()),
                vec![(IN, TXT, 0, false)],
                vec![(ANY, TXT, 0, true), (IN, TXT, 60, false), (IN, TXT, 60, false)],
            ),
            (
                "a set that goes: as it was read",
                Change::between(two(), None),
                vec![(IN, TXT, 0, false), (IN, TXT, 0, false)],
                vec![(ANY, TXT, 0, true)],
            ),
        ];
        for (why, change, prerequisites, updates) in cases {
            let message = update::message(7, &apex, &[change.unwrap()]);
            assert_eq!(told(&message.answers), prerequisites, "{why}");
            assert_eq!(told(&message.authorities), updates, "{why}");
            assert!(message.to_vec().is_ok(), "{why}");
        }
    }

    #[test]
    fn a_plan_is_one_message_as_long_as_it_fits() {
        let provider = Rfc2136 {
            server: "127.0.0.1:53".into(),
            apex: name::domain("example.com").unwrap(),
            key: TsigKey::from_line("k:c2VjcmV0").unwrap(),
        };
        let change = |length: usize| {
            let text = crate::model::txt::quoted(&crate::model::txt::split(&vec![b'k'; length]));
            Change::between(None, Some(set(RecordType::TXT, &[&text]))).unwrap()
        };
        for (lengths, units) in [(vec![], 0), (vec![800; 40], 1), (vec![800; 100], 2), (vec![60_000; 2], 2)] {
            let changes: Vec<Change> = lengths.iter().map(|l| change(*l)).collect();
            let made = provider.units(changes.clone());
            assert_eq!((made.len(), made.concat()), (units, changes));
        }
    }
}
