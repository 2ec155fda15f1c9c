//! A digest that can be shown to others.

use crate::feedback::Digest;
use crate::survey::Mask;

/// Replaces addresses and other people's names by pseudonyms; the domain itself, services that send for many, and who
/// reports stay.
pub(super) fn hide(digest: &mut Digest, mask: &Mask) {
    let own = digest.domain.clone();
    let foreign = |name: &mut String| {
        if !name.is_empty() && *name != own && !name.ends_with(&format!(".{own}")) {
            *name = mask.hide("domain", name);
        }
    };
    for source in &mut digest.sources {
        source.address = mask.hide("source", &source.address);
        source.name = None;
        if source.service.is_none() {
            foreign(&mut source.organization);
        }
        source.dkim_domains.iter_mut().chain(&mut source.spf_domains).for_each(foreign);
    }
    digest.advice.fix.iter_mut().for_each(|address| *address = mask.hide("source", address));
    for (address, envelope, _) in &mut digest.failures {
        *address = mask.hide("source", address);
        foreign(envelope);
    }
}
