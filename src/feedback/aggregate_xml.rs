//! Reading an aggregate report's XML as a stream.
//!
//! Reporters' XML is often not well formed. The reader goes on where the meaning is clear - a report that breaks off
//! keeps its finished rows - and names the fault; it stops where going on would be a danger or a guess.

use std::borrow::Cow;
use std::net::IpAddr;

use quick_xml::Reader;
use quick_xml::events::{BytesStart, Event};

use super::aggregate::{Aggregate, DkimAuth, Form, OverrideReason, Row, SpfAuth};
use super::damage::Damage;
use super::limits;

/// The namespace of RFC 9990.
const NAMESPACE: &str = "urn:ietf:params:xml:ns:dmarc-2.0";
/// Times in reports later than this are in milliseconds, as some reporters write them.
const MILLISECONDS: i64 = 100_000_000_000;

/// Reads one report.
///
/// # Errors
/// [`Damage`]: no report, or one that asks for more than [`limits`] allow.
pub fn read(octets: &[u8]) -> Result<Aggregate, Damage> {
    let text = decoded(octets);
    let mut state = State::default();
    if matches!(&text, Cow::Owned(t) if t.contains(char::REPLACEMENT_CHARACTER)) {
        state.fault("it is not UTF-8: octets that cannot be read are shown as \u{fffd}");
    }
    let mut xml = Reader::from_str(&text);
    let config = xml.config_mut();
    config.check_end_names = false;
    config.allow_unmatched_ends = true;
    config.allow_dangling_amp = true;
    config.expand_empty_elements = true;
    loop {
        let event = match xml.read_event() {
            Ok(event) => event,
            Err(_) => {
                state.fault("it is not well-formed XML and was read as far as it can be");
                break;
            }
        };
        match event {
            Event::Start(tag) => state.open(&tag)?,
            Event::End(tag) => state.close(&local(tag.name().as_ref())),
            Event::Text(text) => state.text(&text)?,
            Event::CData(text) => state.text(&text)?,
            Event::GeneralRef(name) => state.reference(&name)?,
            Event::DocType(text) => {
                // Entities that a document defines for itself serve nobody here but who wants to exhaust the reader.
                if text.contains('[') || text.to_ascii_uppercase().contains("SYSTEM") {
                    return Err(Damage::new(
                        "it brings a document type of its own, which may define entities: refused",
                    ));
                }
            }
            Event::Eof => break,
            Event::Empty(_) | Event::Comment(_) | Event::Decl(_) | Event::PI(_) => {}
        }
    }
    state.finish()
}

#[derive(Default)]
struct State {
    report: Aggregate,
    path: Vec<String>,
    text: String,
    row: Option<Row>,
    began: bool,
    ended: bool,
}

impl State {
    fn fault(&mut self, what: &str) {
        if !self.report.faults.iter().any(|f| f == what) {
            self.report.faults.push(what.into());
        }
    }

    fn open(&mut self, tag: &BytesStart<'_>) -> Result<(), Damage> {
        let name = local(tag.name().as_ref());
        self.text.clear();
        if !self.began {
            if name == "schema" {
                self.fault("it begins with an XML schema, which is no part of a report");
                return Ok(());
            }
            if name != "feedback" {
                return Err(Damage::new(format!("it is XML, but no DMARC report: it begins with <{name}>")));
            }
            self.began = true;
            if tag.attributes().flatten().any(|a| a.value.as_ref() == NAMESPACE) {
                self.report.form = Form::Rfc9990;
            }
        }
        if self.path.len() >= limits::DEPTH {
            return Err(Damage::new(format!("its elements stand more than {} deep: refused", limits::DEPTH)));
        }
        let parent = self.path.last().map(String::as_str);
        match (parent, name.as_str()) {
            (Some("feedback"), "record") => {
                if self.report.rows.len() >= limits::ROWS {
                    return Err(Damage::new(format!("it has more than {} rows: refused", limits::ROWS)));
                }
                self.row = Some(Row::default());
            }
            (_, "reason") => self.result(|row| row.reasons.len(), |row| row.reasons.push(OverrideReason::default()))?,
            (Some("auth_results"), "dkim") => {
                self.result(|row| row.dkim_auth.len(), |row| row.dkim_auth.push(DkimAuth::default()))?;
            }
            (Some("auth_results"), "spf") => {
                self.result(|row| row.spf_auth.len(), |row| row.spf_auth.push(SpfAuth::default()))?;
            }
            _ => {}
        }
        self.path.push(name);
        Ok(())
    }

