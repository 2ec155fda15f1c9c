//! The flags of every verb that asks DNS.

use std::time::Duration;

use crate::dns::resolver::{Resolver, TIMEOUT};
use crate::dns::system;
use crate::dns::upstream::Upstream;
use crate::dns::window::CEILING;
use crate::error::Result;
use crate::tls::Trust;

/// Whom to ask.
#[derive(Clone, Debug, clap::Args)]
pub struct DnsArgs {
    /// Ask this name server, not the system's; several are asked in turn. An address with or without a port; over TLS
    /// `tls://ADDRESS[:PORT][#NAME]`, with the name in the certificate; over HTTPS `https://HOST/dns-query`
    #[arg(long, value_name = "SERVER")]
    pub nameserver: Vec<Upstream>,
    /// Questions before one name server at a time, at most; fewer when it does not keep up
    #[arg(long, value_name = "N", default_value_t = CEILING, value_parser = clap::value_parser!(u16).range(1..))]
    pub questions_at_once: u16,
    /// How long an answer may take, all name servers and repeats together
    #[arg(long, value_name = "SECONDS", default_value_t = TIMEOUT.as_secs(), value_parser = clap::value_parser!(u64).range(1..=60))]
    pub dns_timeout: u64,
}

impl Default for DnsArgs {
    fn default() -> Self {
        DnsArgs { nameserver: Vec::new(), questions_at_once: CEILING, dns_timeout: TIMEOUT.as_secs() }
    }
}

impl DnsArgs {
    /// A resolver with a cache of its own.
    ///
    /// # Errors
    /// A configuration error when none is named and the system has none.
    pub fn resolver(&self) -> Result<Resolver> {
        self.resolver_trusting(None)
    }

    /// The same, with certificates held against `trust`, or the system's authorities.
    ///
    /// # Errors
    /// As [`resolver`](Self::resolver).
    pub fn resolver_trusting(&self, trust: Option<&Trust>) -> Result<Resolver> {
        let resolver = if self.nameserver.is_empty() {
            Resolver::with(system::name_servers()?, trust, self.questions_at_once)
        } else {
            Resolver::with(self.nameserver.iter().cloned(), trust, self.questions_at_once)
        };
        Ok(resolver.with_timeout(Duration::from_secs(self.dns_timeout)))
    }
}
