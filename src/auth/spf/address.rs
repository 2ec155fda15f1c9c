//! Addresses and networks, names and what they end in.

use std::net::IpAddr;

use hickory_proto::rr::RData;

/// The address of an A or AAAA record.
pub(super) fn address(data: &RData) -> Option<IpAddr> {
    match data {
        RData::A(a) => Some(IpAddr::V4(a.0)),
        RData::AAAA(a) => Some(IpAddr::V6(a.0)),
        _ => None,
    }
}

/// Whether the first `prefix` bits of both are the same; never across families (§5).
pub(super) fn within(ip: IpAddr, network: IpAddr, prefix: u8) -> bool {
    match (ip, network) {
        (IpAddr::V4(ip), IpAddr::V4(network)) => {
            let shift = 32 - u32::from(prefix.min(32));
            (ip.to_bits() ^ network.to_bits()).checked_shr(shift).unwrap_or(0) == 0
        }
        (IpAddr::V6(ip), IpAddr::V6(network)) => {
            let shift = 128 - u32::from(prefix.min(128));
            (ip.to_bits() ^ network.to_bits()).checked_shr(shift).unwrap_or(0) == 0
        }
        _ => false,
    }
}

/// Whether `name` is `suffix` or below it (§5.5).
pub(super) fn is_within(name: &str, suffix: &str) -> bool {
    let suffix = suffix.strip_suffix('.').unwrap_or(suffix);
    let Some(cut) = name.len().checked_sub(suffix.len()) else { return false };
    let tail = name.as_bytes().get(cut..).unwrap_or_default();
    tail.eq_ignore_ascii_case(suffix.as_bytes()) && (cut == 0 || name.as_bytes().get(cut - 1) == Some(&b'.'))
}
