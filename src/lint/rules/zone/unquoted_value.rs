//! A value without quotes.

use crate::lint::rules::prelude::*;
use crate::model::txt::{quoted, split};

rule! {
    /// An unquoted value with spaces becomes several strings, which join without them.
    ///
    /// # Why
    /// `TXT v=spf1 mx -all` is read `v=spf1mx-all`: no SPF record at all.
    ///
    /// # Bad
    /// ```zone
    /// @ TXT v=spf1 mx -all
    /// ```
    ///
    /// # Good
    /// ```zone
    /// @ TXT "v=spf1 mx -all"
    /// ```
    ///
    /// # Reference
    /// RFC 1035 §5.1
    ///
    /// # Since
    /// 0.1.0
    "ZONE009", "unquoted-value", Warning, Text, Text(check)
}

fn check(text: &TextRecord<'_>, out: &mut Sink<'_>) {
    // Nearly all values begin with a quote, and need no closer look.
    if !text.site.is_text() || text.site.token(text.entry, text.entry.data).starts_with(b"\"") {
        return;
    }
    let tokens = text.site.tokens(text.entry);
    let bare = |t: &Span| !text.site.token(text.entry, *t).starts_with(b"\"");
    let generic = tokens.first().is_some_and(|t| text.site.token(text.entry, *t) == b"\\#");
    if tokens.len() < 2 || generic || !tokens.iter().all(bare) {
        return;
    }
    // On several lines in parentheses the parts are joined on purpose.
    let written = text.entry.data.of(text.site.zone.text(text.entry.source));
    if written.contains(&b'\n') {
        return;
    }
    let joined = text.slice(Span::new(0, text.octets().len()));
    let parts: Vec<_> = tokens
        .iter()
        .zip(text.decoded.map.strings())
        .zip(text.decoded.map.strings().iter().skip(1).copied().chain([text.octets().len() as u32]))
        .map(|((_, start), end)| text.slice(Span { start: *start, end }))
        .collect();
    let value = parts.join(" ");
    let fix = Fix {
        title: "quote the value".into(),
        edits: vec![text.site.edit(text.entry, text.entry.data, quoted(&split(value.as_bytes())))],
        value: Some(value.clone().into_bytes()),
    };
    out.report(text.whole(), format!("{} strings without quotes, joined as `{}`", tokens.len(), short(&joined)))
        .sees(format!("`{}`", short(&joined)))
        .help(format!("write \"{}\" in quotes if the spaces belong to it", short(&value)))
        .fix(Some(fix));
}
