//! Changing the DMARC policy in a profile that a person edits: comments and layout stay.

use crate::profile::load;
use crate::profile::schema::{Dmarc, Profile};
use crate::profile::tree::{Step, locate};

/// The text of the profile with `dmarc` at the domain of number `index`. `None` where its layout does not allow a change
/// of lines: what comes out is read back and held against what was meant.
pub fn with_dmarc(text: &str, profile: &Profile, index: usize, dmarc: &Dmarc) -> Option<String> {
    let mut wanted = profile.clone();
    wanted.domains.get_mut(index)?.dmarc.clone_from(dmarc);
    let changed = lines(text, profile, index, dmarc)?;
    let read = load::parse(&changed, "profile").ok()?;
    (read == wanted).then_some(changed)
}

fn lines(text: &str, profile: &Profile, index: usize, dmarc: &Dmarc) -> Option<String> {
    let now = &profile.domains.get(index)?.dmarc;
    let path = |key: &str| {
        vec![Step::Key("domains".into()), Step::Index(index), Step::Key("dmarc".into()), Step::Key(key.into())]
    };
    let mut lines: Vec<String> = text.split_inclusive('\n').map(str::to_string).collect();
    // `policy` gives the indentation; without it there is no line to go by.
    let at = locate(text, &path("policy"), true)?;
    let first = at.line.checked_sub(1)?;
    let indent: String = lines.get(first)?.chars().take_while(|c| *c == ' ').collect();
    if indent.len() + 1 != at.column {
        return None;
    }
    let policy = dmarc.policy.name().to_string();
    let values = [
        ("policy", Some(now.policy.name().to_string()), Some(policy)),
        ("subdomains", now.subdomains.map(|p| p.name().into()), dmarc.subdomains.map(|p| p.name().into())),
        ("nonexistent", now.nonexistent.map(|p| p.name().into()), dmarc.nonexistent.map(|p| p.name().into())),
        ("testing", now.testing.then(|| "true".into()), dmarc.testing.then(|| "true".into())),
        ("since", now.since.clone(), dmarc.since.clone()),
    ];
    let (mut gone, mut new) = (Vec::new(), Vec::new());
    for (key, before, after) in values {
        if before == after {
            continue;
        }
        let place = locate(text, &path(key), true).map(|p| p.line - 1);
        match (place, after) {
            (Some(line), Some(after)) => {
                // A comment behind the value stays.
                let comment = lines[line].find(" #").map(|i| lines[line][i..].trim_end().to_string());
                lines[line] = format!("{indent}{key}: {after}{}\n", comment.unwrap_or_default());
            }
            (Some(line), None) => gone.push(line),
            (None, Some(after)) => new.push(format!("{indent}{key}: {after}\n")),
            (None, None) => {}
        }
    }
    let mut out = String::new();
    for (i, line) in lines.iter().enumerate() {
        if gone.contains(&i) {
            continue;
        }
        out.push_str(line);
        if i == first {
            if !line.ends_with('\n') {
                out.push('\n');
            }
            new.iter().for_each(|line| out.push_str(line));
        }
    }
    Some(out)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::profile::rollout::Stage;

    #[test]
    fn lines_change_and_comments_stay() {
        for (dmarc, want, why) in [
            (
                "dmarc:\n      # Watching since May.\n      policy: none # soon more\n      reports: [d@example.com]",
                Some(
                    "dmarc:\n      # Watching since May.\n      policy: quarantine # soon more\n      nonexistent: reject\n      \
                     testing: true\n      since: 2026-11-28\n      reports: [d@example.com]",
                ),
                "the first step",
            ),
            (
                "dmarc:\n      policy: quarantine\n      testing: true\n      nonexistent: reject\n      since: 2026-10-01",
                Some("dmarc:\n      policy: quarantine\n      nonexistent: reject\n      since: 2026-11-28"),
                "test mode ends",
            ),
            ("dmarc: {policy: none}", None, "all in one line"),
            ("ttl: 300", None, "no policy is written"),
        ] {
            let text = format!("version: 1\n# Mine.\ndomains:\n  - domain: example.com\n    {dmarc}\n    # The end.\n");
            let profile = load::parse(&text, "p").unwrap();
            let now = &profile.domains[0].dmarc;
            let mut next = Stage::of(now).next().unwrap().apply(now);
            next.since = Some("2026-11-28".into());
            let got = with_dmarc(&text, &profile, 0, &next);
            assert_eq!(got, want.map(|w| text.replace(dmarc, w)), "{why}");
        }
    }
}
