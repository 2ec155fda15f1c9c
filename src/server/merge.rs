//! A parameter of Postfix brought together with what is there.

use crate::server::manifest::{MergeKind, Parameter};
use crate::server::postfix::main_cf::list;

/// The outcome.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Merged {
    /// The value to set.
    pub value: String,
    /// What a person should know of it, each a sentence without a full stop.
    pub notes: Vec<String>,
}

/// Brings `parameter` together with `present`, the value in force. `ours` are addresses at which our daemons listened
/// under their old configuration, so that they do not stay behind as sockets without a listener.
pub fn merge(parameter: &Parameter, present: Option<&str>, ours: &[String]) -> Merged {
    let value = parameter.value.clone();
    let Some(present) = present.filter(|p| !p.trim().is_empty()) else {
        return Merged { value, notes: Vec::new() };
    };
    match parameter.merge {
        MergeKind::Replace => Merged { value, notes: Vec::new() },
        MergeKind::Milters => milters(parameter, present, ours),
        MergeKind::Restrictions => restrictions(parameter, present),
    }
}

fn milters(parameter: &Parameter, present: &str, ours: &[String]) -> Merged {
    let mut all = list(&parameter.value);
    let mut notes = Vec::new();
    for milter in list(present) {
        // `$smtpd_milters` names what is merged by itself.
        let known = all.contains(&milter) || milter.starts_with('$') || ours.contains(&milter);
        let named = ["opendkim", "opendmarc"].iter().any(|n| milter.contains(n));
        if known || named {
            continue;
        }
        notes.push(format!("{} keeps {milter}, behind ours: see that something listens there", parameter.name));
        all.push(milter);
    }
    Merged { value: all.join(", "), notes }
}

/// A restriction is the word and what belongs to it: `check_policy_service unix:private/policyd-spf` is two words.
fn restrictions(parameter: &Parameter, present: &str) -> Merged {
    let wanted = list(&parameter.value);
    let mut all = list(present);
    let service = wanted.iter().position(|w| w == "check_policy_service").map(|at| wanted[at..].to_vec());
    let Some(service) = service else { return Merged { value: parameter.value.clone(), notes: Vec::new() } };
    let has = all.windows(service.len()).any(|w| w == service.as_slice());
    if has {
        return Merged { value: present.to_string(), notes: Vec::new() };
    }
    // Before anything that accepts for good, behind what keeps strangers from relaying.
    let relay = all.iter().position(|w| w == "reject_unauth_destination" || w == "defer_unauth_destination");
    match relay {
        Some(at) => {
            all.splice(at + 1..at + 1, service);
        }
        None => {
            if all.last().is_some_and(|w| w == "permit") {
                all.pop();
            }
            all.push("reject_unauth_destination".into());
            all.extend(service);
        }
    }
    let mut out = String::new();
    for word in &all {
        let argument = out.ends_with("check_policy_service") || word.contains([':', '/']) && takes_argument(&out);
        out.push_str(if out.is_empty() {
            ""
        } else if argument {
            " "
        } else {
            ", "
        });
        out.push_str(word);
    }
    let note = format!("{} keeps its restrictions; the SPF service was added", parameter.name);
    Merged { value: out, notes: vec![note] }
}

fn takes_argument(so_far: &str) -> bool {
    so_far.rsplit([',', ' ']).next().is_some_and(|w| w.starts_with("check_"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn together() {
        let rows = [
            (MergeKind::Replace, "a", Some("b"), "a", 0),
            (MergeKind::Milters, "unix:opendkim/opendkim.sock", None, "unix:opendkim/opendkim.sock", 0),
            // OpenDKIM's former address goes, the virus scanner's stays.
            (
                MergeKind::Milters,
                "unix:opendkim/opendkim.sock",
                Some("inet:127.0.0.1:8891 unix:clamav/clamav.sock, local:opendkim/old.sock"),
                "unix:opendkim/opendkim.sock, unix:clamav/clamav.sock",
                1,
            ),
            (MergeKind::Milters, "unix:a", Some("$smtpd_milters"), "unix:a", 0),
            (
                MergeKind::Restrictions,
                "permit_mynetworks, reject_unauth_destination, check_policy_service unix:private/policyd-spf",
                Some("permit_mynetworks reject_unauth_destination, check_client_access hash:/etc/postfix/a, permit"),
                "permit_mynetworks, reject_unauth_destination, check_policy_service unix:private/policyd-spf, check_client_access hash:/etc/postfix/a, permit",
                1,
            ),
            (
                MergeKind::Restrictions,
                "permit_mynetworks, check_policy_service unix:private/policyd-spf",
                Some("permit_mynetworks, permit"),
                "permit_mynetworks, reject_unauth_destination, check_policy_service unix:private/policyd-spf",
                1,
            ),
            (
                MergeKind::Restrictions,
                "permit_mynetworks, check_policy_service unix:private/policyd-spf",
                Some("check_policy_service unix:private/policyd-spf"),
                "check_policy_service unix:private/policyd-spf",
                0,
            ),
        ];
        for (merge_kind, value, present, want, notes) in rows {
            let parameter = Parameter { name: "p".into(), value: value.into(), merge: merge_kind, why: String::new() };
            let got = merge(&parameter, present, &["inet:127.0.0.1:8891".into()]);
            assert_eq!((got.value.as_str(), got.notes.len()), (want, notes), "{present:?}");
        }
    }
}
