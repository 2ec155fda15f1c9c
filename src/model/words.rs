//! The words of record data in presentation form.

use crate::model::source::Span;

/// The places of the words of `text`, with blanks between.
pub(crate) fn words(text: &[u8]) -> Vec<Span> {
    let mut out = Vec::new();
    let mut at = 0;
    for word in text.split(u8::is_ascii_whitespace) {
        if !word.is_empty() {
            out.push(Span::new(at, at + word.len()));
        }
        at += word.len() + 1;
    }
    out
}
