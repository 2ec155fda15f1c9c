//! Identifier alignment (RFC 9989 §4.4, §4.10.2).

use serde::Serialize;

use crate::auth::dmarc::Walk;
use crate::auth::dmarc::walk::Walker;
use crate::model::dmarc::Alignment as Mode;
use crate::model::name::{self, Name};

/// Whether an authenticated identifier is aligned with the author domain.
#[derive(Clone, Debug, Serialize)]
pub struct Alignment {
    /// `spf` or `dkim`.
    pub method: &'static str,
    /// The domain that passed, or could not be judged.
    pub domain: String,
    /// Its own check ended in a temporary error: aligned or not, it did not pass.
    pub temperror: bool,
    /// `strict` or `relaxed`.
    pub mode: &'static str,
    /// Whether it is aligned; unknown where a query stayed open.
    pub aligned: Option<bool>,
    /// Why, in words.
    pub why: String,
    /// The walk to its organisational domain, where one was needed.
    pub walk: Option<Walk>,
}

/// Compares `identifier` with `author`, whose organisational domain is `organization` if that is known.
pub(super) async fn align(
    walker: &mut Walker<'_>,
    method: &'static str,
    identifier: &Name,
    author: &Name,
    organization: Option<&Name>,
    mode: Mode,
) -> Alignment {
    let mut out = Alignment {
        method,
        domain: name::show(identifier),
        temperror: false,
        mode: if mode == Mode::Strict { "strict" } else { "relaxed" },
        aligned: Some(false),
        why: String::new(),
        walk: None,
    };
    if identifier == author {
        out.aligned = Some(true);
        out.why = "the same domain".into();
        return out;
    }
    if mode == Mode::Strict {
        out.why = format!("not the same domain as {}, and alignment is strict", name::show(author));
        return out;
    }
    let Some(organization) = organization else {
        out.aligned = None;
        out.why = format!("the organisational domain of {} is unknown", name::show(author));
        return out;
    };
    // An organisational domain is the domain itself or above it: no walk can lead elsewhere to this one.
    if !organization.zone_of(identifier) {
        out.why = format!("outside the organisational domain {}", name::show(organization));
        return out;
    }
    let walked = walker.walk(identifier).await;
    out.aligned = walked.organization.as_ref().map(|own| own == organization);
    out.why = match (&walked.organization, out.aligned) {
        (None, _) | (_, None) => walked.shown.why.clone(),
        (Some(_), Some(true)) => format!("the same organisational domain, {}", name::show(organization)),
        (Some(own), Some(false)) => {
            format!("its organisational domain is {}, not {}", name::show(own), name::show(organization))
        }
    };
    out.walk = Some(walked.shown);
    out
}
