//! A journey: what is asked, what is answered and why, and the screen at its end.

use std::path::Path;

use crate::support::powerdns::PowerDns;
use crate::terminal::{Person, Terminal};

/// What somebody does when asked.
pub enum Does {
    /// Takes what is proposed.
    Enter,
    /// Types this, then Enter. `{endpoint}` and `{key}` stand for those of the lab.
    Types(&'static str),
    /// Presses these keys and nothing else.
    Presses(&'static str),
    /// Takes the choice that begins so.
    Takes(&'static str),
    /// Marks the choices that begin so.
    Marks(&'static [&'static str]),
}

pub use Does::{Enter, Marks, Presses, Takes, Types};

/// What is asked, what is done, and why.
pub type Step = (&'static str, Does, &'static str);

/// Goes through `steps`.
#[track_caller]
pub fn goes<T: Terminal>(person: &mut Person<T>, dns: &PowerDns, steps: &[Step]) {
    for (asked, does, _why) in steps {
        match does {
            Enter => person.answers(asked, ""),
            Types(text) => {
                let text = text.replace("{endpoint}", &dns.endpoint).replace("{key}", &dns.api_key);
                person.answers(asked, &text);
            }
            Presses(keys) => {
                person.is_asked(asked);
                person.types(keys);
                person.answers += 1;
            }
            Takes(label) => person.chooses(asked, label),
            Marks(labels) => person.marks(asked, labels),
        }
    }
}

/// The last of many steps: who keeps the zone, the page of answers, the secret, consent.
pub const PUBLISH: &[Step] = &[
    ("Who keeps the zone", Takes("PowerDNS"), "nobody can see that from its name servers"),
    ("Address of PowerDNS", Types("{endpoint}"), "its API listens where the test says"),
    ("The number of an answer to change", Enter, "all is right"),
    ("API key of PowerDNS", Types("{key}"), "asked for, never kept"),
    ("Publish?", Presses("y"), "the plan is seen, and its proof"),
];

/// Waits for the end, and keeps the screen with the count of answers.
#[track_caller]
pub fn arrives<T: Terminal>(person: &Person<T>, name: &str, status: i32, folder: &Path) -> String {
    assert_eq!(person.ends(), status, "{name}:\n{}", person.seen());
    keeps(name, &format!("{}\n\n[{} answers]", person.seen().trim_end(), person.answers), folder);
    person.seen()
}

/// Keeps a transcript, without what differs from run to run.
#[track_caller]
pub fn keeps(name: &str, transcript: &str, folder: &Path) {
    let mut settings = insta::Settings::clone_current();
    settings.set_snapshot_path("snapshots");
    settings.set_prepend_module_to_snapshot(false);
    settings.set_omit_expression(true);
    let folder = format!("{}/?", folder.display());
    for (pattern, instead) in [
        (folder.as_str(), ""),
        // This machine's own name and addresses are nobody's business.
        (r"(?m)^ *(Here|このマシン) .*\n( {16}.*\n)*", ""),
        (r"127\.0\.0\.1:\d+", "127.0.0.1:PORT"),
        (r"\d+\.\d s\b", "0.1 s"),
        (r"mp\d{6}[a-z0-9]*", "mpYYYYMM"),
        (r"p=[A-Za-z0-9+/]{8}\.\.\.[A-Za-z0-9+/=]{8}", "p=MIIBIjAN...AAAAAAAA"),
        (r"p=[A-Za-z0-9+/]{16,}=*", "p=KEY"),
        (r"\d{8}T\d{6}Z?", "YYYYMMDDThhmmss"),
        (r"(after|in) \d+ s\b", "$1 N s"),
        (r"test-[0-9a-z]{8,}", "test-TOKEN"),
    ] {
        settings.add_filter(pattern, instead);
    }
    settings.bind(|| insta::assert_snapshot!(name, transcript));
}
