//! A DKIM-Signature field, read and checked before anybody is asked (RFC 6376 §6.1.1).

use mail_auth::Error;
use mail_auth::common::crypto::Algorithm;
use mail_auth::dkim::{DkimError, Signature};

use super::{DkimOutcome, DkimResult};
use crate::model::message::Field;
use crate::model::name;
use crate::model::tag_list::{TagFault, TagList};

/// More names in `h=` than any signer writes.
const MAX_SIGNED_FIELDS: usize = 250;

/// A signature that is worth verifying.
pub struct Candidate<'a> {
    /// The field it was read from.
    pub field: Field<'a>,
    /// As mail-auth reads it.
    pub signature: Signature,
    /// The field's value as it was signed: without what stands in `b=`, and without the last line end.
    pub unsigned: Vec<u8>,
    /// `l=`; mail-auth does not tell zero from none.
    pub body_length: Option<u64>,
    /// Where its key is, as [`name::show`] has it.
    pub key_name: String,
    /// What is known so far; the result is neutral.
    pub outcome: DkimOutcome,
}

/// Reads `field` as of `now`, in seconds since 1970.
///
/// # Errors
/// The outcome of a signature that cannot pass, whatever its key.
pub fn read<'a>(field: &Field<'a>, now: u64) -> Result<Candidate<'a>, Box<DkimOutcome>> {
    let tags = TagList::read(field.value);
    let mut outcome = facts(&tags);
    match examine(&tags, &outcome, now) {
        Ok((mut signature, key_name)) => {
            // Judged already, by the clock that was passed in.
            signature.x = 0;
            // Reports (RFC 6651) and third-party signatures (RFC 6541) would only ask DNS more.
            signature.r = false;
            signature.atps = None;
            let unsigned = unsigned(&tags);
            Ok(Candidate { field: *field, signature, unsigned, body_length: outcome.body_length, key_name, outcome })
        }
        Err((result, reason)) => {
            outcome.result = result;
            outcome.reason = reason;
            Err(Box::new(outcome))
        }
    }
}

/// RFC 6376 §3.7: the value of `b=` goes, with the white space around it, and so does the CR LF at the field's end.
fn unsigned(tags: &TagList) -> Vec<u8> {
    let text = tags.text();
    let (mut until, mut from) = (text.len(), text.len());
    if let Some(tag) = tags.get("b") {
        let name_end = tag.name.range().end;
        until = memchr::memchr(b'=', &text[name_end..]).map_or(until, |i| name_end + i + 1);
        from = memchr::memchr(b';', &text[until..]).map_or(from, |i| until + i);
    }
    let mut out = Vec::with_capacity(text.len());
    out.extend_from_slice(&text[..until]);
    out.extend_from_slice(&text[from..]);
    for end in [b'\n', b'\r'] {
        if out.last() == Some(&end) {
            out.pop();
        }
    }
    out
}

/// The value of a tag without the white space in it.
fn text(tags: &TagList, name: &str) -> Option<String> {
    let value = tags.value(name)?;
    if !value.iter().any(u8::is_ascii_whitespace) {
        return Some(String::from_utf8_lossy(value).into_owned());
    }
    let octets: Vec<u8> = value.iter().copied().filter(|b| !b.is_ascii_whitespace()).collect();
    Some(String::from_utf8_lossy(&octets).into_owned())
}

/// The first characters of `b=`.
fn start(tags: &TagList) -> String {
    let octets = tags.value("b").unwrap_or_default().iter().copied().filter(|b| !b.is_ascii_whitespace());
    // Four octets a character are enough, whatever they are.
    String::from_utf8_lossy(&octets.take(32).collect::<Vec<u8>>()).chars().take(8).collect()
}

fn number(tags: &TagList, name: &str) -> Result<Option<u64>, String> {
    match text(tags, name) {
        None => Ok(None),
        // RFC 6376 §3.5 allows 76 digits; what does not fit here is more than any message has.
        Some(digits) if digits.bytes().all(|b| b.is_ascii_digit()) && !digits.is_empty() => {
            Ok(Some(digits.parse().unwrap_or(u64::MAX)))
        }
        Some(other) => Err(format!("`{name}={}` is not a number", shown(&other))),
    }
}

/// What the tags say, right or wrong.
fn facts(tags: &TagList) -> DkimOutcome {
    let lower = |name| text(tags, name).unwrap_or_default().to_lowercase();
    DkimOutcome {
        result: DkimResult::Neutral,
        domain: lower("d"),
        selector: lower("s"),
        algorithm: lower("a"),
        identity: text(tags, "i"),
        key_bits: None,
        signed_fields: lower("h").split(':').map(str::to_string).take(MAX_SIGNED_FIELDS).collect(),
        body_length: number(tags, "l").unwrap_or(None),
        signed_at: number(tags, "t").unwrap_or(None),
        expires_at: number(tags, "x").unwrap_or(None),
        testing: false,
        signature_start: start(tags),
        reason: String::new(),
    }
}