    fn result(&mut self, count: impl Fn(&Row) -> usize, push: impl Fn(&mut Row)) -> Result<(), Damage> {
        let Some(row) = &mut self.row else { return Ok(()) };
        if count(row) >= limits::RESULTS {
            return Err(Damage::new(format!("one of its rows has more than {} results: refused", limits::RESULTS)));
        }
        push(row);
        Ok(())
    }

    fn text(&mut self, text: &str) -> Result<(), Damage> {
        if self.text.len() + text.len() > limits::TEXT {
            return Err(Damage::new(format!("one of its elements holds more than {} octets: refused", limits::TEXT)));
        }
        self.text.push_str(text);
        Ok(())
    }

    /// `&name;`: the five of XML, and characters by number.
    fn reference(&mut self, name: &str) -> Result<(), Damage> {
        let number = name.strip_prefix('#').and_then(|n| match n.strip_prefix(['x', 'X']) {
            Some(hex) => u32::from_str_radix(hex, 16).ok(),
            None => n.parse().ok(),
        });
        let shown = match name {
            "amp" => "&".to_string(),
            "lt" => "<".to_string(),
            "gt" => ">".to_string(),
            "quot" => "\"".to_string(),
            "apos" => "'".to_string(),
            other => match number.and_then(char::from_u32) {
                Some(c) => c.to_string(),
                None => {
                    self.fault("it uses an entity that XML does not know");
                    format!("&{other};")
                }
            },
        };
        self.text(&shown)
    }

    fn close(&mut self, name: &str) {
        let Some(depth) = self.path.iter().rposition(|open| open == name) else {
            self.fault("a tag is closed that was never opened");
            return;
        };
        while self.path.len() > depth {
            let closed = self.path.len() == depth + 1;
            if !closed {
                self.fault("a tag is not closed");
            }
            self.leave(closed);
        }
    }

    /// Takes what the innermost element holds, and leaves it.
    fn leave(&mut self, closed: bool) {
        let text = std::mem::take(&mut self.text);
        let text = text.trim();
        let Some(name) = self.path.pop() else { return };
        let parent = self.path.last().map_or("", String::as_str).to_string();
        match (parent.as_str(), name.as_str()) {
            ("", "feedback") => self.ended = true,
            // A row that breaks off may lack a digit of its count.
            ("feedback", "record") if !closed => drop(self.row.take()),
            ("feedback", "record") => self.report.rows.extend(self.row.take().map(complete)),
            ("report_metadata", _) => self.metadata(&name, text),
            ("date_range", _) => self.date(&name, text),
            ("policy_published", _) => self.policy(&name, text),
            _ => self.in_row(&parent, &name, text),
        }
    }

    fn metadata(&mut self, name: &str, text: &str) {
        let report = &mut self.report;
        match name {
            "org_name" => report.org = text.into(),
            "email" => report.email = text.into(),
            "report_id" => report.report_id = text.trim_matches(['<', '>']).into(),
            "generator" => {
                report.generator = text.into();
                report.form = Form::Rfc9990;
            }
            "error" if report.errors.len() < limits::RESULTS && !text.is_empty() => report.errors.push(text.into()),
            _ => {}
        }
    }

    fn date(&mut self, name: &str, text: &str) {
        // Some write fractions.
        let whole = text.split('.').next().unwrap_or_default();
        let Ok(mut seconds) = whole.parse::<i64>() else {
            self.fault("its date range is no number of seconds");
            return;
        };
        if seconds > MILLISECONDS {
            seconds /= 1000;
        }
        match name {
            "begin" => self.report.begin = seconds,
            "end" => self.report.end = seconds,
            _ => {}
        }
    }

    fn policy(&mut self, name: &str, text: &str) {
        let policy = &mut self.report.policy;
        let lower = || text.to_ascii_lowercase();
        match name {
            "domain" => policy.domain = domain(text),
            "p" => policy.p = lower(),
            "sp" => policy.sp = lower(),
            "np" => policy.np = lower(),
            "adkim" => policy.adkim = lower(),
            "aspf" => policy.aspf = lower(),
            "pct" => policy.pct = lower(),
            "testing" => policy.testing = lower(),
            "discovery_method" => policy.discovery = lower(),
            "fo" => policy.fo = lower(),
            _ => {}
        }
        if matches!(name, "np" | "testing" | "discovery_method") {
            self.report.form = Form::Rfc9990;
        }
    }

