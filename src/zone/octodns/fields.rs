//! How octoDNS writes the data of each type whose values are structured.

/// How one field of a structured value is written in a master file.
#[derive(Clone, Copy)]
pub(super) enum Part {
    /// As it is.
    Plain,
    /// As a name, which has to end in a dot.
    Name,
    /// In quotes.
    Quoted,
}

/// A field of a structured value: its key, an older key for it, what it is if it is left out, and its form.
pub(super) type FieldOf = (&'static str, &'static str, Option<&'static str>, Part);

/// The fields of a type, in the order of a master file; none for a type whose values are texts.
pub(super) fn fields(rtype: &str) -> Option<&'static [FieldOf]> {
    use Part::{Name, Plain, Quoted};
    Some(match rtype {
        "MX" => &[("preference", "priority", None, Plain), ("exchange", "value", None, Name)],
        "SRV" => &[
            ("priority", "", None, Plain),
            ("weight", "", None, Plain),
            ("port", "", None, Plain),
            ("target", "", None, Name),
        ],
        "CAA" => &[("flags", "", Some("0"), Plain), ("tag", "", None, Plain), ("value", "", None, Quoted)],
        "NAPTR" => &[
            ("order", "", None, Plain),
            ("preference", "", None, Plain),
            ("flags", "", None, Quoted),
            ("service", "", None, Quoted),
            ("regexp", "", None, Quoted),
            ("replacement", "", None, Name),
        ],
        "SSHFP" => {
            &[("algorithm", "", None, Plain), ("fingerprint_type", "", None, Plain), ("fingerprint", "", None, Plain)]
        }
        "TLSA" => &[
            ("certificate_usage", "", None, Plain),
            ("selector", "", None, Plain),
            ("matching_type", "", None, Plain),
            ("certificate_association_data", "", None, Plain),
        ],
        "DS" => &[
            ("key_tag", "", None, Plain),
            ("algorithm", "", None, Plain),
            ("digest_type", "", None, Plain),
            ("digest", "", None, Plain),
        ],
        "URI" => &[("priority", "", None, Plain), ("weight", "", None, Plain), ("target", "", None, Quoted)],
        _ => return None,
    })
}
