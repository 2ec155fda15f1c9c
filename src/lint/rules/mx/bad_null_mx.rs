//! A null MX with company.

use crate::lint::rules::prelude::*;

rule! {
    /// A null MX stands beside other MX records, or has a preference other than 0.
    ///
    /// # Why
    /// `0 .` says that the domain takes no mail; it must stand alone. Beside others it is an exchanger without a name.
    ///
    /// # Bad
    /// ```zone
    /// @ MX 0 .
    /// @ MX 10 mail.example.com.
    /// mail A 192.0.2.10
    /// ```
    ///
    /// # Good
    /// ```zone
    /// @ MX 0 .
    /// ```
    ///
    /// # Reference
    /// RFC 7505 §3
    ///
    /// # Since
    /// 0.1.0
    "MX004", "bad-null-mx", Error, Zone, Owner(check)
}

fn check(owner: &Owner<'_>, out: &mut Sink<'_>) {
    let all: Vec<_> = owner.of_type(RecordType::MX).collect();
    for (number, entry) in &all {
        if entry.target.is_none_or(|t| owner.zone.name(t) != wire::ROOT) {
            continue;
        }
        let tokens = owner.tokens(entry);
        if all.len() > 1 {
            out.report(owner.data_spot(*number, entry), "a null MX beside other MX records")
                .sees("an exchanger without a name; what senders do differs")
                .help("keep the null MX alone if the domain takes no mail, else remove it");
        } else if let Some(preference) = tokens.first()
            && owner.token(entry, *preference) != b"0"
        {
            out.report(owner.token_spot(*number, entry, *preference), "a null MX has the preference 0")
                .severity(Severity::Warning)
                .sees("most senders do not mind")
                .help("write `MX 0 .`")
                .fix(Some(Fix {
                    title: "write the preference 0".into(),
                    edits: vec![owner.edit(entry, *preference, "0")],
                    value: None,
                }));
        }
    }
}
