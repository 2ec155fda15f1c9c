//! The flags of every verb that asks DNS.

use std::net::SocketAddr;

use crate::dns::resolver::Resolver;
use crate::dns::system;
use crate::error::Result;

/// Whom to ask.
#[derive(Clone, Debug, Default, clap::Args)]
pub struct DnsArgs {
    /// Ask this name server, not the system's; several are asked in turn
    #[arg(long, value_name = "IP[:PORT]", value_parser = system::parse_name_server)]
    pub nameserver: Vec<SocketAddr>,
}

impl DnsArgs {
    /// A resolver with a cache of its own.
    ///
    /// # Errors
    /// A configuration error when none is named and the system has none.
    pub fn resolver(&self) -> Result<Resolver> {
        if self.nameserver.is_empty() { Resolver::system() } else { Ok(Resolver::among(&self.nameserver)) }
    }
}
