//! The indicator that a domain's BIMI record names.

use std::io::Read as _;

use hickory_proto::rr::RecordType;
use reqwest::Url;

use crate::dns::gather::Gathered;
use crate::dns::lookup::Lookup;
use crate::model::bimi::BimiRecord;
use crate::model::service::{FetchFault, Indicator};
use crate::model::svg_tiny_ps::{MAX_OCTETS, faults};
use crate::model::{name, reading::Reading};
use crate::service::https::{self, Fetched};
use crate::tls::Trust;

/// The selector that mailboxes ask for where the message names none.
pub(super) const SELECTOR: &str = "default";
/// Octets that are read: more than may be, so that the size can be told.
const LIMIT: usize = 8 * MAX_OCTETS;
/// Redirects followed.
const MOST_REDIRECTS: usize = 2;

/// Fetches it. `None` where no record names one.
pub(super) async fn fetch(lookup: &dyn Lookup, gathered: &Gathered, trust: &Trust) -> Option<Indicator> {
    let owner = name::below(&format!("{SELECTOR}._bimi"), &gathered.domain).ok()?;
    let texts = gathered.snapshot.get(&owner, RecordType::TXT)?.texts();
    let url = texts.iter().find_map(|text| match BimiRecord::read(text) {
        Reading::Ours(record) => {
            let location = record.location?.of(text);
            Url::parse(std::str::from_utf8(location).ok()?).ok()
        }
        _ => None,
    })?;
    let mut at = url.clone();
    let mut fetched = https::get(lookup, &at, trust, LIMIT).await;
    for _ in 0..MOST_REDIRECTS {
        let Err(FetchFault::Redirect { to }) = &fetched.body else { break };
        let Ok(next) = at.join(to) else { break };
        if next.scheme() != "https" {
            break;
        }
        at = next;
        fetched = https::get(lookup, &at, trust, LIMIT).await;
    }
    let Fetched { tls, content_type, body } = fetched;
    let mut indicator = Indicator {
        selector: SELECTOR.into(),
        url: url.to_string(),
        tls,
        content_type,
        fault: None,
        octets: 0,
        faults: Vec::new(),
    };
    match body {
        Ok(octets) => {
            let octets = plain(octets);
            indicator.octets = octets.len();
            indicator.faults = faults(&octets);
        }
        Err(fault) => indicator.fault = Some(fault),
    }
    Some(indicator)
}

/// Without compression, which the draft allows (`.svgz`); a bomb is cut.
fn plain(octets: Vec<u8>) -> Vec<u8> {
    if !octets.starts_with(&[0x1f, 0x8b]) {
        return octets;
    }
    let mut out = Vec::new();
    let mut reader = flate2::read::GzDecoder::new(octets.as_slice()).take(LIMIT as u64);
    match reader.read_to_end(&mut out) {
        Ok(_) => out,
        Err(_) => octets,
    }
}
