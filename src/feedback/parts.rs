//! The reports in a message.

use mail_parser::{MessageParser, MimeHeaders, PartType};

use super::damage::Damage;
use super::report::{Looks, Report, looks, read_document};
use super::unpack::{is_gzip, is_zip, unpack};
use super::{failure, limits, text_report};

/// Every report in the message `raw`, or why a part that looks like one is none. Empty where nothing does.
pub fn reports_in_message(raw: &[u8]) -> Vec<Result<Report, Damage>> {
    let Some(message) = MessageParser::new().parse(raw) else {
        return vec![Err(Damage::new("it is no message"))];
    };
    let reporter = message
        .from()
        .and_then(|from| from.first())
        .and_then(|address| address.address())
        .and_then(|address| address.rsplit_once('@'))
        .map(|(_, host)| failure::domain(host))
        .unwrap_or_default();
    let mut found = Vec::new();
    let mut original = None;
    let mut feedback = None;
    let mut texts = Vec::new();
    for part in &message.parts {
        if found.len() >= limits::REPORTS {
            found.push(Err(Damage::new(format!("it has more than {} reports: the rest is refused", limits::REPORTS))));
            break;
        }
        let kind = part.content_type().map(|c| format!("{}/{}", c.ctype(), c.subtype().unwrap_or_default()));
        let kind = kind.unwrap_or_default().to_ascii_lowercase();
        let content = part.contents();
        match (kind.as_str(), &part.body) {
            ("message/feedback-report", _) => feedback = Some(content.to_vec()),
            (_, PartType::Message(inner)) => original = Some(inner.raw_message().to_vec()),
            ("message/rfc822" | "text/rfc822-headers" | "message/rfc822-headers", _) => {
                original = Some(content.to_vec())
            }
            (_, PartType::Multipart(_)) => {}
            _ if is_zip(content) || is_gzip(content) => match unpack(content) {
                Err(damage) => found.push(Err(damage)),
                Ok(documents) => found.extend(documents.iter().map(|d| read_document(&d.octets))),
            },
            (_, PartType::Html(_)) => {}
            _ if looks(content) == Looks::Xml && (kind.contains("xml") || contains(content, b"<feedback")) => {
                found.push(read_document(content));
            }
            _ if looks(content) == Looks::Json && (kind.contains("tlsrpt") || contains(content, b"\"report-id\"")) => {
                found.push(read_document(content));
            }
            (_, PartType::Text(text)) => texts.push(text.as_ref()),
            _ => {}
        }
    }
    if let Some(feedback) = feedback {
        found.push(failure::read(&feedback, original.as_deref(), &reporter).map(Report::Failure));
    } else if found.is_empty() {
        found.extend(texts.iter().find_map(|t| text_report::read(t, &reporter)).map(|r| r.map(Report::Failure)));
    }
    found
}

/// Whether `needle` stands near the beginning.
fn contains(octets: &[u8], needle: &[u8]) -> bool {
    memchr::memmem::find(&octets[..octets.len().min(4096)], needle).is_some()
}
