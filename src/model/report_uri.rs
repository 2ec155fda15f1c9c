//! Addresses for reports: the URIs of DMARC's `rua` and `ruf` (RFC 9989 §4.6) and of TLS-RPT's `rua` (RFC 8460 §3).

use crate::model::source::Span;
use crate::model::tag_list::trim;

/// One URI of a list.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ReportUri<'a> {
    /// All of it.
    pub span: Span,
    /// What stands before the first colon; `None` without one.
    pub scheme: Option<&'a str>,
    /// Whether it is a well-formed `mailto:` or `https:` URI.
    pub valid: bool,
    /// The size limit from its `!` on, which RFC 7489 §6.2 had.
    pub size_limit: Option<Span>,
    /// The domain that the report goes to, without the size limit.
    pub domain: Option<&'a str>,
}

impl<'a> ReportUri<'a> {
    /// Reads the list at `value` in `text`; entries are parted by commas.
    pub fn read_list(text: &'a [u8], value: Span) -> Vec<Self> {
        let mut out = Vec::new();
        let mut start = value.start as usize;
        for part in value.of(text).split(|b| *b == b',') {
            let span = trim(text, Span::new(start, start + part.len()));
            start += part.len() + 1;
            out.push(Self::read(text, span));
        }
        out
    }

    fn read(text: &'a [u8], span: Span) -> Self {
        let mut uri = ReportUri { span, scheme: None, valid: false, size_limit: None, domain: None };
        let Ok(whole) = std::str::from_utf8(span.of(text)) else { return uri };
        let Some((scheme, rest)) = whole.split_once(':') else { return uri };
        // A scheme begins with a letter (RFC 3986 §3.1): `a@example.com:25` has none.
        if !scheme.starts_with(|c: char| c.is_ascii_alphabetic())
            || !scheme.chars().all(|c| c.is_ascii_alphanumeric() || matches!(c, '+' | '-' | '.'))
        {
            return uri;
        }
        uri.scheme = Some(scheme);
        // In a DMARC URI `!` can only begin the size limit: RFC 7489 §6.2 wants it encoded elsewhere.
        let address = match rest.split_once('!') {
            Some((address, limit)) => {
                uri.size_limit = Some(Span { start: span.end - limit.len() as u32 - 1, end: span.end });
                address
            }
            None => rest,
        };
        let domain = if scheme.eq_ignore_ascii_case("mailto") {
            mailto_domain(address)
        } else if scheme.eq_ignore_ascii_case("https") || scheme.eq_ignore_ascii_case("http") {
            http_host(address)
        } else {
            None
        };
        uri.domain = domain;
        let limit = uri.size_limit.is_none_or(|l| valid_limit(&l.of(text)[1..]));
        uri.valid = domain.is_some() && !scheme.eq_ignore_ascii_case("http") && limit;
        uri
    }
}

/// The domain of a `mailto:` address (RFC 6068 §2): one address, no header fields before it, printable ASCII.
fn mailto_domain(address: &str) -> Option<&str> {
    let bare = address.split('?').next().unwrap_or_default();
    let (local, domain) = bare.rsplit_once('@')?;
    let good = !local.is_empty()
        && local.chars().all(|c| c.is_ascii_graphic() && !matches!(c, '<' | '>' | '"' | '@' | '[' | ']' | '\\'))
        && is_host(domain);
    good.then_some(domain)
}

fn http_host(rest: &str) -> Option<&str> {
    let authority = rest.strip_prefix("//")?.split(['/', '?', '#']).next()?;
    let host = authority.rsplit_once('@').map_or(authority, |(_, host)| host);
    let host = host.split_once(':').map_or(host, |(host, _)| host);
    (is_host(host) && rest.chars().all(|c| c.is_ascii_graphic())).then_some(host)
}

/// A name with letters, digits, hyphens and underscores, and at least two labels.
fn is_host(name: &str) -> bool {
    let bare = name.strip_suffix('.').unwrap_or(name);
    bare.len() <= 253
        && bare.contains('.')
        && bare.split('.').all(|label| {
            (1..=63).contains(&label.len())
                && label.bytes().all(|b| b.is_ascii_alphanumeric() || matches!(b, b'-' | b'_'))
        })
}

/// `10m`: digits and one unit at most (RFC 7489 §6.4).
fn valid_limit(limit: &[u8]) -> bool {
    let digits = limit.iter().take_while(|b| b.is_ascii_digit()).count();
    digits > 0 && matches!(&limit[digits..], [] | [b'k' | b'm' | b'g' | b't' | b'K' | b'M' | b'G' | b'T'])
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn uris() {
        let rows: &[(&str, Option<&str>, bool, Option<&str>, Option<&str>)] = &[
            ("mailto:a@example.com", Some("mailto"), true, Some("example.com"), None),
            ("MAILTO:a@example.com", Some("MAILTO"), true, Some("example.com"), None),
            ("mailto:a@example.com!10m", Some("mailto"), true, Some("example.com"), Some("!10m")),
            ("mailto:a@example.com!big", Some("mailto"), false, Some("example.com"), Some("!big")),
            ("https://example.com/report?x=1", Some("https"), true, Some("example.com"), None),
            ("http://example.com/", Some("http"), false, Some("example.com"), None), // neither RFC has it
            ("a@example.com", None, false, None, None),
            ("mailto:example.com", Some("mailto"), false, None, None),
            ("mailto:@example.com", Some("mailto"), false, None, None),
            ("mailto:a@localhost", Some("mailto"), false, None, None),
            ("mailto: a@example.com", Some("mailto"), false, None, None),
            ("mailto:<a@example.com>", Some("mailto"), false, None, None),
            ("ftp://example.com", Some("ftp"), false, None, None),
            ("", None, false, None, None),
        ];
        for (text, scheme, valid, domain, limit) in rows {
            let uri = &ReportUri::read_list(text.as_bytes(), Span::new(0, text.len()))[0];
            let got = (uri.scheme, uri.valid, uri.domain, uri.size_limit.map(|l| &text[l.range()]));
            assert_eq!(got, (*scheme, *valid, *domain, *limit), "{text}");
        }
        let text = b"rua=mailto:a@example.com , https://example.net/x";
        let list = ReportUri::read_list(text, Span::new(4, text.len()));
        assert_eq!(list.len(), 2);
        assert_eq!(list[1].span.of(text), b"https://example.net/x");
    }
}
