//! `t=y`.

use crate::lint::rules::prelude::*;

rule! {
    /// The key says that it is only being tested.
    ///
    /// # Why
    /// Verifiers may treat mail with a bad signature as if it were not signed at all; some treat every signature so.
    ///
    /// # Bad
    /// ```zone
    /// s1._domainkey TXT "v=DKIM1; t=y; p="
    /// ```
    ///
    /// # Good
    /// ```zone
    /// s1._domainkey TXT "v=DKIM1; p="
    /// ```
    ///
    /// # Reference
    /// RFC 6376 §3.6.1
    ///
    /// # Since
    /// 0.1.0
    "DKIM014", "left-in-test-mode", Warning, Record, Dkim(check)
}

fn check(key: &DkimText<'_>, out: &mut Sink<'_>) {
    let Some(flag) = key.record.flags.iter().find(|f| f.of(key.octets()) == b"y") else { return };
    let tag = key.record.tags.get("t").map_or(*flag, |t| t.whole);
    out.report(key.at(tag), "the key is marked as a test")
        .sees("some receivers treat signatures by this key as if there were none")
        .help("remove `y` from `t=` once the signatures verify")
        .fix(remove_flag(key, *flag));
}

fn remove_flag(key: &DkimText<'_>, flag: Span) -> Option<Fix> {
    let tag = key.record.tags.get("t")?;
    if key.record.flags.len() > 1 {
        let rest: Vec<_> = key.record.flags.iter().filter(|f| **f != flag).map(|f| key.slice(*f)).collect();
        return key.replace("remove the flag", tag.value, &rest.join(":"));
    }
    // The tag goes with its semicolon and the space behind it, or, as the last one, with those before it.
    let octets = key.octets();
    let mut cut = tag.whole;
    let after = octets.get(cut.end as usize..).unwrap_or_default();
    match after.iter().position(|b| *b == b';') {
        Some(semicolon) => {
            cut.end += semicolon as u32 + 1;
            let spaces = octets.get(cut.end as usize..)?.iter().take_while(|b| **b == b' ').count();
            cut.end += spaces as u32;
        }
        None => {
            let before = octets.get(..cut.start as usize)?;
            cut.start = before.iter().rposition(|b| *b == b';')? as u32;
        }
    }
    key.replace("remove `t=y`", cut, "")
}
