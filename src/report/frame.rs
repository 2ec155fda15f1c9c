//! The frame of the HTML pages: complete in themselves, dark or light as the reader's system is, without a single
//! request.

use crate::report::html_text::html_text;
use crate::words::Lang;

/// A page of `body`, with `style` and `script` within. Nothing may be asked for, whatever is in the page, and without a
/// `script` of ours nothing runs.
pub fn frame(lang: Lang, title: &str, style: &str, script: Option<&str>, body: &str) -> String {
    let (scripts, script) = match script {
        Some(script) => (" script-src 'unsafe-inline';", format!("<script>\n{script}</script>\n")),
        None => ("", String::new()),
    };
    format!(
        "<!doctype html>\n<html lang=\"{}\">\n<head>\n<meta charset=\"utf-8\">\n\
         <meta http-equiv=\"Content-Security-Policy\" content=\"default-src 'none'; style-src 'unsafe-inline';{scripts} \
         img-src data:; base-uri 'none'; form-action 'none'\">\n\
         <meta name=\"viewport\" content=\"width=device-width, initial-scale=1\">\n\
         <meta name=\"color-scheme\" content=\"light dark\">\n\
         <meta name=\"referrer\" content=\"no-referrer\">\n<link rel=\"icon\" href=\"data:,\">\n\
         <title>{}</title>\n<style>\n{style}</style>\n</head>\n<body>\n{body}{script}</body>\n</html>\n",
        lang.tag(),
        html_text(title),
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn scripts_run_only_where_there_is_one_of_ours() {
        let with = frame(Lang::Ja, "a<b", "p {}\n", Some("x()\n"), "<main></main>\n");
        assert!(with.contains("script-src 'unsafe-inline'") && with.contains("<script>\nx()\n</script>"), "{with}");
        assert!(with.contains("<html lang=\"ja\">") && with.contains("<title>a&lt;b</title>"), "{with}");
        let without = frame(Lang::En, "a", "p {}\n", None, "<main></main>\n");
        assert!(!without.contains("script") && without.contains("default-src 'none'"), "{without}");
    }
}
