//! Namecheap: XML, and one call that replaces every host record of a domain. So all that is there is read first, and
//! goes back as it came, attribute by attribute.

use std::sync::{Mutex, PoisonError};

use async_trait::async_trait;
use hickory_proto::rr::{RData, RecordType};
use reqwest::Url;
use secrecy::{ExposeSecret, SecretString};
use serde_json::{Map, Value};

use crate::error::{Error, Result};
use crate::model::name::{self, Name};
use crate::model::snapshot::{Key, OpaqueSet, Origin, RecordSet, Snapshot};
use crate::model::txt;
use crate::plan::change::{Change, Form};
use crate::provider::credential::{Question, require};
use crate::provider::definition::{ErrorForm, Method, NameForm, NameStyle, Rate, Retry};
use crate::provider::engine::http::{self, Body, Purpose, Request, Transport};
use crate::provider::engine::listing::Raw;
use crate::provider::engine::write_zone::{Row, rows};
use crate::provider::engine::{encode, names};
use crate::provider::open::{Opening, endpoint_of, is_local};
use crate::provider::xml::Element;
use crate::provider::{Provider, Reading, no_zone};

const TITLE: &str = "Namecheap";
const ENDPOINT: &str = "https://api.namecheap.com/xml.response";
/// The API takes 50 requests a minute for an account.
const RATE: Rate = Rate { requests: 50, seconds: 60 };
/// TTLs that are stored, in seconds.
const TTL: std::ops::RangeInclusive<u32> = 60..=60000;

/// One domain.
pub struct Namecheap {
    apex: Name,
    /// The domain before and after the first dot of what was registered.
    parts: (String, String),
    endpoint: Url,
    user: String,
    key: SecretString,
    client: String,
    transport: Transport,
    state: Mutex<State>,
}

#[derive(Default)]
struct State {
    /// Every host record as it was read.
    hosts: Vec<Raw>,
    /// How mail of the domain is handled: it would become another if it were not sent along.
    email: String,
}

/// Opens the domain of `opening`. Nothing is sent yet.
///
/// # Errors
/// A configuration error: a missing credential or setting, a name that is no registered domain.
pub fn open(opening: &Opening<'_>) -> Result<Box<dyn Provider>> {
    opening.only_settings(&["client_ip"])?;
    let ask = |env: &'static str, what: &'static str, secret: bool| Question {
        provider: TITLE,
        what,
        env,
        hint: Some("Profile > Tools > API Access shows it; the address of this machine must be allowed there"),
        secret,
    };
    let user = require(opening.credentials, &ask("NAMECHEAP_API_USER", "API user", false))?;
    let key = require(opening.credentials, &ask("NAMECHEAP_API_KEY", "API key", true))?;
    let client = opening.setting("client_ip").ok_or_else(|| {
        Error::config(format!("{TITLE} needs the setting `client_ip`: the address that it allows"))
            .hint("set `provider.settings.client_ip` in the profile to the address that the API Access page lists")
    })?;
    let shown = name::show(opening.apex);
    let suffix = psl::suffix_str(&shown).filter(|_| psl::domain_str(&shown) == Some(shown.as_str()));
    let parts = suffix.and_then(|suffix| Some((shown.strip_suffix(suffix)?.trim_end_matches('.'), suffix)));
    let (sld, tld) = parts.ok_or_else(|| {
        Error::config(format!("{TITLE} keeps registered domains, and {shown} is none"))
            .hint("name the registered domain as `provider.zone` in the profile")
    })?;
    let endpoint = endpoint_of(opening, ENDPOINT)?;
    let transport = Transport::new(
        http::Parts {
            title: TITLE.into(),
            id: "namecheap".into(),
            variable: Some("NAMECHEAP_API_KEY".into()),
            secrets: vec![key.clone()],
            retry: Retry::default(),
            rate: (!is_local(&endpoint)).then_some(RATE),
            success: None,
            error: ErrorForm::default(),
            explain: None,
        },
        is_local(&endpoint),
    )?;
    Ok(Box::new(Namecheap {
        apex: opening.apex.clone(),
        parts: (sld.to_string(), tld.to_string()),
        endpoint,
        user: user.expose_secret().to_string(),
        key,
        client: client.to_string(),
        transport,
        state: Mutex::default(),
    }))
}

/// How names are written there.
fn name_form() -> NameForm {
    NameForm { write: NameStyle::Relative, read: NameStyle::Relative, apex: "@".into() }
}

