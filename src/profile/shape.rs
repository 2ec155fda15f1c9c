//! Which keys `mailproof.yaml` has and what may stand at each, as a table; and the walk that holds a file to it.
//!
//! The table says the same as [`crate::profile::schema`], in the words of a person who edits the file: the walk reports
//! every mistake at once, where deserialising would stop at the first and speak of types.

use serde_yaml::{Mapping, Value};

use crate::model::typo::nearest;
use crate::profile::leaf::{self, Check};
use crate::profile::tree::{Step, clip};

/// What may stand at a key.
pub enum Shape {
    /// A text that passes a check.
    Text(Check),
    /// A whole number between two bounds, both allowed.
    Number(u64, u64),
    /// `true` or `false`.
    Flag,
    /// One of these words.
    Choice(&'static [&'static str]),
    /// A list of one shape.
    List(&'static Shape),
    /// A mapping with these keys.
    Keys(&'static [Key]),
    /// A mapping of free keys, whose values have one shape.
    Map(&'static Shape),
}

/// A key of a mapping.
pub struct Key {
    /// As it is written.
    pub name: &'static str,
    /// Whether it must be there.
    pub needed: bool,
    /// What may stand there.
    pub shape: Shape,
}

/// A mistake, and the place where it stands.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Problem {
    /// The way to the value.
    pub path: Vec<Step>,
    /// Whether the mistake is the key rather than its value.
    pub at_key: bool,
    /// What is wrong and what would be right.
    pub message: String,
}

const fn need(name: &'static str, shape: Shape) -> Key {
    Key { name, needed: true, shape }
}

const fn may(name: &'static str, shape: Shape) -> Key {
    Key { name, needed: false, shape }
}

const POLICY: Shape = Shape::Choice(&["none", "quarantine", "reject"]);

/// The whole file.
pub static PROFILE: Shape =
    Shape::Keys(&[need("version", Shape::Number(1, 1)), may("lint", LINT), need("domains", Shape::List(&DOMAIN))]);

/// A file that says how zones are linted and nothing of domains.
pub static LINT_ALONE: Shape =
    Shape::Keys(&[need("version", Shape::Number(1, 1)), need("lint", LINT), may("domains", Shape::List(&DOMAIN))]);

const RULES: Shape = Shape::List(&Shape::Text(leaf::text));
const SEVERITIES: Shape = Shape::Map(&Shape::Choice(&["error", "warning", "advice"]));

const LINT: Shape = Shape::Keys(&[
    may("select", RULES),
    may("ignore", RULES),
    may("severity", SEVERITIES),
    may("baseline", Shape::Text(leaf::text)),
    may("max_warnings", Shape::Number(0, u32::MAX as u64)),
    may("paths", Shape::List(&LINT_PATH)),
]);

static LINT_PATH: Shape = Shape::Keys(&[
    need("path", Shape::Text(leaf::text)),
    may("origin", Shape::Text(leaf::dns_name)),
    may("select", RULES),
    may("ignore", RULES),
    may("severity", SEVERITIES),
]);

static DOMAIN: Shape = Shape::Keys(&[
    need("domain", Shape::Text(leaf::mail_domain)),
    may("parked", Shape::Flag),
    may("hosts", Shape::List(&HOST)),
    may("senders", Shape::List(&SENDER)),
    may("spf", SPF),
    may("dkim", Shape::List(&DKIM_KEY)),
    may("dmarc", DMARC),
    may("mta_sts", MTA_STS),
    may("tls_rpt", Shape::Keys(&[need("reports", Shape::List(&Shape::Text(leaf::tls_report_address)))])),
    // RFC 2181 §8: 31 bits.
    may("ttl", Shape::Number(1, 0x7fff_ffff)),
    may("provider", PROVIDER),
    may("server", SERVER),
]);

const SERVER: Shape = Shape::Keys(&[
    may("sending", Shape::Text(leaf::text)),
    may("receiving", Shape::Text(leaf::text)),
    may("system", Shape::Choice(&["debian-12", "ubuntu-22.04", "ubuntu-24.04"])),
    may("authserv_id", Shape::Text(leaf::authserv_id)),
    may("resolvers", Shape::List(&Shape::Text(leaf::address))),
    may("networks", Shape::List(&Shape::Text(leaf::network))),
    may("reject", Shape::Flag),
]);

static HOST: Shape = Shape::Keys(&[
    need("name", Shape::Text(leaf::full_domain)),
    may("addresses", Shape::List(&Shape::Text(leaf::address))),
    may("helo", Shape::Text(leaf::full_domain)),
    may("sends", Shape::Flag),
    may("mx", Shape::Number(0, 65_535)),
    may("publish_addresses", Shape::Flag),
]);

static SENDER: Shape = Shape::Keys(&[
    need("name", Shape::Text(leaf::text)),
    may("include", Shape::Text(leaf::include)),
    may(
        "dkim_cnames",
        Shape::List(&Shape::Keys(&[
            need("selector", Shape::Text(leaf::their_selector)),
            need("target", Shape::Text(leaf::dns_name)),
        ])),
    ),
    may(
        "mx",
        Shape::List(&Shape::Keys(&[
            need("preference", Shape::Number(0, 65_535)),
            need("host", Shape::Text(leaf::full_domain)),
        ])),
    ),
]);

const SPF: Shape = Shape::Keys(&[
    may("all", Shape::Choice(&["fail", "softfail", "neutral"])),
    may("terms", Shape::List(&Shape::Text(leaf::spf_term))),
    may("drop", Shape::List(&Shape::Text(leaf::word))),
]);

static DKIM_KEY: Shape = Shape::Keys(&[
    need("selector", Shape::Text(leaf::own_selector)),
    need("algorithm", Shape::Choice(&["rsa2048", "rsa3072", "rsa4096", "ed25519"])),
    need("key", Shape::Text(leaf::text)),
    may("created", Shape::Text(leaf::day)),
    may("state", Shape::Choice(&["active", "next", "revoked"])),
]);

const DMARC: Shape = Shape::Keys(&[
    may("inherited", Shape::Flag),
    may("policy", POLICY),
    may("subdomains", POLICY),
    may("nonexistent", POLICY),
    may("testing", Shape::Flag),
    may("since", Shape::Text(leaf::day)),
    may("psd", Shape::Choice(&["y", "n"])),
    may("strict_dkim", Shape::Flag),
    may("strict_spf", Shape::Flag),
    may("reports", Shape::List(&Shape::Text(leaf::report_address))),
    may("failure_reports", Shape::List(&Shape::Text(leaf::report_address))),
]);

const MTA_STS: Shape = Shape::Keys(&[
    need("mode", Shape::Choice(&["enforce", "testing", "none"])),
    // RFC 8461 §3.2: at most a year.
    may("max_age", Shape::Number(1, 31_557_600)),
    need("id", Shape::Text(leaf::sts_id)),
]);

const PROVIDER: Shape = Shape::Keys(&[
    need("id", Shape::Text(leaf::provider_id)),
    may("zone", Shape::Text(leaf::dns_name)),
    may("endpoint", Shape::Text(leaf::text)),
    may("settings", Shape::Map(&Shape::Text(leaf::text))),
]);

/// Holds `value` to `shape`: every mistake, and the value in canonical form (keys without a value left out, numbers
/// as text where text is asked for), which is fit to deserialise when there is no mistake.
pub fn check(value: &Value, shape: &Shape) -> (Value, Vec<Problem>) {
    let mut walk = Walk { path: Vec::new(), problems: Vec::new() };
    let value = walk.visit(value, shape);
    (value, walk.problems)
}

struct Walk {
    path: Vec<Step>,
    problems: Vec<Problem>,
}

impl Walk {
    fn problem(&mut self, at_key: bool, message: String) {
        self.problems.push(Problem { path: self.path.clone(), at_key, message });
    }

    fn visit(&mut self, value: &Value, shape: &Shape) -> Value {
        match (shape, value) {
            (Shape::Text(check), Value::String(text)) => {
                if let Err(why) = check(text) {
                    self.problem(false, format!("`{}` {why}", clip(text)));
                }
            }
            (Shape::Text(_), Value::Number(n)) if n.is_u64() => {
                return self.visit(&Value::String(n.to_string()), shape);
            }
            (Shape::Choice(words), Value::String(text)) => {
                if !words.contains(&text.as_str()) {
                    let guess = did_you_mean(text, words);
                    self.problem(false, format!("`{}` is not one of {}{guess}", clip(text), words.join(", ")));
                }
            }
            (Shape::Number(least, most), Value::Number(n)) => match n.as_u64() {
                Some(n) if (*least..=*most).contains(&n) => {}
                _ if least == most => self.problem(false, format!("{n} is not known to this program, only {least} is")),
                _ => self.problem(false, format!("{n} is not a whole number between {least} and {most}")),
            },
            (Shape::Flag, Value::Bool(_)) => {}
            (Shape::List(inner), Value::Sequence(entries)) => return self.list(entries, inner),
            (Shape::Keys(keys), Value::Mapping(map)) => return self.mapping(map, keys),
            (Shape::Map(inner), Value::Mapping(map)) => return self.map(map, inner),
            (shape, value) => {
                let message = format!("{} must be {}, not {}", self.here(), wanted(shape), found(value));
                self.problem(false, message);
            }
        }
        value.clone()
    }

    /// The innermost key, for messages.
    fn here(&self) -> String {
        match self.path.iter().rev().find_map(|s| if let Step::Key(k) = s { Some(k) } else { None }) {
            Some(key) if matches!(self.path.last(), Some(Step::Index(_))) => format!("an entry of `{key}`"),
            Some(key) => format!("`{key}`"),
            None => "a profile".into(),
        }
    }

    fn list(&mut self, entries: &[Value], inner: &Shape) -> Value {
        let mut out = Vec::new();
        for (i, entry) in entries.iter().enumerate() {
            self.path.push(Step::Index(i));
            out.push(self.visit(entry, inner));
            self.path.pop();
        }
        Value::Sequence(out)
    }

    fn mapping(&mut self, map: &Mapping, keys: &[Key]) -> Value {
        let names: Vec<&str> = keys.iter().map(|k| k.name).collect();
        let mut out = Mapping::new();
        for (name, value) in texts(map) {
            self.path.push(Step::Key(name.into()));
            match keys.iter().find(|k| k.name == name) {
                // A key whose entries are all commented out says nothing.
                Some(_) if value.is_null() => {}
                Some(key) => {
                    let value = self.visit(value, &key.shape);
                    out.insert(Value::String(name.into()), value);
                }
                None => {
                    let guess = did_you_mean(name, &names);
                    let guess = if guess.is_empty() { format!("; here stand {}", names.join(", ")) } else { guess };
                    self.problem(true, format!("unknown key `{}`{guess}", clip(name)));
                }
            }
            self.path.pop();
        }
        for key in keys.iter().filter(|k| k.needed && !out.contains_key(k.name)) {
            // A key that is mistyped beside it is told already.
            let mistyped =
                texts(map).any(|(name, _)| !names.contains(&name) && nearest(name, &names) == Some(key.name));
            if !mistyped {
                let empty = map.contains_key(key.name);
                if empty {
                    self.path.push(Step::Key(key.name.into()));
                }
                self.problem(empty, format!("`{}` {}", key.name, if empty { "has no value" } else { "is missing" }));
                if empty {
                    self.path.pop();
                }
            }
        }
        Value::Mapping(out)
    }

    fn map(&mut self, map: &Mapping, inner: &Shape) -> Value {
        let mut out = Mapping::new();
        for (name, value) in texts(map) {
            self.path.push(Step::Key(name.into()));
            let value = self.visit(value, inner);
            out.insert(Value::String(name.into()), value);
            self.path.pop();
        }
        Value::Mapping(out)
    }
}

fn texts(map: &Mapping) -> impl Iterator<Item = (&str, &Value)> {
    map.iter().filter_map(|(k, v)| Some((k.as_str()?, v)))
}

fn did_you_mean(word: &str, known: &[&str]) -> String {
    nearest(word, known).map(|guess| format!("; did you mean `{guess}`?")).unwrap_or_default()
}

fn wanted(shape: &Shape) -> String {
    match shape {
        Shape::Text(_) => "a text".into(),
        Shape::Number(least, most) if least == most => format!("the number {least}"),
        Shape::Number(..) => "a whole number".into(),
        Shape::Flag => "true or false".into(),
        Shape::Choice(words) => format!("one of {}", words.join(", ")),
        Shape::List(_) => "a list (entries that begin with `- `, or `[…]`)".into(),
        Shape::Keys(keys) => {
            let names: Vec<&str> = keys.iter().take(3).map(|k| k.name).collect();
            format!("a mapping with keys such as {}", names.join(", "))
        }
        Shape::Map(_) => "a mapping (`name: value`)".into(),
    }
}

fn found(value: &Value) -> String {
    match value {
        Value::Null => "empty".into(),
        Value::Bool(b) => format!("{b} (put it in quotes if you mean the word)"),
        Value::Number(n) => format!("the number {n}"),
        Value::String(s) => format!("the text `{}`", clip(s)),
        Value::Sequence(_) => "a list".into(),
        Value::Mapping(_) => "a mapping".into(),
        Value::Tagged(_) => "a tagged value".into(),
    }
}
