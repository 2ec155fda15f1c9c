//! TTLs as the provider takes them.

use crate::provider::definition::TtlScope;
use crate::provider::engine::{Engine, types};

impl Engine {
    /// The TTL of the zone, where records without one have that.
    pub(super) fn default_ttl(&self) -> Option<u32> {
        let name = self.definition.ttl.default_from.as_ref()?;
        let value = self.state().found.get(name).and_then(types::whole_number)?;
        u32::try_from(value).ok()
    }

    /// The nearest TTL that the provider takes.
    pub(super) fn fitting_ttl(&self, wanted: u32) -> u32 {
        let form = &self.definition.ttl;
        if form.scope == TtlScope::Zone {
            return self.default_ttl().unwrap_or(wanted);
        }
        if form.auto == Some(wanted) || (wanted == 0 && form.zero_means_default) {
            return wanted;
        }
        if !form.allowed.is_empty() {
            let longer = form.allowed.iter().filter(|t| **t >= wanted && **t > 0).min();
            return longer.or(form.allowed.iter().max()).copied().unwrap_or(wanted);
        }
        let of_zone = form.min_from.as_ref().and_then(|name| self.state().found.get(name)?.as_u64());
        let least = of_zone.and_then(|n| u32::try_from(n).ok()).or(form.min).unwrap_or(0);
        wanted.clamp(least, form.max.unwrap_or(u32::MAX).max(least))
    }
}
