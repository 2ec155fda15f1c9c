//! Name servers that take dynamic updates (RFC 2136), signed with TSIG (RFC 8945).
//!
//! A plan is one message with prerequisites: it is carried out as a whole, and only on the zone that was read.

pub mod collect;
pub mod key;
pub mod names;
pub mod refusal;
pub mod server;
pub mod session;
pub mod transfer;
pub mod tsig;
pub mod update;

use std::collections::HashSet;
use std::net::SocketAddr;
use std::path::Path;
use std::time::{SystemTime, UNIX_EPOCH};

use async_trait::async_trait;
use hickory_proto::rr::RData;
use secrecy::ExposeSecret;

use crate::error::{Error, ErrorKind, Result};
use crate::model::name::{self, Name};
use crate::model::snapshot::{Key, RecordSet};
use crate::model::txt::{self, MAX_STRING};
use crate::plan::change::Change;
use crate::profile::schema::ProviderConfig;
use crate::provider::credential::{CredentialSource, Question, require};
use crate::provider::open::Opening;
use crate::provider::rfc2136::key::TsigKey;
use crate::provider::rfc2136::server::Server;
use crate::provider::rfc2136::session::{Peer, encode};
use crate::provider::{Provider, Reading};

/// The variable that the key is looked for under.
pub const KEY_VARIABLE: &str = "MAILPROOF_TSIG_KEY";
/// The largest key file that is read, in octets.
const MAX_KEY_FILE: u64 = 64 * 1024;

/// One zone on one name server.
#[derive(Clone, Debug)]
pub struct Rfc2136 {
    peer: Peer,
    apex: Name,
    nameservers: Vec<SocketAddr>,
}

/// Opens the server that the profile names as `endpoint`. Settings: `key_file`, a BIND key file that is read where the
/// credential is not set; `nameservers`, addresses with a comma between them.
///
/// # Errors
/// A configuration error: no server, no key, or one that cannot be used.
pub fn open(opening: &Opening<'_>) -> Result<Box<dyn Provider>> {
    opening.only_settings(&["key_file"])?;
    Ok(Box::new(Rfc2136::open(opening.config, opening.apex, opening.credentials, &opening.base)?))
}

impl Rfc2136 {
    /// The zone at `apex` on `server`. `clock` gives the seconds since 1970, which are part of each signature.
    pub fn new(server: Server, apex: Name, key: TsigKey, clock: fn() -> u64) -> Self {
        Rfc2136 { peer: Peer { server, key, clock }, apex, nameservers: Vec::new() }
    }

    fn open(config: &ProviderConfig, apex: &Name, credentials: &dyn CredentialSource, base: &Path) -> Result<Self> {
        let settings = &config.settings;
        let endpoint = config.endpoint.as_deref().ok_or_else(|| {
            Error::config("the provider rfc2136 needs the address of the zone's primary name server")
                .hint("write `endpoint: 192.0.2.53:53` below `provider`, or use --endpoint")
        })?;
        let server = Server::parse(endpoint)?;
        let question = Question {
            provider: "RFC 2136",
            what: "TSIG key",
            env: KEY_VARIABLE,
            hint: Some("it is written algorithm:name:base64; or name a BIND key file in `settings: {key_file: PATH}`"),
            secret: true,
        };
        let key = match (credentials.get(&question)?, settings.get("key_file")) {
            (None, Some(path)) => read_key(&base.join(path))?,
            (None, None) => TsigKey::from_line(require(credentials, &question)?.expose_secret())?,
            (Some(line), _) => {
                TsigKey::from_line(line.expose_secret()).map_err(|e| e.during(format!("reading {KEY_VARIABLE}")))?
            }
        };
        let nameservers = settings.get("nameservers").map(|text| server::addresses(text)).transpose()?;
        Ok(Rfc2136 { nameservers: nameservers.unwrap_or_default(), ..Self::new(server, apex.clone(), key, now) })
    }
}

fn read_key(path: &Path) -> Result<TsigKey> {
    let bad = |what: &str| Error::config(format!("the key file {} {what}", path.display()));
    let meta = std::fs::metadata(path).map_err(|e| bad("cannot be read").because(e))?;
    if !meta.is_file() || meta.len() > MAX_KEY_FILE {
        return Err(bad("is not a file that `tsig-keygen` writes"));
    }
    let text = std::fs::read_to_string(path).map_err(|e| bad("cannot be read").because(e))?;
    TsigKey::from_bind(&text).map_err(|e| e.during(format!("reading {}", path.display())))
}