impl Namecheap {
    fn state(&self) -> std::sync::MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Sends one command and gives what it answers with.
    async fn send(&self, command: &str, own: &[(&str, &str)], body: Body, purpose: Purpose) -> Result<Element> {
        let mut url = self.endpoint.clone();
        let all = [
            ("ApiUser", self.user.as_str()),
            ("ApiKey", self.key.expose_secret()),
            ("UserName", self.user.as_str()),
            ("ClientIP", self.client.as_str()),
            ("Command", command),
        ];
        url.set_query(Some(&encode::form(all.into_iter().chain(own.iter().copied()))));
        let mut request = Request::new(Method::Post, url);
        request.body = body;
        request.headers.push(("accept".into(), "application/xml".to_string().into()));
        let text = self.transport.send_text(&request, purpose).await?;
        let root = Element::parse(&text).filter(|root| root.name == "ApiResponse").ok_or_else(|| {
            Error::unreachable(format!(
                "{TITLE} at {} answers something else than it should",
                http::place(&self.endpoint)
            ))
            .hint("is the endpoint the address of its API?")
        })?;
        if root.attribute("Status") == Some("OK") {
            return Ok(root);
        }
        Err(self.refused(&root, purpose))
    }

    /// An answer that says no: HTTP says 200 all the same.
    fn refused(&self, root: &Element, purpose: Purpose) -> Error {
        let errors: Vec<&Element> = root.child("Errors").into_iter().flat_map(|all| all.all("Error")).collect();
        let number = |error: &&Element| error.attribute("Number").unwrap_or_default().to_string();
        let numbers: Vec<String> = errors.iter().map(number).collect();
        let said: Vec<&str> = errors.iter().map(|error| error.text.trim()).collect();
        let said = self.transport.redacted(&format!("{} [{}]", said.join("; "), numbers.join(", ")));
        let any = |of: &[&str]| numbers.iter().any(|number| of.iter().any(|one| number.starts_with(one)));
        if any(&["1011", "1010", "1017"]) {
            return Error::config(format!("{TITLE} refused the key: {said}")).hint(
                "set NAMECHEAP_API_USER and NAMECHEAP_API_KEY, and allow this machine's address on the API page",
            );
        }
        if any(&["2019166", "2016166", "2030166", "2030280", "2011166"]) {
            return no_zone(&self.title(), &self.apex).because(said);
        }
        // Numbers that begin with 3 or 5 are faults of its own; whether it did something nobody knows.
        match purpose {
            Purpose::Write if any(&["3", "5"]) => Error::unreachable(format!("{TITLE} has a fault of its own: {said}")),
            Purpose::Write => Error::refused(format!("{TITLE} refused the change: {said}")),
            Purpose::Read => Error::config(format!("{TITLE} refused to answer: {said}")),
        }
    }

    async fn list(&self) -> Result<Reading> {
        let (sld, tld) = (self.parts.0.as_str(), self.parts.1.as_str());
        let own = [("SLD", sld), ("TLD", tld)];
        let root = self.send("namecheap.domains.dns.getHosts", &own, Body::Empty, Purpose::Read).await?;
        let result = root.at(&["CommandResponse", "DomainDNSGetHostsResult"]).ok_or_else(|| {
            Error::unreachable(format!("{TITLE} answers without the list of host records"))
                .hint("is the endpoint the address of its API?")
        })?;
        if result.attribute("IsUsingOurDNS") == Some("false") {
            return Err(Error::config(format!(
                "{} is registered there, but its zone is kept elsewhere",
                name::show(&self.apex)
            ))
            .hint("name the provider of its name servers in the profile"));
        }
        let mut reading = Reading::whole(Snapshot::new(self.apex.clone()));
        let mut hosts = Vec::new();
        for host in result.children.iter().filter(|child| child.name.eq_ignore_ascii_case("host")) {
            hosts.push(self.take(host, &mut reading));
        }
        let email = result.attribute("EmailType").unwrap_or_default().to_string();
        *self.state() = State { hosts, email };
        Ok(reading)
    }

    /// Takes over one host record.
    fn take(&self, host: &Element, reading: &mut Reading) -> Raw {
        let attribute = |name: &str| host.attribute(name).unwrap_or_default();
        let (owner, rtype, address) = (attribute("Name"), attribute("Type"), attribute("Address"));
        let ttl = attribute("TTL").parse().unwrap_or(0);
        let members = host.attributes.iter().map(|(name, value)| (name.clone(), Value::from(value.as_str())));
        let text = Value::Object(members.collect::<Map<String, Value>>());
        let name = names::read(&name_form(), owner, &self.apex);
        let prio = attribute("MXPref").parse().ok();
        let data = match rtype.parse::<RecordType>() {
            Ok(RecordType::TXT) => Some(RData::TXT(txt::split(address.as_bytes()))),
            Ok(RecordType::MX) => names::read_data(RecordType::MX, address, prio),
            Ok(known) => names::read_data(known, address, None),
            Err(_) => None,
        };
        let off = attribute("IsActive") == "false";
        match (name, data) {
            (Ok(name), Some(data)) if !off => {
                let key = Key::new(&name, data.record_type());
                reading.snapshot.add(&name, ttl, data.clone(), Origin::Provider("namecheap".into()));
                let form = Form { text: address.to_string(), disabled: false };
                reading.forms.entry(key.clone()).or_default().push(form);
                Raw { known: Some((key, data, ttl)), text }
            }
            (name, _) => {
                if !off {
                    reading.snapshot.opaque.push(OpaqueSet {
                        name: name.map_or_else(|_| owner.to_string(), |name| name::show(&name)),
                        rtype: rtype.to_string(),
                        values: vec![address.to_string()],
                    });
                }
                Raw { known: None, text }
            }
        }
    }

