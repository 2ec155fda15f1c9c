//! Amazon Route 53: XML, signed requests, all of a plan in one change that is done whole or not at all.
//!
//! | file | holds |
//! |---|---|
//! | [`sigv4`] | the signature |
//! | [`text`] | names and TXT data |

pub mod sigv4;
pub mod text;

use std::collections::BTreeMap;
use std::sync::{Mutex, PoisonError};
use std::time::Duration;

use async_trait::async_trait;
use hickory_proto::rr::{RData, RecordType};
use reqwest::Url;
use secrecy::ExposeSecret;

use crate::error::{Error, ErrorKind, Result};
use crate::model::name::{self, Name};
use crate::model::snapshot::{Key, OpaqueSet, Origin, RecordSet, Snapshot};
use crate::plan::change::{Change, Form};
use crate::provider::credential::{Question, require};
use crate::provider::definition::{ErrorForm, Method, NameStyle, Rate, Retry};
use crate::provider::engine::http::{self, Body, Purpose, Request, Transport};
use crate::provider::engine::{encode, names};
use crate::provider::open::{Opening, endpoint_of, is_local};
use crate::provider::xml::{Element, escape};
use crate::provider::{Provider, Reading, no_zone};
use sigv4::{Keys, Place, Signed};

const TITLE: &str = "Amazon Route 53";
const ENDPOINT: &str = "https://route53.amazonaws.com";
/// The version of the API, which every path begins with.
const VERSION: &str = "/2013-04-01";
const NAMESPACE: &str = "https://route53.amazonaws.com/doc/2013-04-01/";
/// Changes in one request, at most 1,000 values in all.
const LARGEST_UNIT: usize = 100;
/// Pages of one list.
const MOST_PAGES: usize = 2_000;
/// How long a change may take until every name server has it.
const PATIENCE: Duration = Duration::from_secs(120);
/// The API takes five requests a second for an account.
const RATE: Rate = Rate { requests: 5, seconds: 1 };
/// How often a request is repeated that came while another change was made.
const TRIES: u32 = 5;

/// A hosted zone.
pub struct Route53 {
    apex: Name,
    endpoint: Url,
    keys: Keys,
    region: String,
    /// The zone's id, where the profile names it.
    zone_id: Option<String>,
    transport: Transport,
    state: Mutex<State>,
}

#[derive(Default)]
struct State {
    zone_id: Option<String>,
    /// The values and TTL of each set, to the letter: what a delete must name.
    sets: BTreeMap<Key, (u32, Vec<String>)>,
}

/// Opens the zone of `opening`. Nothing is sent yet.
///
/// # Errors
/// A configuration error: a missing credential, a setting that is not there.
pub fn open(opening: &Opening<'_>) -> Result<Box<dyn Provider>> {
    opening.only_settings(&["region", "zone_id"])?;
    let ask = |env: &'static str, what: &'static str, secret: bool| Question {
        provider: TITLE,
        what,
        env,
        hint: Some("an access key that may list hosted zones, and list and change their record sets"),
        secret,
    };
    let access = require(opening.credentials, &ask("AWS_ACCESS_KEY_ID", "access key id", false))?;
    let secret = require(opening.credentials, &ask("AWS_SECRET_ACCESS_KEY", "secret access key", true))?;
    let token = opening.credentials.get(&ask("AWS_SESSION_TOKEN", "session token", true))?;
    let endpoint = endpoint_of(opening, ENDPOINT)?;
    let transport = Transport::new(
        http::Parts {
            title: TITLE.into(),
            id: "route53".into(),
            variable: Some("AWS_SECRET_ACCESS_KEY".into()),
            secrets: [Some(secret.clone()), token.clone()].into_iter().flatten().collect(),
            retry: Retry::default(),
            rate: (!is_local(&endpoint)).then_some(RATE),
            success: None,
            error: ErrorForm::default(),
            explain: Some(explain),
        },
        is_local(&endpoint),
    )?;
    Ok(Box::new(Route53 {
        apex: opening.apex.clone(),
        endpoint,
        keys: Keys { access: access.expose_secret().to_string(), secret, token },
        region: opening.setting("region").unwrap_or("us-east-1").to_string(),
        zone_id: opening.setting("zone_id").map(str::to_string),
        transport,
        state: Mutex::default(),
    }))
}

