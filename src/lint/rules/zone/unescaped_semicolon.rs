//! A value that ends at a semicolon.

use crate::lint::rules::prelude::*;
use crate::model::txt::{quoted, split};

rule! {
    /// An unquoted `;` cut the value: what stands behind it is a comment.
    ///
    /// # Why
    /// In a zone file `;` begins a comment. What is published ends before it, and the rest of the record is missing.
    ///
    /// # Bad
    /// ```zone
    /// s1._domainkey TXT v=DKIM1; k=rsa; p=
    /// ```
    ///
    /// # Good
    /// ```zone
    /// s1._domainkey TXT "v=DKIM1; k=rsa; p="
    /// _dmarc TXT "v=DMARC1; p=none; rua=mailto:dmarc@example.com" ; watch first
    /// ```
    ///
    /// # Reference
    /// RFC 1035 §5.1
    ///
    /// # Since
    /// 0.1.0
    "ZONE008", "unescaped-semicolon", Error, Text, Text(check)
}

fn check(text: &TextRecord<'_>, out: &mut Sink<'_>) {
    let zone_text = text.site.zone.text(text.entry.source);
    let end = text.entry.data.end as usize;
    let Some(rest) = zone_text.get(end..).filter(|_| text.site.is_text()) else { return };
    let line = rest.split(|b| matches!(b, b'\n' | b'\r')).next().unwrap_or_default();
    let trimmed = line.trim_ascii_start();
    let Some(comment) = trimmed.strip_prefix(b";") else { return };
    // Only an unquoted value is cut.
    let tokens = text.site.tokens(text.entry);
    if tokens.iter().any(|t| text.site.token(text.entry, *t).starts_with(b"\"")) {
        return;
    }
    let value = text.octets();
    if !is_tag(value.rsplit(|b| *b == b' ').next().unwrap_or(value)) || !is_tag(comment) {
        return;
    }
    let cut = Span::new(end, end + line.trim_ascii_end().len());
    let whole =
        String::from_utf8_lossy(zone_text.get(text.entry.data.start as usize..cut.range().end).unwrap_or_default())
            .into_owned();
    let published = text.slice(Span::new(0, value.len()));
    let fix = Fix {
        title: "quote the value".into(),
        edits: vec![text.site.edit(
            text.entry,
            Span::new(text.entry.data.start as usize, cut.range().end),
            quoted(&split(whole.as_bytes())),
        )],
        value: Some(whole.clone().into_bytes()),
    };
    out.report(
        text.site.token_spot(text.number, text.entry, cut),
        format!("the semicolon ends the value: `{}` is what is published", short(&published)),
    )
    .sees(format!("`{}`, and nothing of the rest", short(&published)))
    .help("quote the value, or write `\\;`")
    .fix(Some(fix));
}

/// Whether a text begins like a tag, `name=`.
fn is_tag(text: &[u8]) -> bool {
    let text = text.trim_ascii_start();
    let name = text.iter().take_while(|b| b.is_ascii_alphanumeric() || **b == b'_').count();
    name > 0 && text.get(name..).is_some_and(|rest| rest.trim_ascii_start().starts_with(b"="))
}
