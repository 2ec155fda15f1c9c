//! A host name where a key should be.

use crate::lint::records::TextKind;
use crate::lint::rules::prelude::*;

rule! {
    /// A selector has a TXT record that holds a host name.
    ///
    /// # Why
    /// The service asked for a CNAME. As text the name means nothing, and verifiers find no key.
    ///
    /// # Bad
    /// ```zone
    /// abc._domainkey TXT "abc.dkim.amazonses.com"
    /// ```
    ///
    /// # Good
    /// ```zone
    /// abc._domainkey CNAME abc.dkim.amazonses.com.
    /// ```
    ///
    /// # Reference
    /// RFC 6376 §3.6.2
    ///
    /// # Since
    /// 0.1.0
    "DKIM023", "hostname-in-txt", Error, Record, Text(check)
}

fn check(text: &TextRecord<'_>, out: &mut Sink<'_>) {
    if text.site.role != Role::Selector || text.kind != TextKind::Other {
        return;
    }
    let Ok(value) = std::str::from_utf8(text.octets()) else { return };
    let host = value.trim().trim_end_matches('.');
    let name = host.split('.').count() >= 3
        && host.bytes().all(|b| b.is_ascii_alphanumeric() || matches!(b, b'.' | b'-' | b'_'))
        && host.rsplit('.').next().is_some_and(|top| top.len() >= 2 && top.bytes().all(|b| b.is_ascii_alphabetic()));
    if name {
        out.report(text.whole(), format!("`{}` is a host name, not a key", short(host)))
            .sees("no key: permerror for every signature with this selector")
            .help(format!("publish a CNAME in place of the TXT record: {host}."));
    }
}
