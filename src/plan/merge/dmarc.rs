//! What a person should know when one DMARC record takes the place of another.

use crate::model::dmarc::{DmarcRecord, Policy};

/// Notes on `new` in the place of `old`: a weaker policy, reports that end.
pub fn notes(old: &[u8], new: &[u8]) -> Vec<String> {
    let (old, new) = (DmarcRecord::read(old), DmarcRecord::read(new));
    let (Some(old), Some(new)) = (old.record(), new.record()) else { return Vec::new() };
    let mut out = Vec::new();
    let policies: [(&str, Option<Policy>, Option<Policy>); 3] = [
        ("", old.effective_policy(), new.effective_policy()),
        (" for subdomains", old.for_subdomains(), new.for_subdomains()),
        (" for names that do not exist", old.for_nonexistent(), new.for_nonexistent()),
    ];
    for (whom, before, after) in policies {
        if let (Some(before), Some(after)) = (before, after)
            && after < before
        {
            out.push(format!("weaker than before{whom}: {} becomes {}", before.name(), after.name()));
        }
    }
    for (tag, what) in [("rua", "aggregate reports"), ("ruf", "failure reports")] {
        for uri in gone(old, new, tag) {
            out.push(format!("{what} no longer go to {uri}"));
        }
    }
    out
}

fn gone(old: &DmarcRecord<'_>, new: &DmarcRecord<'_>, tag: &str) -> Vec<String> {
    let list = |record: &DmarcRecord<'_>| -> Vec<String> {
        let Some(tag) = record.tags.get(tag) else { return Vec::new() };
        let pieces = record.tags.pieces(tag.value, b',');
        pieces.into_iter().map(|span| String::from_utf8_lossy(record.tags.slice(span)).into_owned()).collect()
    };
    let kept = list(new);
    list(old).into_iter().filter(|uri| !kept.iter().any(|k| k.eq_ignore_ascii_case(uri))).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_told() {
        let cases: &[(&str, &str, &[&str])] = &[
            ("v=DMARC1; p=none", "v=DMARC1; p=reject", &[]),
            (
                "v=DMARC1; p=reject",
                "v=DMARC1; p=none",
                &[
                    "weaker than before: reject becomes none",
                    "weaker than before for subdomains: reject becomes none",
                    "weaker than before for names that do not exist: reject becomes none",
                ],
            ),
            (
                "v=DMARC1; p=none; sp=quarantine; np=none",
                "v=DMARC1; p=none",
                &["weaker than before for subdomains: quarantine becomes none"],
            ),
            (
                "v=DMARC1; p=none; rua=mailto:a@v.example,mailto:b@example.com",
                "v=DMARC1; p=none; rua=mailto:B@example.com",
                &["aggregate reports no longer go to mailto:a@v.example"],
            ),
        ];
        for (old, new, want) in cases {
            assert_eq!(notes(old.as_bytes(), new.as_bytes()), *want, "{old} -> {new}");
        }
    }
}
