//! `master.cf` (master(5)).

use crate::model::source::Span;
use crate::server::postfix::main_cf::logical_lines;

/// A service.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Service {
    /// Its name: `smtp`, `submission`, `policyd-spf`.
    pub name: String,
    /// `inet`, `unix`, `fifo` or `pass`.
    pub kind: String,
    /// Whether it runs in a chroot; `-` is the default, which is no (postconf(5), compatibility levels above 0).
    pub chroot: bool,
    /// The command and its arguments.
    pub command: Vec<String>,
    /// The first line.
    pub span: Span,
    /// All lines.
    pub whole: Span,
}

impl Service {
    /// The value of `-o name=value`.
    pub fn option(&self, name: &str) -> Option<&str> {
        let mut words = self.command.iter();
        while let Some(word) = words.next() {
            let text = match word.strip_prefix("-o") {
                Some("") => words.next().map(String::as_str).unwrap_or_default(),
                Some(joined) => joined,
                None => continue,
            };
            if let Some((key, value)) = text.split_once('=')
                && key == name
            {
                return Some(value);
            }
        }
        None
    }
}

/// Reads `text`. Lines with too few columns are left out: Postfix itself says what is wrong with them.
pub fn read(text: &str) -> Vec<Service> {
    let mut out = Vec::new();
    for (start, lines) in logical_lines(text) {
        let words: Vec<String> = lines.iter().flat_map(|(_, l)| l.split_whitespace()).map(str::to_string).collect();
        let [name, kind, _private, _unprivileged, chroot, _wakeup, _most, command @ ..] = words.as_slice() else {
            continue;
        };
        let first = lines.first().map_or(start, |(at, l)| at + l.trim_end().len());
        let whole = lines.last().map_or(start, |(at, l)| at + l.len());
        out.push(Service {
            name: name.clone(),
            kind: kind.clone(),
            chroot: chroot == "y",
            command: command.to_vec(),
            span: Span::new(start, first),
            whole: Span::new(start, whole),
        });
    }
    out
}

/// `text` with `entry` for the service `name` (such as `policyd-spf/unix`): in its old place, or at the end.
pub fn set(text: &str, name: &str, entry: &str) -> String {
    let (service, kind) = name.split_once('/').unwrap_or((name, "unix"));
    let entry = format!("{}\n", entry.trim_end());
    match read(text).iter().find(|s| s.name == service && s.kind == kind) {
        Some(old) if old.whole.of(text.as_bytes()) == entry.as_bytes() => text.to_string(),
        Some(old) => {
            let mut out = text.to_string();
            out.replace_range(old.whole.range(), &entry);
            out
        }
        None => {
            let gap = if text.is_empty() || text.ends_with('\n') { "" } else { "\n" };
            format!("{text}{gap}{entry}")
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const TEXT: &str = "smtp      inet  n       -       y       -       -       smtpd\n#submission inet n - y - - smtpd\nsubmission inet n - y - - smtpd\n  -o syslog_name=postfix/submission\n  -osmtpd_milters=\nbroken line\n";

    #[test]
    fn read_with_options() {
        let services = read(TEXT);
        assert_eq!(services.len(), 2);
        assert!(services[0].chroot && services[0].name == "smtp");
        assert_eq!(services[1].option("smtpd_milters"), Some(""));
        assert_eq!(services[1].option("syslog_name"), Some("postfix/submission"));
        assert_eq!(services[1].option("none"), None);
    }

    #[test]
    fn set_in_place_or_at_the_end() {
        let entry = "policyd-spf unix - n n - 0 spawn\n  user=policyd-spf argv=/usr/bin/policyd-spf";
        let once = set(TEXT, "policyd-spf/unix", entry);
        assert!(once.ends_with(&format!("{entry}\n")));
        assert_eq!(set(&once, "policyd-spf/unix", entry), once);
        let other = set(&once, "policyd-spf/unix", "policyd-spf unix - n n - 0 spawn user=x argv=/y");
        assert!(other.ends_with("broken line\npolicyd-spf unix - n n - 0 spawn user=x argv=/y\n"), "{other}");
    }
}