fn examine(tags: &TagList, facts: &DkimOutcome, now: u64) -> Result<(Signature, String), (DkimResult, String)> {
    let neutral = |reason: String| Err((DkimResult::Neutral, reason));
    let never = |reason: String| Err((DkimResult::PermError, reason));
    let tag = |name| shown(&text(tags, name).unwrap_or_default());

    if let Some(fault) = tags.faults.iter().find(|f| !matches!(f.kind, TagFault::Empty | TagFault::BadValue)) {
        let place = shown(&String::from_utf8_lossy(tags.slice(fault.span)));
        return neutral(format!("the signature is not a list of tags, each once: `{place}`"));
    }
    if let Some(missing) = ["v", "a", "b", "bh", "d", "h", "s"].into_iter().find(|t| tags.get(t).is_none()) {
        return neutral(format!("the signature has no `{missing}=`, which it must have (RFC 6376 §3.5)"));
    }
    if tag("v") != "1" {
        return neutral(format!("the signature is of version `{}`, not 1", tag("v")));
    }
    if let Some(reason) = ["l", "t", "x"].into_iter().find_map(|t| number(tags, t).err()) {
        return neutral(format!("the signature cannot be read: {reason}"));
    }
    let signature = match Signature::parse(tags.text()) {
        Ok(signature) => signature,
        Err(Error::Dkim(DkimError::UnsupportedAlgorithm)) => {
            return neutral(format!("the algorithm `{}` is not known", tag("a")));
        }
        Err(Error::Dkim(DkimError::UnsupportedCanonicalization)) => {
            return neutral(format!("the canonicalization `c={}` is not known", tag("c")));
        }
        Err(Error::Base64) => return neutral("`b=` or `bh=` is not base64".into()),
        Err(_) => return neutral("the signature cannot be read: a tag that it must have is empty".into()),
    };
    if signature.a == Algorithm::RsaSha1 {
        return never("rsa-sha1 is no longer accepted (RFC 8301 §3.1)".into());
    }
    // RFC 6376 §3.5: unknown query methods are passed over, but one must be known.
    if text(tags, "q").is_some_and(|q| !q.split(':').any(|method| method.eq_ignore_ascii_case("dns/txt"))) {
        return neutral(format!("the key is not in DNS: `q={}`", tag("q")));
    }
    if signature.h.len() > MAX_SIGNED_FIELDS {
        return neutral(format!("`h=` names more than {MAX_SIGNED_FIELDS} fields"));
    }
    if !signature.h.iter().any(|h| h.eq_ignore_ascii_case("from")) {
        return never("the From field is not signed (RFC 6376 §5.4)".into());
    }
    let Some(key_name) = key_name(&facts.selector, &facts.domain) else {
        return neutral("`d=` and `s=` do not make a domain name".into());
    };
    if !signature.i.is_empty() && !identity_fits(&signature.i, &facts.domain) {
        return never(format!("`i={}` is not within `d={}` (RFC 6376 §3.5)", tag("i"), tag("d")));
    }
    if let Some(expires) = facts.expires_at {
        if facts.signed_at.is_some_and(|signed| expires <= signed) {
            return neutral("the signature expires before it was made: `x=` is not after `t=`".into());
        }
        if expires <= now {
            let ago = duration(now - expires);
            return Err((DkimResult::Fail, format!("the signature expired {ago} ago (x={expires})")));
        }
    }
    Ok((signature, key_name))
}

/// Where the key of `selector` and `domain` is (RFC 6376 §3.6.2.1); nothing where that is no name.
fn key_name(selector: &str, domain: &str) -> Option<String> {
    let text = format!("{selector}._domainkey.{domain}");
    if name::is_plain(&text) {
        return Some(text);
    }
    let name = name::below(&format!("{selector}._domainkey"), &name::domain(domain).ok()?).ok()?;
    Some(name::show(&name))
}

/// Whether the domain of `identity` is `domain` or below it.
fn identity_fits(identity: &str, domain: &str) -> bool {
    let Some((_, host)) = identity.rsplit_once('@') else { return false };
    host.eq_ignore_ascii_case(domain) || host.to_ascii_lowercase().ends_with(&format!(".{domain}"))
}

/// What a stranger wrote, fit for a sentence: short, and without control characters.
fn shown(text: &str) -> String {
    text.chars().filter(|c| !c.is_control()).take(60).collect()
}

fn duration(seconds: u64) -> String {
    let (count, unit) = match seconds {
        0..3600 => (seconds / 60, "minute"),
        3600..86_400 => (seconds / 3600, "hour"),
        _ => (seconds / 86_400, "day"),
    };
    format!("{count} {unit}{}", if count == 1 { "" } else { "s" })
}
