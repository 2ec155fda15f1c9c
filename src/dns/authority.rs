//! Which zone a name is in, and which servers answer for it.

use std::net::SocketAddr;

use hickory_proto::rr::{RData, RecordType};
use tokio::net::UdpSocket;

use crate::dns::lookup::{Lookup, LookupFailure, Status};
use crate::error::{Error, Result};
use crate::model::name::{self, Name};

/// A server of a zone.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct NameServer {
    /// Its name in the NS record; `None` where the caller gave an address.
    pub name: Option<Name>,
    /// Where it is asked.
    pub addr: SocketAddr,
}

impl NameServer {
    /// A server known by its address alone.
    pub fn at(addr: SocketAddr) -> Self {
        NameServer { name: None, addr }
    }
}

impl std::fmt::Display for NameServer {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match (&self.name, self.addr.port()) {
            (Some(name), 53) => write!(f, "{} ({})", name::show(name), self.addr.ip()),
            (Some(name), _) => write!(f, "{} ({})", name::show(name), self.addr),
            (None, 53) => write!(f, "{}", self.addr.ip()),
            (None, _) => write!(f, "{}", self.addr),
        }
    }
}

/// The apex of the zone that `name` is in: the nearest name at or above it with an SOA record. `None` when only the
/// root is left.
///
/// # Errors
/// [`LookupFailure`] when DNS does not answer.
pub async fn zone_of(lookup: &dyn Lookup, name: &Name) -> std::result::Result<Option<Name>, LookupFailure> {
    let mut at = name.clone();
    while !at.is_root() {
        let answer = lookup.lookup(&at, RecordType::SOA).await?;
        // Behind a CNAME stands another zone's apex.
        if answer.status == Status::Found && answer.chain.is_empty() {
            return Ok(Some(at));
        }
        at = at.parent();
    }
    Ok(None)
}

/// The servers of `zone`, by its NS records: every address of each.
///
/// Addresses that this machine has no route to (IPv6 where there is none) are left out if the server has others.
///
/// # Errors
/// Unreachable when DNS does not answer, or names no server, or none of them has an address.
pub async fn name_servers(lookup: &dyn Lookup, zone: &Name) -> Result<Vec<NameServer>> {
    let open = |what: &Name, failure: LookupFailure| {
        Error::unreachable(format!("the name servers of {} cannot be found", name::show(zone)))
            .because(failure)
            .during(format!("asking DNS about {}", name::show(what)))
    };
    let answer = lookup.lookup(zone, RecordType::NS).await.map_err(|e| open(zone, e))?;
    let mut servers = Vec::new();
    let mut failure = None;
    for record in &answer.records {
        let RData::NS(host) = record else { continue };
        let host = Name::from(&host.0);
        let mut addrs = Vec::new();
        for rtype in [RecordType::A, RecordType::AAAA] {
            match lookup.lookup(&host, rtype).await {
                Ok(answer) => addrs.extend(answer.records.iter().filter_map(RData::ip_addr)),
                Err(e) => failure = Some(open(&host, e)),
            }
        }
        let mut routed = Vec::new();
        for ip in &addrs {
            if has_route(SocketAddr::new(*ip, 53)).await {
                routed.push(*ip);
            }
        }
        let addrs = if routed.is_empty() { addrs } else { routed };
        servers
            .extend(addrs.into_iter().map(|ip| NameServer { name: Some(host.clone()), addr: SocketAddr::new(ip, 53) }));
    }
    if servers.is_empty() {
        return Err(failure.unwrap_or_else(|| {
            Error::unreachable(format!("{} has no name servers", name::show(zone)))
                .hint("is the domain registered, and delegated to your DNS provider?")
        }));
    }
    Ok(servers)
}

/// Connecting a UDP socket sends nothing, but fails where there is no route.
async fn has_route(addr: SocketAddr) -> bool {
    let local = if addr.is_ipv4() { "0.0.0.0:0" } else { "[::]:0" };
    match UdpSocket::bind(local).await {
        Ok(socket) => socket.connect(addr).await.is_ok(),
        Err(_) => false,
    }
}
