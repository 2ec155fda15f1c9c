//! `p` is not second.

use crate::lint::rules::prelude::*;

rule! {
    /// `p` does not follow `v` at once.
    ///
    /// # Why
    /// RFC 9989 allows any order; readers of RFC 7489 may ignore a record in which `p` is not the second tag.
    ///
    /// # Bad
    /// ```zone
    /// _dmarc TXT "v=DMARC1; rua=mailto:dmarc@example.com; p=reject"
    /// ```
    ///
    /// # Good
    /// ```zone
    /// _dmarc TXT "v=DMARC1; p=reject; rua=mailto:dmarc@example.com"
    /// ```
    ///
    /// # Reference
    /// RFC 7489 §6.3
    ///
    /// # Since
    /// 0.1.0
    "DMARC021", "old-reader-tag-order", Warning, Record, Dmarc(check)
}

fn check(dmarc: &DmarcText<'_>, out: &mut Sink<'_>) {
    let tags = &dmarc.record.tags;
    let Some(index) = tags.tags.iter().position(|t| dmarc.slice(t.name) == "p").filter(|i| *i > 1) else { return };
    let (p, second) = (tags.tags[index], tags.tags[1]);
    let text = dmarc.slice(p.whole);
    // The tag goes with the semicolon and space before it.
    let before = tags.tags[index - 1].whole.end;
    let cut = Span { start: before, end: p.whole.end };
    let at = Span { start: second.whole.start, end: second.whole.start };
    out.report(dmarc.at(p.whole), "`p` is not the second tag")
        .sees("readers of RFC 9989 do not mind; those of RFC 7489 may ignore the record")
        .help("move `p` behind `v=DMARC1`")
        .fix(dmarc.replace_all("move `p` behind `v=DMARC1`", &[(at, &format!("{text}; ")), (cut, "")]));
}