/// What an answer says about an error: `[CODE] sentence`.
fn explain(text: &str) -> Option<String> {
    let root = Element::parse(text)?;
    let error = root.child("Error").unwrap_or(&root);
    let messages = error.child("Messages").into_iter().flat_map(|all| all.all("Message"));
    let said: Vec<&str> = error.all("Message").chain(messages).map(|message| message.text.trim()).collect();
    let code = error.text_at(&["Code"]).unwrap_or(&error.name);
    Some(format!("{} [{code}]", said.join("; ")))
}

impl Route53 {
    fn state(&self) -> std::sync::MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Sends one request, signed as it leaves; one that came too early is sent again.
    async fn send(&self, method: Method, path: &str, query: &[(&str, &str)], body: Body) -> Result<Element> {
        let purpose = if method == Method::Get { Purpose::Read } else { Purpose::Write };
        let base = self.endpoint.as_str().trim_end_matches('/');
        let query: Vec<String> = query.iter().map(|(n, v)| format!("{n}={}", encode::strict(v))).collect();
        let text = format!("{base}{VERSION}{path}{}{}", if query.is_empty() { "" } else { "?" }, query.join("&"));
        let url = Url::parse(&text).map_err(|e| Error::config(format!("`{path}` makes no URL")).because(e))?;
        let mut tries = 0;
        let answer = loop {
            let mut request = Request::new(method, url.clone());
            request.body = body.clone();
            request.headers.push(("accept".into(), "application/xml".to_string().into()));
            self.sign(&mut request);
            match self.transport.send_text(&request, purpose).await {
                Err(e) if tries < TRIES && too_early(&e) => {
                    tries += 1;
                    tokio::time::sleep(Duration::from_millis(500) * 2u32.pow(tries - 1)).await;
                }
                other => break other?,
            }
        };
        Element::parse(&answer).ok_or_else(|| {
            Error::unreachable(format!("{TITLE} at {} answers something that is not XML", http::place(&self.endpoint)))
                .hint("is the endpoint the address of its API?")
        })
    }

    fn sign(&self, request: &mut Request) {
        let method = if request.method == Method::Get { "GET" } else { "POST" };
        let time = jiff::Timestamp::now().strftime("%Y%m%dT%H%M%SZ").to_string();
        let place = Place { region: &self.region, service: "route53" };
        let text = request.body.text();
        let signed = Signed { method, url: &request.url, headers: &[], body: &text, time: &time };
        let fields = sigv4::sign(&self.keys, &place, &signed);
        request.headers.extend(fields);
    }

    /// The id of the zone.
    async fn find(&self) -> Result<String> {
        if let Some(id) = self.zone_id.clone().or_else(|| self.state().zone_id.clone()) {
            return Ok(id);
        }
        let apex = text::write_name(&self.apex);
        let root = self.send(Method::Get, "/hostedzonesbyname", &[("dnsname", &apex)], Body::Empty).await?;
        let zones = root.child("HostedZones").into_iter().flat_map(|zones| zones.all("HostedZone"));
        let here = zones.filter(|zone| {
            let name = zone.text_at(&["Name"]).and_then(|text| text::read_name(text).ok());
            name.as_ref() == Some(&self.apex) && zone.text_at(&["Config", "PrivateZone"]) != Some("true")
        });
        let ids: Vec<&str> = here.filter_map(|zone| zone.text_at(&["Id"])?.rsplit('/').next()).collect();
        let shown = name::show(&self.apex);
        match ids.as_slice() {
            [] => Err(no_zone(&self.title(), &self.apex).hint(
                "is it in another account, or is the zone another name? The profile's `provider.zone` says which",
            )),
            [id] => {
                self.state().zone_id = Some((*id).to_string());
                Ok((*id).to_string())
            }
            several => Err(Error::config(format!("{} has {} public zones {shown}", self.title(), several.len())).hint(
                format!("name the one that is delegated to as `provider.settings.zone_id`: {}", several.join(", ")),
            )),
        }
    }

