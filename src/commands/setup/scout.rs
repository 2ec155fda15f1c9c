//! The looking around of the wizard: live DNS and this machine.

use std::net::{IpAddr, UdpSocket};
use std::time::{Duration, Instant};

use indicatif::{ProgressBar, ProgressStyle};

use crate::commands::Context;
use crate::dns::resolver::Resolver;
use crate::error::Result;
use crate::interview::detect::{self, Found, HostFacts, Machine};
use crate::interview::flow::Scout;
use crate::model::name::{self, Name};
use crate::profile::leaf;

/// Looks through a resolver.
pub(super) struct LiveScout<'a> {
    resolver: Resolver,
    context: &'a Context,
}

impl<'a> LiveScout<'a> {
    pub(super) fn new(resolver: Resolver, context: &'a Context) -> Self {
        LiveScout { resolver, context }
    }
}

impl Scout for LiveScout<'_> {
    fn look(&mut self, domain: &Name) -> Result<Found> {
        let start = Instant::now();
        let waiting = self.context.screen.interactive().then(|| {
            let bar = ProgressBar::new_spinner().with_message("looking ... name servers, mail hosts, records");
            if let Ok(style) = ProgressStyle::with_template("  {spinner} {msg}") {
                bar.set_style(style.tick_chars("-\\|/ "));
            }
            bar.enable_steady_tick(Duration::from_millis(120));
            bar
        });
        let found = self.context.run(async { Ok(detect::look(&self.resolver, domain).await) });
        if let Some(bar) = waiting {
            bar.finish_and_clear();
        }
        let found = found?;
        let seconds = start.elapsed().as_secs_f32();
        self.context.screen.note(format!("  looked at {} in DNS  {seconds:.1} s", name::show(domain)));
        Ok(found)
    }

    fn host(&mut self, host: &Name) -> Result<HostFacts> {
        self.context.run(async { Ok(detect::host(&self.resolver, host).await) })
    }

    fn machine(&self) -> Machine {
        let name = host_name().filter(|n| leaf::full_domain(n).is_ok());
        Machine { name, addresses: addresses() }
    }
}

#[cfg(unix)]
fn host_name() -> Option<String> {
    let system = rustix::system::uname();
    Some(system.nodename().to_str().ok()?.to_ascii_lowercase())
}

#[cfg(not(unix))]
fn host_name() -> Option<String> {
    std::env::var("COMPUTERNAME").ok()
}

/// The addresses that this machine would send from, as far as they can be seen from outside.
fn addresses() -> Vec<IpAddr> {
    // Connecting a UDP socket sends nothing: it only chooses the route. The targets are of RFC 5737 and RFC 3849.
    [("0.0.0.0:0", "192.0.2.1:9"), ("[::]:0", "[2001:db8::1]:9")]
        .into_iter()
        .filter_map(|(from, to)| {
            let socket = UdpSocket::bind(from).ok()?;
            socket.connect(to).ok()?;
            Some(socket.local_addr().ok()?.ip())
        })
        .filter(|ip| !leaf::is_private(ip) && !ip.is_unspecified())
        .collect()
}