    fn in_row(&mut self, parent: &str, name: &str, text: &str) {
        let grandparent = self.path.iter().rev().nth(1).map_or("", String::as_str);
        let Some(row) = &mut self.row else { return };
        let lower = || text.to_ascii_lowercase();
        match (grandparent, parent, name) {
            (_, "row", "source_ip") => row.source = text.into(),
            (_, "row", "count") => match text.parse() {
                Ok(count) => row.count = count,
                Err(_) => self.fault("a row's count is no number; it counts as none"),
            },
            (_, "policy_evaluated", "disposition") => row.disposition = lower(),
            (_, "policy_evaluated", "dkim") => row.dkim = lower() == "pass",
            (_, "policy_evaluated", "spf") => row.spf = lower() == "pass",
            (_, "reason", "type") => set(&mut row.reasons, |r| r.kind = lower()),
            (_, "reason", "comment") => set(&mut row.reasons, |r| r.comment = text.into()),
            // The drafts before RFC 7489 called them identities.
            (_, "identifiers" | "identities", "header_from") => row.header_from = domain(text),
            (_, "identifiers" | "identities", "envelope_from") => row.envelope_from = domain(text),
            (_, "identifiers" | "identities", "envelope_to") => row.envelope_to = domain(text),
            ("auth_results", "dkim", "domain") => set(&mut row.dkim_auth, |a| a.domain = domain(text)),
            ("auth_results", "dkim", "selector") => set(&mut row.dkim_auth, |a| a.selector = text.into()),
            ("auth_results", "dkim", "result") => set(&mut row.dkim_auth, |a| a.result = lower()),
            ("auth_results", "spf", "domain") => set(&mut row.spf_auth, |a| a.domain = domain(text)),
            ("auth_results", "spf", "scope") => set(&mut row.spf_auth, |a| a.scope = lower()),
            ("auth_results", "spf", "result") => set(&mut row.spf_auth, |a| a.result = lower()),
            _ => {}
        }
    }

    fn finish(mut self) -> Result<Aggregate, Damage> {
        if !self.began {
            return Err(Damage::new("it is no XML document"));
        }
        if !self.ended {
            self.fault("it breaks off before its end");
        }
        let report = &mut self.report;
        report.rows.iter_mut().for_each(|row| {
            if row.header_from.is_empty() {
                row.header_from.clone_from(&report.policy.domain);
            }
        });
        report.rows.retain(|row| row.count > 0 || !row.source.is_empty());
        if report.org.is_empty() {
            report.org = report.email.rsplit_once('@').map(|(_, host)| domain(host)).unwrap_or_default();
        }
        for (missing, what) in [
            (report.report_id.is_empty(), "no report id"),
            (report.org.is_empty(), "no name of who reports"),
            (report.policy.domain.is_empty(), "no domain that it is about"),
            (report.begin == 0, "no date range"),
            (report.rows.is_empty(), "no row that could be read"),
        ] {
            if missing {
                let cause = report.faults.first().map(|f| format!(" ({f})")).unwrap_or_default();
                return Err(Damage::new(format!("it has {what}{cause}")));
            }
        }
        if report.end < report.begin {
            self.fault("its time ends before it begins");
        }
        Ok(self.report)
    }
}

/// The text: UTF-16 where it begins so, else UTF-8; what cannot be read is replaced.
fn decoded(octets: &[u8]) -> Cow<'_, str> {
    let wide = |unit: fn([u8; 2]) -> u16| {
        let units = octets.chunks_exact(2).skip(1).filter_map(|pair| Some(unit(pair.try_into().ok()?)));
        char::decode_utf16(units).map(|c| c.unwrap_or(char::REPLACEMENT_CHARACTER)).collect::<String>().into()
    };
    match octets {
        [0xff, 0xfe, ..] => wide(u16::from_le_bytes),
        [0xfe, 0xff, ..] => wide(u16::from_be_bytes),
        _ => String::from_utf8_lossy(octets.strip_prefix(b"\xef\xbb\xbf").unwrap_or(octets)),
    }
}

/// The last of `all`, changed.
fn set<T>(all: &mut [T], change: impl FnOnce(&mut T)) {
    if let Some(last) = all.last_mut() {
        change(last);
    }
}

fn complete(mut row: Row) -> Row {
    if let Ok(ip) = row.source.parse::<IpAddr>() {
        row.source = ip.to_canonical().to_string();
    }
    row.reasons.retain(|r| !r.kind.is_empty() || !r.comment.is_empty());
    row
}

fn domain(text: &str) -> String {
    text.trim_end_matches('.').to_ascii_lowercase()
}

/// The name without its prefix.
fn local(name: &str) -> String {
    let name = name.split_whitespace().next().unwrap_or_default();
    name.rsplit(':').next().unwrap_or_default().to_ascii_lowercase()
}