    /// Takes over one set of a listing.
    fn take(&self, set: &Element, reading: &mut Reading, sets: &mut BTreeMap<Key, (u32, Vec<String>)>) -> Result<()> {
        let text = |name: &str| set.text_at(&[name]);
        let (Some(owner), Some(rtype)) = (text("Name"), text("Type")) else {
            return Err(Error::unreachable(format!("{TITLE} lists a record without its name or type"))
                .hint("is the endpoint the address of its API?"));
        };
        let records = set.child("ResourceRecords").into_iter().flat_map(|all| all.all("ResourceRecord"));
        let values: Vec<&str> = records.filter_map(|record| record.child("Value")).map(|v| v.text.as_str()).collect();
        let ttl = text("TTL").and_then(|ttl| ttl.parse::<u32>().ok());
        let name = text::read_name(owner).ok().filter(|name| self.apex.zone_of(name));
        let known: Option<RecordType> = rtype.parse().ok();
        let data: Option<Vec<RData>> = known.and_then(|known| values.iter().map(|v| decode(known, v)).collect());
        // An alias has no data of its own; what has an identifier is one of several answers to the same question.
        let plain = text("SetIdentifier").is_none() && set.child("AliasTarget").is_none();
        match (name, ttl, data) {
            (Some(name), Some(ttl), Some(data)) if plain && !data.is_empty() => {
                let key = Key::new(&name, data[0].record_type());
                for (data, text) in data.into_iter().zip(&values) {
                    reading.snapshot.add(&name, ttl, data, Origin::Provider("route53".into()));
                    let form = Form { text: (*text).to_string(), disabled: false };
                    reading.forms.entry(key.clone()).or_default().push(form);
                }
                sets.insert(key, (ttl, values.iter().map(|v| (*v).to_string()).collect()));
            }
            (name, _, _) => reading.snapshot.opaque.push(OpaqueSet {
                name: name.map_or_else(|| owner.to_string(), |name| name::show(&name)),
                rtype: rtype.to_string(),
                values: values.into_iter().map(str::to_string).collect(),
            }),
        }
        Ok(())
    }

    async fn list(&self) -> Result<Reading> {
        let id = self.find().await?;
        let path = format!("/hostedzone/{}/rrset", encode::segment(&id));
        let mut reading = Reading::whole(Snapshot::new(self.apex.clone()));
        let mut sets = BTreeMap::new();
        let mut from: Vec<(&str, String)> = Vec::new();
        for _ in 0..MOST_PAGES {
            let query: Vec<(&str, &str)> = from.iter().map(|(n, v)| (*n, v.as_str())).collect();
            let root = self.send(Method::Get, &path, &query, Body::Empty).await.map_err(|e| self.no_zone(e))?;
            let all = root.child("ResourceRecordSets").ok_or_else(|| {
                Error::unreachable(format!("{TITLE} answers without the list of records"))
                    .hint("is the endpoint the address of its API?")
            })?;
            for set in all.all("ResourceRecordSet") {
                self.take(set, &mut reading, &mut sets)?;
            }
            if root.text_at(&["IsTruncated"]) != Some("true") {
                self.state().sets = sets;
                return Ok(reading);
            }
            let next = |name: &str| root.text_at(&[name]).map(str::to_string);
            let mut marks = vec![("name", next("NextRecordName")), ("type", next("NextRecordType"))];
            marks.push(("identifier", next("NextRecordIdentifier")));
            let marks: Vec<(&str, String)> = marks.into_iter().filter_map(|(n, v)| Some((n, v?))).collect();
            if marks.is_empty() || marks == from {
                break;
            }
            from = marks;
        }
        Err(Error::unreachable(format!("{TITLE} lists records without end")))
    }

    fn no_zone(&self, error: Error) -> Error {
        if http::status(&error) != Some(404) {
            return error;
        }
        no_zone(&self.title(), &self.apex).because(error)
    }

