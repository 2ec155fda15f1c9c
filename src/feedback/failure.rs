//! A failure report about one message (RFC 6591, RFC 9991), in the abuse reporting format (RFC 5965).

use std::net::IpAddr;

use mail_parser::MessageParser;
use serde::Serialize;

use super::damage::Damage;
use crate::auth::author::author_domain;
use crate::model::message::Message;
use crate::model::name;

/// What is kept of it: nothing of the message but its author domain, and of addresses only the domain.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize)]
pub struct Failure {
    /// Who reports: the server that judged, or the reporter's domain.
    pub org: String,
    /// What tells this report from others.
    pub report_id: String,
    /// When the message came, in seconds since 1970.
    pub at: i64,
    /// Where it came from.
    pub source: String,
    /// The domain that it claims to be from.
    pub domain: String,
    /// What failed: `dmarc`, `spf`, `signature`, …
    pub failed: Vec<String>,
    /// The envelope sender's domain.
    pub envelope_from: String,
    /// `delivered`, `spam`, `reject`, …
    pub delivery: String,
}

/// Reads the fields of a `message/feedback-report`. `original` is the header of the message it is about, `reporter`
/// the domain of who sent the report.
///
/// # Errors
/// [`Damage`]: it is about something else, or does not say which domain or where from.
pub fn read(report: &[u8], original: Option<&[u8]>, reporter: &str) -> Result<Failure, Damage> {
    let fields = Message::read(report);
    let value = |name: &str| fields.named(name).next().map(|f| f.text()).unwrap_or_default();
    let kind = value("Feedback-Type").to_ascii_lowercase();
    if kind != "auth-failure" {
        let shown: String = kind.chars().filter(|c| !c.is_control()).take(40).collect();
        return Err(Damage::new(format!("it is feedback of the kind `{shown}`, not auth-failure")));
    }
    let mut failed: Vec<String> = value("Auth-Failure")
        .split([',', ' '])
        .map(str::to_ascii_lowercase)
        .filter(|w| !w.is_empty())
        .take(10)
        .collect();
    if failed.is_empty() {
        // Some leave it out: DMARC's reports are about DMARC.
        failed.push("dmarc".into());
    }
    let authentication = value("Authentication-Results");
    let author = original.and_then(|octets| author_domain(&Message::read(octets)).ok());
    let mut failure = Failure {
        org: match authentication.split([';', ' ']).next() {
            Some(host) if host.contains('.') && !host.contains('=') => host.to_ascii_lowercase(),
            _ => reporter.into(),
        },
        at: [value("Arrival-Date"), value("Received-Date")].iter().find_map(|d| date(d)).unwrap_or_default(),
        source: address(&value("Source-IP")),
        domain: domain(&value("Reported-Domain")),
        failed,
        envelope_from: domain(
            value("Original-Mail-From").trim_matches(['<', '>']).rsplit('@').next().unwrap_or_default(),
        ),
        delivery: value("Delivery-Result").to_ascii_lowercase(),
        report_id: String::new(),
    };
    if failure.domain.is_empty() {
        failure.domain = author.map(|a| name::show(&a)).unwrap_or_default();
    }
    failure.complete(original)
}

impl Failure {
    /// Checks that it says enough, and gives it an id: RFC 6591 has none.
    pub(super) fn complete(mut self, original: Option<&[u8]>) -> Result<Failure, Damage> {
        if self.domain.is_empty() {
            return Err(Damage::new("it does not say which domain it is about"));
        }
        if self.source.parse::<IpAddr>().is_err() {
            return Err(Damage::new("it does not say which address the message came from"));
        }
        let message_id = original
            .and_then(|octets| Message::read(octets).named("Message-ID").next().map(|f| f.text()))
            .unwrap_or_default();
        let facts = format!("{}\n{}\n{}\n{message_id}", self.at, self.source, self.domain);
        let digest = aws_lc_rs::digest::digest(&aws_lc_rs::digest::SHA256, facts.as_bytes());
        self.report_id = digest.as_ref().iter().take(12).map(|b| format!("{b:02x}")).collect();
        Ok(self)
    }
}

/// A date of RFC 5322 as seconds since 1970.
pub(super) fn date(text: &str) -> Option<i64> {
    let header = format!("Date: {}\r\n\r\n", text.trim());
    let parsed = MessageParser::new().parse_headers(header.as_bytes())?;
    parsed.date().map(mail_parser::DateTime::to_timestamp)
}

/// An address in its usual form, without port or brackets; as it stands where it is none.
pub(super) fn address(text: &str) -> String {
    let text = text.trim().trim_matches(['[', ']']);
    let text = text.strip_prefix("IPv6:").unwrap_or(text);
    text.parse::<IpAddr>().map_or_else(|_| text.chars().take(64).collect(), |ip| ip.to_canonical().to_string())
}

pub(super) fn domain(text: &str) -> String {
    text.trim().trim_end_matches('.').to_ascii_lowercase().chars().take(253).collect()
}
