//! The addresses of a host, through the same resolver as everything else.

use std::net::IpAddr;

use hickory_proto::rr::{RData, RecordType};

use crate::dns::lookup::{Lookup, LookupFailure};
use crate::model::name::Name;

/// IPv4 first: it is what works from most places.
///
/// # Errors
/// Why they are not known, where neither family has an answer with data.
pub(super) async fn addresses(lookup: &dyn Lookup, host: &Name) -> Result<Vec<IpAddr>, LookupFailure> {
    let (v4, v6) = futures_util::join!(lookup.lookup(host, RecordType::A), lookup.lookup(host, RecordType::AAAA));
    let mut found = Vec::new();
    let mut failure = None;
    for answer in [v4, v6] {
        match answer {
            Ok(answer) => found.extend(answer.records.iter().filter_map(RData::ip_addr)),
            Err(why) => failure = Some(why),
        }
    }
    match failure {
        Some(why) if found.is_empty() => Err(why),
        _ => Ok(found),
    }
}
