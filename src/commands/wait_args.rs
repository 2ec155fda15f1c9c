//! The flags of every verb that waits for name servers after a write.

use std::net::SocketAddr;
use std::time::Duration;

use crate::commands::dns_args::DnsArgs;
use crate::dns::system;
use crate::dns::upstream::Upstream;
use crate::error::{Error, Result};
use crate::profile::schema::ProviderConfig;
use crate::provider::Provider;

/// Whether and how long to wait.
#[derive(Clone, Debug, clap::Args)]
pub struct WaitArgs {
    /// Do not wait until the name servers answer the new records: those of the provider's setting `nameservers`, or of
    /// --nameserver, or of the zone
    #[arg(long)]
    pub no_wait: bool,
    /// How long to wait for them at most
    #[arg(long, value_name = "SECONDS", default_value = "120", value_parser = seconds)]
    pub wait_timeout: Duration,
}

impl Default for WaitArgs {
    fn default() -> Self {
        WaitArgs { no_wait: false, wait_timeout: Duration::from_secs(120) }
    }
}

impl WaitArgs {
    /// The servers to wait for, where somebody names them: the profile's setting `nameservers`, `--nameserver`, or the
    /// provider itself. None means those of the zone.
    ///
    /// # Errors
    /// A configuration error when the setting is no list of addresses.
    pub fn servers(&self, dns: &DnsArgs, config: &ProviderConfig, provider: &dyn Provider) -> Result<Vec<SocketAddr>> {
        let Some(setting) = config.settings.get("nameservers") else {
            // Over TLS and HTTPS a resolver answers; what has to be waited for is an authoritative server.
            let named: Vec<SocketAddr> = dns.nameserver.iter().filter_map(Upstream::plain).collect();
            return Ok(if named.is_empty() { provider.nameservers() } else { named });
        };
        let words = setting.split([',', ' ']).filter(|word| !word.is_empty());
        words
            .map(|word| {
                system::parse_name_server(word).map_err(|e| {
                    Error::config(format!("the setting `nameservers` has `{word}`, which is no address: {e}"))
                        .hint("write it like nameservers: \"192.0.2.53, 192.0.2.54:5300\"")
                })
            })
            .collect()
    }
}

fn seconds(text: &str) -> Result<Duration, String> {
    let number: u64 = text.parse().map_err(|_| "a number of seconds is needed".to_string())?;
    Ok(Duration::from_secs(number))
}
