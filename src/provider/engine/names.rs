//! Owner names and the names inside data, as a provider writes them.

use hickory_proto::rr::rdata::{CNAME, MX};
use hickory_proto::rr::{RData, RecordType};

use crate::error::{Error, Result};
use crate::model::name::{self, Name, RecordName};
use crate::provider::definition::{NameForm, NameStyle};

/// `owner` in the style of requests.
pub fn write(form: &NameForm, owner: &Name, apex: &Name) -> String {
    match form.write {
        NameStyle::Relative => match name::relative(owner, apex).as_str() {
            "@" => form.apex.clone(),
            relative => relative.to_string(),
        },
        NameStyle::Fqdn => name::show(owner),
        NameStyle::FqdnDot => format!("{}.", name::show(owner)),
    }
}

/// The name that `text` of an answer stands for.
///
/// # Errors
/// A configuration error when it is no name, or lies outside the zone.
pub fn read(form: &NameForm, text: &str, apex: &Name) -> Result<Name> {
    let bad = |e: &dyn std::fmt::Display| Error::config(format!("the provider names a record `{text}`: {e}"));
    let relative = form.read == NameStyle::Relative;
    let bare = text.strip_suffix('.').unwrap_or(text);
    let owner = if relative && (bare.is_empty() || bare == "@" || bare == form.apex) {
        apex.clone()
    } else if relative {
        name::below(bare, apex)?
    } else {
        name::shown(bare).map_err(|e| bad(&e))?
    };
    if !apex.zone_of(&owner) {
        return Err(bad(&format!("that is outside {}", name::show(apex))));
    }
    Ok(owner)
}

/// Data other than TXT as text, its names in the style of requests; the preference of an MX apart where `prio_apart`.
pub fn write_data(style: NameStyle, value: &RData, prio_apart: bool) -> (String, Option<u16>) {
    let shown = |name: &RecordName| match style {
        _ if name.is_root() => ".".to_string(),
        NameStyle::FqdnDot => format!("{}.", Name::from(name)),
        _ => Name::from(name).to_string(),
    };
    match value {
        RData::MX(mx) if prio_apart => (shown(&mx.exchange), Some(mx.preference)),
        RData::MX(mx) => (format!("{} {}", mx.preference, shown(&mx.exchange)), None),
        RData::CNAME(target) => (shown(&target.0), None),
        other => (other.to_string(), None),
    }
}

/// Data other than TXT from text; `None` when it is not understood.
pub fn read_data(rtype: RecordType, text: &str, prio: Option<u16>) -> Option<RData> {
    let target = |text: &str| Some(RecordName::from(&name::shown(text).ok()?));
    match (rtype, prio) {
        (RecordType::CNAME, _) => Some(RData::CNAME(CNAME(target(text.trim())?))),
        (RecordType::MX, Some(prio)) => Some(RData::MX(MX::new(prio, target(text.trim())?))),
        _ => crate::model::snapshot::parse_value(rtype, text).ok(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn form(write: NameStyle, read: NameStyle, apex: &str) -> NameForm {
        NameForm { write, read, apex: apex.into() }
    }

    #[test]
    fn owners_there_and_back() {
        use NameStyle::{Fqdn, FqdnDot, Relative};
        let apex = name::domain("example.com").unwrap();
        let cases: &[(NameStyle, &str, &str, &str)] = &[
            (Relative, "@", "example.com", "@"),
            (Relative, "", "example.com", ""),
            (Relative, "@", "_dmarc.example.com", "_dmarc"),
            // The provider's own name below a zone that repeats it is not the zone.
            (Relative, "@", "example.com.example.com", "example.com"),
            (Relative, "@", "*.example.com", "*"),
            (Fqdn, "", "a._domainkey.example.com", "a._domainkey.example.com"),
            (FqdnDot, "", "example.com", "example.com."),
        ];
        for (style, apex_text, owner, text) in cases {
            let form = form(*style, *style, apex_text);
            let owner = name::domain(owner).unwrap();
            assert_eq!(write(&form, &owner, &apex), *text);
            assert_eq!(read(&form, text, &apex).unwrap(), owner, "{text}");
        }
        assert!(read(&form(Fqdn, Fqdn, ""), "other.example", &apex).is_err(), "outside the zone");
        assert!(read(&form(Fqdn, Fqdn, ""), "a..example.com", &apex).is_err(), "no name");
    }

    #[test]
    fn data_there_and_back() {
        let mx = RData::MX(MX::new(10, name::domain("mail.example.com").unwrap().into()));
        assert_eq!(write_data(NameStyle::FqdnDot, &mx, false), ("10 mail.example.com.".into(), None));
        assert_eq!(write_data(NameStyle::Fqdn, &mx, true), ("mail.example.com".into(), Some(10)));
        assert_eq!(read_data(RecordType::MX, "mail.example.com", Some(10)), Some(mx.clone()));
        assert_eq!(read_data(RecordType::MX, "10 mail.example.com.", None), Some(mx));
        let null = RData::MX(MX::new(0, RecordName::root()));
        assert_eq!(write_data(NameStyle::Fqdn, &null, false), ("0 .".into(), None));
        assert_eq!(read_data(RecordType::A, "no address", None), None);
    }
}
