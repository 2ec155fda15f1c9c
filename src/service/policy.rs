//! The MTA-STS policy file of a domain.

use hickory_proto::rr::RecordType;
use reqwest::Url;

use crate::dns::gather::Gathered;
use crate::dns::lookup::Lookup;
use crate::model::mta_sts::StsRecord;
use crate::model::name;
use crate::model::service::PolicyFetch;
use crate::service::https::{self, Fetched};
use crate::tls::Trust;

/// What RFC 8461 §3.3 suggests as the limit.
const LIMIT: usize = 64 * 1024;

/// Fetches it as senders do (RFC 8461 §3.3). `None` where no record announces one: senders then do not ask.
pub(super) async fn fetch(lookup: &dyn Lookup, gathered: &Gathered, trust: &Trust) -> Option<PolicyFetch> {
    let owner = name::below("_mta-sts", &gathered.domain).ok()?;
    let texts = gathered.snapshot.get(&owner, RecordType::TXT)?.texts();
    if !texts.iter().any(|text| StsRecord::read(text).is_ours()) {
        return None;
    }
    let url = format!("https://mta-sts.{}/.well-known/mta-sts.txt", name::show(&gathered.domain));
    let parsed = Url::parse(&url).ok()?;
    let Fetched { tls, content_type, body } = https::get(lookup, &parsed, trust, LIMIT).await;
    let (octets, fault) = match body {
        Ok(octets) => (octets, None),
        Err(fault) => (Vec::new(), Some(fault)),
    };
    Some(PolicyFetch { url, tls, content_type, fault, octets })
}