fn now() -> u64 {
    SystemTime::now().duration_since(UNIX_EPOCH).map_or(0, |since| since.as_secs())
}

#[async_trait]
impl Provider for Rfc2136 {
    fn id(&self) -> &str {
        "rfc2136"
    }

    fn title(&self) -> String {
        format!("the name server {}", self.peer.server)
    }

    async fn read(&self, wanted: &[Key]) -> Result<Reading> {
        let during = |e: Error| e.during(format!("reading the zone {}", name::show(&self.apex)));
        match transfer::transfer(&self.peer, &self.apex).await {
            Ok(Some(zone)) => return Ok(Reading::whole(zone)),
            Ok(None) => {}
            // Knot answers BADKEY to a key that may update and not transfer. If it is the key, the next answer says so.
            Err(e) if e.kind() == ErrorKind::Config => {}
            Err(e) => return Err(during(e)),
        }
        let snapshot = names::read(&self.peer, &self.apex, wanted).await.map_err(during)?;
        let note = format!(
            "{} gives the zone as a whole to nobody with the key {}: only the names of the plan were read, one by one",
            self.peer.server,
            name::show(&self.peer.key.name)
        );
        Ok(Reading { partial: true, notes: vec![note], ..Reading::whole(snapshot) })
    }

    fn normalise(&self, set: &mut RecordSet) -> Result<Vec<String>> {
        let mut seen = HashSet::new();
        set.values.retain(|value| seen.insert(crate::zone::print::wire(value)));
        let mut notes = Vec::new();
        for value in &mut set.values {
            if let RData::TXT(text) = value
                && text.txt_data.iter().any(|s| s.len() > MAX_STRING)
            {
                *text = txt::split(&txt::joined(text));
                notes.push(format!("split into strings of {MAX_STRING} octets"));
            }
        }
        let alone = Change::between(None, Some(set.clone()));
        if alone.is_some_and(|change| encode(&update::message(&self.apex, &[change])).is_none()) {
            return Err(Error::refused(format!(
                "{} {} does not fit into one DNS message of 65,535 octets (RFC 1035 §4.2.2)",
                name::show(&set.name),
                set.rtype
            )));
        }
        Ok(notes)
    }

    fn units(&self, changes: Vec<Change>) -> Vec<Vec<Change>> {
        // One message, as long as it fits into one.
        let fits = |unit: &[Change]| encode(&update::message(&self.apex, unit)).is_some();
        let mut units: Vec<Vec<Change>> = Vec::new();
        for change in changes {
            let mut unit = units.pop().unwrap_or_default();
            unit.push(change);
            let over = if unit.len() > 1 && !fits(&unit) { unit.pop() } else { None };
            units.push(unit);
            units.extend(over.map(|change| vec![change]));
        }
        units
    }

    async fn apply(&self, unit: &[Change]) -> Result<()> {
        let during = |e: Error| e.during(format!("updating the zone {}", name::show(&self.apex)));
        let mut session = self.peer.connect().await.map_err(during)?;
        let reply = session.ask(&update::message(&self.apex, unit)).await.map_err(during)?;
        refusal::updated(&self.peer, &self.apex, &reply).map_err(during)?;
        // What was taken stands, whether or not it can be seen: reading it back is for the caller.
        let _ = names::settle(&self.peer, &self.apex, unit).await;
        Ok(())
    }

