//! The names of sources, from reverse DNS.

use std::collections::HashMap;
use std::net::IpAddr;

use futures_util::{StreamExt, stream};

use crate::auth::published::reverse;
use crate::dns::lookup::Lookup;
use crate::feedback::Digest;

/// Sources of a domain that are asked for, the largest first.
const SOURCES: usize = 500;
/// Questions on their way at a time.
const AT_ONCE: usize = 32;

/// Names by address, of those whose name leads back to the address: others can claim any name.
pub(super) async fn names(lookup: &dyn Lookup, digests: &[Digest]) -> HashMap<String, String> {
    let addresses: Vec<IpAddr> =
        digests.iter().flat_map(|d| d.sources.iter().take(SOURCES)).filter_map(|s| s.address.parse().ok()).collect();
    stream::iter(addresses)
        .map(|address| async move { (address, reverse(lookup, address).await.confirmed) })
        .buffer_unordered(AT_ONCE)
        .filter_map(|(address, name)| async move { Some((address.to_string(), name?)) })
        .collect()
        .await
}
