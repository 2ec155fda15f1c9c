//! The profile as the rules want it: its domains with their public keys, and the day.

use std::collections::HashMap;
use std::path::Path;

use crate::commands::Context;
use crate::error::Result;
use crate::lint::profile_view::{ProfileDomain, ProfileFacts};
use crate::model::dkim::KeyRecord;
use crate::model::name;
use crate::profile::{key_files, load};

/// Reads the profile at `path`. Key files that are not on this machine are left out, and that is said.
///
/// # Errors
/// A configuration error when the profile cannot be used.
pub fn facts(path: &Path, context: &Context) -> Result<ProfileFacts> {
    let profile = load::load(path)?;
    let mut out = ProfileFacts { domains: Vec::new(), today: Some(jiff::Zoned::now().date()) };
    for domain in profile.domains {
        let mut keys = HashMap::new();
        match key_files::records(&domain, load::folder(path)) {
            Ok(records) => keys.extend(records.into_iter().filter_map(|(selector, record)| {
                Some((selector, KeyRecord::read(record.as_bytes()).into_record()?.key?))
            })),
            Err(e) => context.screen.note(format!("note: keys of {} are not compared: {e}", domain.domain)),
        }
        let name = name::domain(&domain.domain)?.octets().to_vec();
        out.domains.push(ProfileDomain { domain, name, keys });
    }
    Ok(out)
}
