//! Sentences and records as HTML.

use crate::report::html_text::html_text;

/// A record or a command, to be read letter by letter.
pub(super) fn code(text: &str) -> String {
    format!("<code>{}</code>", html_text(text))
}

/// A sentence in which what stands between back-ticks is code.
pub(super) fn sentence(text: &str) -> String {
    text.split('`').enumerate().map(|(i, part)| if i % 2 == 1 { code(part) } else { html_text(part) }).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn code_in_sentences() {
        assert_eq!(sentence("write `p=<x>` & go"), "write <code>p=&lt;x&gt;</code> &amp; go");
    }
}
