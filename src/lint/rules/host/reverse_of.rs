//! Where the names of an address stand.

use std::net::IpAddr;

use crate::model::name::Name;

/// The name of the PTR records of `address`, in wire form (RFC 1035 §3.5, RFC 3596 §2.5).
pub(super) fn reverse_of(address: IpAddr) -> Vec<u8> {
    Name::from(address).octets().to_vec()
}
