//! A TTL over a day.

use crate::lint::records::TextKind;
use crate::lint::rules::prelude::*;

rule! {
    /// A record of mail authentication has a TTL over a day.
    ///
    /// # Why
    /// When a key must be changed, or a sender is missing, receivers go on with the old record for that long.
    ///
    /// # Bad
    /// ```zone
    /// s1._domainkey 604800 TXT "v=DKIM1; p="
    /// ```
    ///
    /// # Good
    /// ```zone
    /// s1._domainkey 3600 TXT "v=DKIM1; p="
    /// ```
    ///
    /// # Reference
    /// RFC 1912 §2.2
    ///
    /// # Since
    /// 0.1.0
    "ZONE011", "ttl-too-long-for-rotation", Advice, Zone, Text(check)
}

/// A day in seconds.
const DAY: u32 = 86_400;

fn check(text: &TextRecord<'_>, out: &mut Sink<'_>) {
    if text.kind != TextKind::Other && text.entry.ttl > DAY {
        out.report(text.whole(), format!("receivers keep this record for {} s", text.entry.ttl))
            .sees("the old record for that long after a change")
            .help("write a TTL of an hour, at most a day");
    }
}
