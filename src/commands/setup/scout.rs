//! The looking around of the wizard: live DNS and this machine.

use std::net::{IpAddr, UdpSocket};
use std::path::{Path, PathBuf};
use std::sync::{Mutex, PoisonError};
use std::time::{Duration, Instant};

use futures_util::future::join_all;
use indicatif::{ProgressBar, ProgressStyle};

use crate::auth::spf::budget_of;
use crate::commands::Context;
use crate::dns::deadline::Deadline;
use crate::dns::lookup::Lookup;
use crate::dns::resolver::Resolver;
use crate::error::Result;
use crate::interview::detect::{self, Found, HostFacts, Machine, Part};
use crate::interview::flow::Scout;
use crate::model::name::{self, Name};
use crate::model::spf::{SpfRecord, SpfTree};
use crate::profile::leaf;
use crate::profile::preset::{self, Preset};
use crate::prove::deliver::is_ours;
use crate::server::tree::Disk;
use crate::service::port_25;

/// All the time that looking takes, whatever does not answer.
const PATIENCE: Duration = Duration::from_secs(20);

/// Looks through a resolver, and at this machine.
pub(super) struct LiveScout<'a> {
    resolver: Resolver,
    context: &'a Context,
    presets: Vec<Preset>,
    machine: Machine,
    port_25: Option<TryPort25>,
    mailbox: Option<PathBuf>,
}

/// Whether to connect to port 25, and where.
#[derive(Clone, Debug)]
pub(super) enum TryPort25 {
    /// The domain's mail exchangers.
    Exchangers,
    /// This host.
    Host(String),
}

impl<'a> LiveScout<'a> {
    /// `root` is the folder that this machine's files are below.
    ///
    /// # Errors
    /// A configuration error when a built-in preset is broken.
    pub(super) fn new(
        resolver: Resolver,
        root: &Path,
        port_25: Option<TryPort25>,
        mailbox: Option<PathBuf>,
        context: &'a Context,
    ) -> Result<Self> {
        let disk = Disk { root: root.to_path_buf() };
        let (software, dns_api) = (detect::software(&disk), detect::dns_api(&disk));
        let name = host_name().filter(|n| leaf::full_domain(n).is_ok());
        let machine = Machine { name, addresses: addresses(), software, dns_api };
        Ok(LiveScout { resolver, context, presets: preset::all()?, machine, port_25, mailbox })
    }

    /// Asks until patience ends, from now on.
    fn lookup(&self) -> Deadline<'_> {
        Deadline { inner: &self.resolver, until: tokio::time::Instant::now() + PATIENCE }
    }

    /// Whether one of `servers` is this machine, where that makes a difference.
    async fn serves(&self, lookup: &dyn Lookup, servers: &[String]) -> bool {
        if self.machine.dns_api.is_none() {
            return false;
        }
        for name in servers.iter().filter_map(|server| name::domain(server).ok()) {
            if detect::host(lookup, &name).await.addresses.into_iter().any(is_ours) {
                return true;
            }
        }
        false
    }

    /// Connects to port 25 of the domain's exchangers, or of the host that was named, and of nobody else.
    async fn port_25(&self, lookup: &dyn Lookup, found: &Found) -> Vec<(String, Result<(), String>)> {
        let hosts: Vec<String> = match &self.port_25 {
            None => return Vec::new(),
            Some(TryPort25::Host(host)) => vec![host.clone()],
            Some(TryPort25::Exchangers) => {
                let named = found.exchangers.iter().map(|(_, host)| host.clone());
                named.filter(|host| !host.is_empty()).take(2).collect()
            }
        };
        let tried = hosts.into_iter().map(|host| async move {
            let outcome = match name::domain(&host) {
                Err(_) => Err("is no host name".to_string()),
                Ok(name) => port_25::reach(&detect::host(lookup, &name).await.addresses, 25).await,
            };
            (host, outcome)
        });
        join_all(tried).await
    }
}

impl Scout for LiveScout<'_> {
    fn look(&mut self, domain: &Name) -> Result<Found> {
        let start = Instant::now();
        let waiting = self.context.screen.shows_progress().then(|| {
            let bar = ProgressBar::new_spinner().with_message(words(&[]));
            if let Ok(style) = ProgressStyle::with_template("  {spinner} {msg}") {
                bar.set_style(style.tick_chars("-\\|/ "));
            }
            bar.enable_steady_tick(Duration::from_millis(120));
            bar
        });
        let finished = Mutex::new(Vec::new());
        let done = |part: Part| {
            let mut finished = finished.lock().unwrap_or_else(PoisonError::into_inner);
            finished.push(part);
            if let Some(bar) = &waiting {
                bar.set_message(words(&finished));
            }
        };
        let found = self.context.run(async {
            let lookup = self.lookup();
            let mut found = detect::look(&lookup, domain, &self.machine, &self.presets, &done).await;
            found.served_here = self.serves(&lookup, &found.name_servers).await;
            found.port_25 = self.port_25(&lookup, &found).await;
            Ok(found)
        });
        if let Some(bar) = waiting {
            bar.finish_and_clear();
        }
        let mut found = found?;
        if let Some(path) = &self.mailbox {
            found.inventory = Some(detect::inventory(path, &name::show(domain), &self.presets)?);
        }
        let seconds = start.elapsed().as_secs_f32();
        self.context.screen.note(format!("  looked at {} and this machine  {seconds:.1} s", name::show(domain)));
        Ok(found)
    }

    fn host(&mut self, host: &Name) -> Result<HostFacts> {
        self.context.run(async { Ok(detect::host(&self.lookup(), host).await) })
    }

    fn cost(&mut self, domain: &Name, record: &SpfRecord) -> Result<SpfTree> {
        self.context.run(async { Ok(budget_of(&self.lookup(), &name::show(domain), record).await) })
    }

    fn machine(&self) -> Machine {
        self.machine.clone()
    }
}

/// What is still looked for.
fn words(finished: &[Part]) -> String {
    let parts = [
        (Part::NameServers, "name servers"),
        (Part::MailHosts, "mail hosts"),
        (Part::Records, "records"),
        (Part::Machine, "this machine"),
    ];
    let open: Vec<&str> = parts.iter().filter(|(part, _)| !finished.contains(part)).map(|(_, word)| *word).collect();
    format!("looking ... {}", open.join(", "))
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
