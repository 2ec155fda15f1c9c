//! Networks of `ip4` and `ip6`.

use std::net::{Ipv4Addr, Ipv6Addr};

/// The network that an address is in.
pub fn mask4(address: Ipv4Addr, prefix: u8) -> Ipv4Addr {
    let mask = u32::MAX.checked_shl(32 - u32::from(prefix.min(32))).unwrap_or(0);
    Ipv4Addr::from(u32::from(address) & mask)
}

/// The network that an address is in.
pub fn mask6(address: Ipv6Addr, prefix: u8) -> Ipv6Addr {
    let mask = u128::MAX.checked_shl(128 - u32::from(prefix.min(128))).unwrap_or(0);
    Ipv6Addr::from(u128::from(address) & mask)
}

/// Whether the ranges, first to last address each, cover everything up to `last`.
pub fn covers_all(ranges: &mut [(u128, u128)], last: u128) -> bool {
    ranges.sort_unstable();
    let mut next = 0u128;
    for (from, to) in ranges {
        if *from > next {
            return false;
        }
        if *to >= last {
            return true;
        }
        next = next.max(*to + 1);
    }
    false
}

/// The first and last address of a network.
pub fn range4(address: Ipv4Addr, prefix: u8) -> (u128, u128) {
    let base = u32::from(mask4(address, prefix));
    let size = u32::MAX.checked_shr(u32::from(prefix.min(32))).unwrap_or(0);
    (u128::from(base), u128::from(base | size))
}

/// The first and last address of a network.
pub fn range6(address: Ipv6Addr, prefix: u8) -> (u128, u128) {
    let base = u128::from(mask6(address, prefix));
    (base, base | u128::MAX.checked_shr(u32::from(prefix.min(128))).unwrap_or(0))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn masks_and_ranges() {
        assert_eq!(mask4("192.0.2.98".parse().unwrap(), 29), "192.0.2.96".parse::<Ipv4Addr>().unwrap());
        assert_eq!(mask4("192.0.2.98".parse().unwrap(), 0), Ipv4Addr::UNSPECIFIED);
        assert_eq!(mask6("2001:db8::1".parse().unwrap(), 32), "2001:db8::".parse::<Ipv6Addr>().unwrap());
        assert_eq!(range4("10.0.0.0".parse().unwrap(), 8), (0x0a00_0000, 0x0aff_ffff));
        assert_eq!(range6(Ipv6Addr::UNSPECIFIED, 0), (0, u128::MAX));
        let all = u128::from(u32::MAX);
        let half = |a: &str| range4(a.parse().unwrap(), 1);
        assert!(covers_all(&mut [half("128.0.0.0"), half("0.0.0.0")], all));
        assert!(!covers_all(&mut [half("128.0.0.0")], all));
        assert!(covers_all(&mut [range4(Ipv4Addr::UNSPECIFIED, 0)], all));
        assert!(!covers_all(&mut [], all));
    }
}
