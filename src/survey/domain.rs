//! What a domain publishes, as far as a survey of many looks at it.

use std::collections::BTreeMap;

use serde::Serialize;

use crate::survey::class::Class;

/// One domain of a list.
#[derive(Clone, Debug, Serialize)]
pub struct Domain {
    /// Its name.
    pub domain: String,
    /// What its mail could show, by what it publishes.
    pub class: Class,
    /// Whether the name exists.
    pub exists: bool,
    /// SPF: `ok`, `missing`, `broken` or `unknown`.
    pub spf: String,
    /// DKIM: the same. A key counts that is found by a selector that many use: others may be there.
    pub dkim: String,
    /// DMARC: the same.
    pub dmarc: String,
    /// The policy: `none`, `quarantine`, `reject`; nothing without DMARC.
    pub policy: Option<String>,
    /// Keys by algorithm and size: `rsa 2048`.
    pub keys: BTreeMap<String, u64>,
    /// Mail hosts.
    pub mx: usize,
    /// Codes of what is wrong.
    pub findings: Vec<String>,
    /// Questions that DNS did not answer.
    pub unknown: usize,
}

/// The class of mail from a domain that publishes this: what it could show at best. Nothing can be forged here, so that
/// class stays empty.
pub fn published_class(spf: &str, dkim: &str, dmarc: &str) -> Class {
    if [spf, dkim, dmarc].contains(&"unknown") {
        return Class::Undecided;
    }
    match (spf == "ok", dkim == "ok", dmarc == "ok") {
        (true, true, true) => Class::All,
        (true, false, true) | (false, true, true) => Class::DmarcByOne,
        (true, true, false) => Class::SpfDkim,
        (true, false, false) => Class::SpfOnly,
        (false, true, false) => Class::DkimOnly,
        // DMARC alone lets nothing pass.
        (false, false, _) => Class::None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn classes_of_what_is_published() {
        for (spf, dkim, dmarc, want) in [
            ("ok", "ok", "ok", Class::All),
            ("ok", "missing", "ok", Class::DmarcByOne),
            ("broken", "ok", "ok", Class::DmarcByOne),
            ("ok", "ok", "broken", Class::SpfDkim),
            ("ok", "missing", "missing", Class::SpfOnly),
            ("missing", "ok", "missing", Class::DkimOnly),
            ("missing", "missing", "ok", Class::None),
            ("missing", "missing", "missing", Class::None),
            ("ok", "unknown", "ok", Class::Undecided),
        ] {
            assert_eq!(published_class(spf, dkim, dmarc), want, "{spf} {dkim} {dmarc}");
        }
    }
}
