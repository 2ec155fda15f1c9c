//! The flags of every verb that asks DNS.

use std::net::SocketAddr;

use crate::dns::resolver::Resolver;
use crate::dns::system;
use crate::dns::window::CEILING;
use crate::error::Result;

/// Whom to ask.
#[derive(Clone, Debug, clap::Args)]
pub struct DnsArgs {
    /// Ask this name server, not the system's; several are asked in turn
    #[arg(long, value_name = "IP[:PORT]", value_parser = system::parse_name_server)]
    pub nameserver: Vec<SocketAddr>,
    /// Questions before one name server at a time, at most; fewer when it does not keep up
    #[arg(long, value_name = "N", default_value_t = CEILING, value_parser = clap::value_parser!(u16).range(1..))]
    pub questions_at_once: u16,
}

impl Default for DnsArgs {
    fn default() -> Self {
        DnsArgs { nameserver: Vec::new(), questions_at_once: CEILING }
    }
}

impl DnsArgs {
    /// A resolver with a cache of its own.
    ///
    /// # Errors
    /// A configuration error when none is named and the system has none.
    pub fn resolver(&self) -> Result<Resolver> {
        let system = if self.nameserver.is_empty() { system::name_servers()? } else { Vec::new() };
        let servers = if self.nameserver.is_empty() { &system } else { &self.nameserver };
        Ok(Resolver::with_ceiling(servers, self.questions_at_once))
    }
}