    /// One change in XML.
    fn describe(&self, change: &Change) -> String {
        let key = change.key();
        let known = self.state().sets.get(&key).cloned();
        let (action, ttl, values) = match &change.after {
            None => {
                let (ttl, values) = known.unwrap_or_default();
                ("DELETE", ttl, values)
            }
            Some(set) => {
                // What is there already goes back to the letter.
                let letter = |value: &RData| {
                    let mine = change.after_forms.iter().map(|form| &form.text);
                    let theirs = known.iter().flat_map(|(_, values)| values);
                    mine.chain(theirs).find(|text| decode(key.rtype, text).as_ref() == Some(value)).cloned()
                };
                let values = set.values.iter().map(|v| letter(v).unwrap_or_else(|| encode_value(v))).collect();
                (if known.is_some() { "UPSERT" } else { "CREATE" }, set.ttl, values)
            }
        };
        let records: String = values
            .iter()
            .map(|value| format!("<ResourceRecord><Value>{}</Value></ResourceRecord>", escape(value)))
            .collect();
        format!(
            "<Change><Action>{action}</Action><ResourceRecordSet><Name>{}</Name><Type>{}</Type><TTL>{ttl}</TTL>\
             <ResourceRecords>{records}</ResourceRecords></ResourceRecordSet></Change>",
            escape(&text::write_name(&key.name)),
            key.rtype
        )
    }

    /// Waits until every name server of the zone has the change.
    async fn until_in_sync(&self, id: &str) -> Result<()> {
        let path = format!("/change/{}", encode::segment(id.rsplit('/').next().unwrap_or(id)));
        let deadline = tokio::time::Instant::now() + PATIENCE;
        let mut pause = Duration::from_millis(500);
        loop {
            let root = self.send(Method::Get, &path, &[], Body::Empty).await?;
            match root.text_at(&["ChangeInfo", "Status"]) {
                Some("INSYNC") => return Ok(()),
                Some("PENDING") if tokio::time::Instant::now() < deadline => {}
                _ => return Err(Error::unreachable(format!("{TITLE} has not carried out the change yet"))),
            }
            tokio::time::sleep(pause).await;
            pause = (pause * 2).min(Duration::from_secs(8));
        }
    }
}

/// The API says so of requests that come too fast, or while another change is made: nothing was done.
fn too_early(error: &Error) -> bool {
    ["[Throttling]", "[PriorRequestNotComplete]", "[ThrottlingException]"].iter().any(|c| error.message().contains(c))
}

fn decode(rtype: RecordType, value: &str) -> Option<RData> {
    match rtype {
        RecordType::TXT => text::read(value).map(RData::TXT),
        _ => names::read_data(rtype, value, None),
    }
}

fn encode_value(value: &RData) -> String {
    match value {
        RData::TXT(data) => text::write(data),
        other => names::write_data(NameStyle::FqdnDot, other, false).0,
    }
}

#[async_trait]
impl Provider for Route53 {
    fn id(&self) -> &str {
        "route53"
    }

    fn title(&self) -> String {
        format!("{TITLE} at {}", http::place(&self.endpoint))
    }

    async fn read(&self, _wanted: &[Key]) -> Result<Reading> {
        self.list().await.map_err(|e| e.during(format!("reading zone {}", name::show(&self.apex))))
    }

    fn normalise(&self, set: &mut RecordSet) -> Result<Vec<String>> {
        for value in &set.values {
            let length = encode_value(value).chars().count();
            if length > text::LONGEST {
                return Err(Error::refused(format!(
                    "{TITLE} stores values of at most {} characters, and this one has {length}",
                    text::LONGEST
                )));
            }
        }
        Ok(Vec::new())
    }

    fn units(&self, changes: Vec<Change>) -> Vec<Vec<Change>> {
        let mut out: Vec<Vec<Change>> = Vec::new();
        for change in changes {
            match out.last_mut() {
                Some(unit) if unit.len() < LARGEST_UNIT => unit.push(change),
                _ => out.push(vec![change]),
            }
        }
        out
    }

    async fn apply(&self, unit: &[Change]) -> Result<()> {
        let id = self.find().await?;
        let changes: String = unit.iter().map(|change| self.describe(change)).collect();
        let body = format!(
            "<ChangeResourceRecordSetsRequest xmlns=\"{NAMESPACE}\"><ChangeBatch><Changes>{changes}</Changes>\
             </ChangeBatch></ChangeResourceRecordSetsRequest>"
        );
        let path = format!("/hostedzone/{}/rrset/", encode::segment(&id));
        let root = self.send(Method::Post, &path, &[], Body::Xml(body)).await?;
        let change = root
            .text_at(&["ChangeInfo", "Id"])
            .ok_or_else(|| Error::new(ErrorKind::Unreachable, format!("{TITLE} answers a change without its id")))?;
        self.until_in_sync(change).await
    }
}