    /// The attributes of one host record as it shall be.
    fn host(&self, row: &Row<'_>) -> Map<String, Value> {
        let (change, value, over) = match row {
            Row::Kept(raw) => return raw.text.as_object().cloned().unwrap_or_default(),
            Row::Made { change, value, over } => (change, value, over),
        };
        let mut out = over.and_then(|raw| raw.text.as_object().cloned()).unwrap_or_default();
        let key = change.key();
        let (address, prio) = match value {
            RData::TXT(data) => (String::from_utf8_lossy(&txt::joined(data)).into_owned(), None),
            other => names::write_data(NameStyle::FqdnDot, other, true),
        };
        let ttl = change.after.as_ref().map_or(0, |set| set.ttl);
        out.insert("Name".into(), names::write(&name_form(), &key.name, &self.apex).into());
        out.insert("Type".into(), key.rtype.to_string().into());
        out.insert("Address".into(), address.into());
        out.insert("TTL".into(), ttl.to_string().into());
        if let Some(prio) = prio {
            out.insert("MXPref".into(), prio.to_string().into());
        }
        out
    }
}

#[async_trait]
impl Provider for Namecheap {
    fn id(&self) -> &str {
        "namecheap"
    }

    fn title(&self) -> String {
        format!("{TITLE} at {}", http::place(&self.endpoint))
    }

    async fn read(&self, _wanted: &[Key]) -> Result<Reading> {
        self.list().await.map_err(|e| e.during(format!("reading zone {}", name::show(&self.apex))))
    }

    fn normalise(&self, set: &mut RecordSet) -> Result<Vec<String>> {
        if set.rtype == RecordType::MX && !matches!(self.state().email.as_str(), "MX" | "") {
            return Err(Error::refused(format!(
                "{TITLE} handles the mail of this domain by another setting than MX records"
            ))
            .hint("choose custom MX under Mail Settings first"));
        }
        for text in set.texts() {
            if std::str::from_utf8(&text).is_err() {
                return Err(Error::refused(format!("{TITLE} stores text only, and this value is none")));
            }
            if text.contains(&b'"') {
                return Err(Error::refused(format!("{TITLE} does not store `\"` in TXT values")));
            }
        }
        let ttl = set.ttl.clamp(*TTL.start(), *TTL.end());
        if ttl == set.ttl {
            return Ok(Vec::new());
        }
        let note = format!("TTL {ttl} instead of {}: {TITLE} takes no other", set.ttl);
        set.ttl = ttl;
        Ok(vec![note])
    }

    fn units(&self, changes: Vec<Change>) -> Vec<Vec<Change>> {
        if changes.is_empty() { Vec::new() } else { vec![changes] }
    }

    async fn apply(&self, unit: &[Change]) -> Result<()> {
        let (hosts, email) = {
            let state = self.state();
            (state.hosts.clone(), state.email.clone())
        };
        let mut pairs: Vec<(String, String)> = Vec::new();
        for (index, row) in rows(&hosts, unit).iter().enumerate() {
            for (attribute, value) in self.host(row) {
                let parameter = match attribute.as_str() {
                    "Name" => "HostName",
                    "Type" => "RecordType",
                    other => other,
                };
                pairs.push((format!("{parameter}{}", index + 1), value.as_str().unwrap_or_default().to_string()));
            }
        }
        if !email.is_empty() {
            pairs.push(("EmailType".into(), email));
        }
        pairs.push(("SLD".into(), self.parts.0.clone()));
        pairs.push(("TLD".into(), self.parts.1.clone()));
        let body = Body::Form(encode::form(pairs.iter().map(|(n, v)| (n.as_str(), v.as_str()))));
        let root = self.send("namecheap.domains.dns.setHosts", &[], body, Purpose::Write).await?;
        match root.at(&["CommandResponse", "DomainDNSSetHostsResult"]).and_then(|r| r.attribute("IsSuccess")) {
            Some("true") => Ok(()),
            _ => Err(Error::unreachable(format!("{TITLE} does not say that the records are stored"))),
        }
    }
}