    fn nameservers(&self) -> Vec<SocketAddr> {
        self.nameservers.clone()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::snapshot::parse_value;
    use crate::provider::credential::Variables;
    use hickory_proto::rr::RecordType;
    use hickory_proto::rr::rdata::TXT;

    fn opened(endpoint: Option<&str>, settings: &[(&str, &str)], key: &str, base: &Path) -> Result<Rfc2136> {
        let config = ProviderConfig {
            id: "rfc2136".into(),
            zone: None,
            endpoint: endpoint.map(Into::into),
            settings: settings.iter().map(|(k, v)| ((*k).to_string(), (*v).to_string())).collect(),
        };
        let variables = Variables::new([(KEY_VARIABLE.to_string(), key.to_string())]);
        Rfc2136::open(&config, &name::domain("example.test").unwrap(), &variables, base)
    }

    #[test]
    fn settings() {
        let dir = tempfile::tempdir().unwrap();
        std::fs::write(dir.path().join("good"), "key \"from-file\" { algorithm hmac-sha512; secret \"c2VjcmV0\"; };")
            .unwrap();
        std::fs::write(dir.path().join("bad"), "secret c2VjcmV0").unwrap();
        std::fs::write(dir.path().join("large"), vec![b' '; 70_000]).unwrap();
        let file = |name| [("key_file", name)];
        let there = Some("127.0.0.1:5300");
        let cases: &[(&str, Option<&str>, &[(&str, &str)], &str, Result<&str, &str>)] = &[
            ("a line", there, &[], "hmac-sha256:k:c2VjcmV0", Ok("k")),
            ("a file", there, &file("good"), "", Ok("from-file")),
            ("the environment wins", there, &file("bad"), "k:c2VjcmV0", Ok("k")),
            ("no server", None, &[], "k:c2VjcmV0", Err("primary name server")),
            ("no address", Some("http://x/"), &[], "k:c2VjcmV0", Err("not the address of a name server")),
            ("no key", there, &[], "", Err("RFC 2136 needs its TSIG key")),
            ("a bad line", there, &[], "c2VjcmV0", Err("not of the form")),
            ("a bad file", there, &file("bad"), "", Err("no `key` statement")),
            ("no such file", there, &file("none"), "", Err("cannot be read")),
            ("a folder", there, &file("."), "", Err("is not a file")),
            ("too large", there, &file("large"), "", Err("is not a file")),
            (
                "a name for an address",
                there,
                &[("nameservers", "ns.test")],
                "k:c2VjcmV0",
                Err("`ns.test` is not the address"),
            ),
        ];
        for (why, endpoint, settings, key, want) in cases {
            match (opened(*endpoint, settings, key, dir.path()), want) {
                (Ok(provider), Ok(name)) => assert_eq!(name::show(&provider.peer.key.name), *name, "{why}"),
                (Err(error), Err(message)) => {
                    assert_eq!(error.kind(), ErrorKind::Config, "{why}");
                    assert!(error.message().contains(message), "{why}: {error}");
                    assert!(!format!("{error} {:?}", error.hint_text()).contains("c2Vj"), "{why}: {error}");
                }
                (got, want) => panic!("{why}: {got:?}, wanted {want:?}"),
            }
        }
        let provider = opened(there, &[("nameservers", "127.0.0.1:5301, ::1")], "k:c2VjcmV0", dir.path()).unwrap();
        assert_eq!(provider.nameservers(), ["127.0.0.1:5301".parse().unwrap(), "[::1]:53".parse().unwrap()]);
        assert_eq!(provider.title(), "the name server 127.0.0.1:5300");
    }

    fn text(owner: &str, octets: usize) -> RecordSet {
        let value = RData::TXT(txt::split("x".repeat(octets).as_bytes()));
        RecordSet::desired(name::domain(owner).unwrap(), 60, vec![value], "")
    }

    #[test]
    fn what_cannot_be_stored_is_changed_or_refused() {
        let provider = opened(Some("127.0.0.1"), &[], "k:c2VjcmV0", Path::new("")).unwrap();
        let mut set = text("example.test", 600);
        let whole = set.clone();
        assert_eq!(provider.normalise(&mut set).unwrap(), [] as [&str; 0]);
        assert_eq!(set, whole);
        set.values =
            vec![RData::TXT(TXT::from_bytes(vec![&b"x".repeat(600)])), parse_value(RecordType::TXT, "a").unwrap()];
        set.values.push(set.values[1].clone());
        assert_eq!(provider.normalise(&mut set).unwrap(), ["split into strings of 255 octets"]);
        assert_eq!(set.values[..1], whole.values);
        assert_eq!(set.values.len(), 2, "the same value twice is one (RFC 2181 §5)");
        let error = provider.normalise(&mut text("example.test", 70_000)).unwrap_err();
        assert_eq!(error.kind(), ErrorKind::Refused);
        assert!(error.message().starts_with("example.test TXT does not fit"), "{error}");
    }

    #[test]
    fn a_plan_is_one_unit_where_it_fits() {
        let provider = opened(Some("127.0.0.1"), &[], "k:c2VjcmV0", Path::new("")).unwrap();
        let change =
            |i: usize, octets| Change::between(None, Some(text(&format!("n{i}.example.test"), octets))).unwrap();
        for (sizes, want) in [
            (&[][..], &[][..]),
            (&[600; 40], &[40]),
            (&[30_000, 30_000, 30_000, 600], &[2, 2]),
            (&[600, 64_000, 600], &[1, 1, 1]),
        ] {
            let changes: Vec<Change> = sizes.iter().enumerate().map(|(i, octets)| change(i, *octets)).collect();
            let units = provider.units(changes.clone());
            assert_eq!(units.iter().map(Vec::len).collect::<Vec<_>>(), want);
            assert_eq!(units.concat(), changes, "in the same order");
        }
    }
}
