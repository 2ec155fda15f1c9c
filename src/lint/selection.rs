//! Which rules run.

use crate::error::{Error, Result};
use crate::lint::registry::{self, RULES};
use crate::lint::rule::Rule;

/// The rules that `select` names (all if it is empty), without those that `ignore` names.
///
/// A name is a code (`SPF007`), the front of one (`SPF`, `DKIM0`), or a slug (`unknown-mechanism`), whatever the case.
///
/// # Errors
/// A usage error for a name that is none of them, with a guess.
pub fn rules(select: &[String], ignore: &[String]) -> Result<Vec<&'static Rule>> {
    for name in select.iter().chain(ignore) {
        if !RULES.iter().any(|r| matches(r, name)) {
            let error = Error::usage(format!("`{name}` is no rule"));
            return Err(match registry::guess(name) {
                Some(meant) => error.hint(format!("did you mean {meant}?")),
                None => error.hint("`mailproof explain` lists the rules"),
            });
        }
    }
    let chosen = |r: &&Rule| select.is_empty() || select.iter().any(|s| matches(r, s));
    Ok(RULES.iter().copied().filter(chosen).filter(|r| !ignore.iter().any(|i| matches(r, i))).collect())
}

/// Whether `name` means this rule, or a group that it is in.
pub fn matches(rule: &Rule, name: &str) -> bool {
    let prefix = rule.code.get(..name.len()).is_some_and(|p| p.eq_ignore_ascii_case(name));
    // `SP` is no group: the letters must be whole.
    let letters = rule.code.bytes().take_while(u8::is_ascii_alphabetic).count();
    (prefix && name.len() >= letters) || rule.slug.eq_ignore_ascii_case(name)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_of_rules() {
        let codes = |select: &[&str], ignore: &[&str]| -> Vec<&str> {
            let own = |l: &[&str]| l.iter().map(|s| (*s).to_string()).collect::<Vec<_>>();
            rules(&own(select), &own(ignore)).unwrap().iter().map(|r| r.code).collect()
        };
        assert_eq!(codes(&["spf007"], &[]), ["SPF007"]);
        assert_eq!(codes(&["unknown-mechanism"], &[]), ["SPF007"]);
        assert_eq!(codes(&["MX"], &["MX00"]), [""; 0]);
        assert!(codes(&["SPF"], &[]).len() > 30);
        assert_eq!(codes(&[], &[]).len(), RULES.len());
        for bad in ["SPF999", "SP", "inlude"] {
            assert!(rules(&[bad.to_string()], &[]).is_err(), "{bad}");
        }
        let error = rules(&["unknown-mechanisms".into()], &[]).unwrap_err();
        assert_eq!(error.hint_text(), Some("did you mean unknown-mechanism?"));
    }
}
