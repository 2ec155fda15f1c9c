//! Probes really sent: through SMTP, from the sender's own address, to a receiver that judges by the peer it sees.

use std::net::{IpAddr, Ipv4Addr, SocketAddr, UdpSocket};
use std::sync::Arc;
use std::time::Duration;

use tokio::time::timeout;

use crate::dns::lookup::Lookup;
use crate::error::{Error, Result};
use crate::mail::receive::{Receiver, ReceiverConfig};
use crate::mail::send::{Route, Tls, send};
use crate::prove::letter::{Letter, Moment, letter};
use crate::prove::probe::{JudgedProbe, Probe};
use crate::prove::sender::{Sender, SigningKeys};

/// How long a message may take from our hand to the verdict.
const PATIENCE: Duration = Duration::from_secs(60);

/// What happens to a message on its way, to show what it does.
pub type OnTheWay = fn(&mut Letter);

/// Whether `ip` is an address of this machine, so that mail can come from it.
pub fn is_ours(ip: IpAddr) -> bool {
    UdpSocket::bind((ip, 0)).is_ok()
}

/// Sends `probes` of `sender` through SMTP with STARTTLS to receivers on this machine and gives back their verdicts.
/// Nothing leaves the machine: each receiver listens on the very address that its message comes from.
///
/// # Errors
/// When an address cannot be bound, a key cannot sign, or a session breaks.
pub async fn deliver(
    probes: &[Probe],
    lookup: Arc<dyn Lookup>,
    sender: &Sender,
    keys: &SigningKeys,
    at: &Moment,
    on_the_way: Option<OnTheWay>,
) -> Result<Vec<JudgedProbe>> {
    let mut judged = Vec::new();
    for probe in probes.iter().copied() {
        let mut letter = letter(probe, sender, local_stranger(sender.ip), keys, at)?;
        if let Some(change) = on_the_way {
            change(&mut letter);
        }
        let whole = timeout(PATIENCE, hand_over(lookup.clone(), &sender.helo, &letter)).await;
        let (judgement, tls) = whole.map_err(|_| Error::unreachable("the test message did not arrive in time"))??;
        let by = tls.map(|version| format!(", {version}")).unwrap_or_default();
        judged.push(JudgedProbe { probe, how: format!("{}{by}", letter.how), sent: true, judgement });
    }
    Ok(judged)
}

/// An address of this machine that the domain does not send from.
pub fn local_stranger(ip: IpAddr) -> IpAddr {
    match ip {
        IpAddr::V4(v4) if v4.is_loopback() && cfg!(target_os = "linux") => Ipv4Addr::new(127, 0, 0, 66).into(),
        IpAddr::V4(v4) if v4 == Ipv4Addr::LOCALHOST => std::net::Ipv6Addr::LOCALHOST.into(),
        _ => Ipv4Addr::LOCALHOST.into(),
    }
}

async fn hand_over(
    lookup: Arc<dyn Lookup>,
    hostname: &str,
    letter: &Letter,
) -> Result<(crate::auth::judge::Judgement, Option<String>)> {
    let config = ReceiverConfig::new(SocketAddr::new(letter.envelope.ip, 0), hostname);
    let (receiver, mut arrivals) = Receiver::start(config, lookup).await?;
    let route = Route {
        tls: Tls::Starttls,
        // The receiver is ours, with a certificate that it made a moment ago.
        insecure: true,
        bind: Some(letter.envelope.ip),
        ..Route::plain(receiver.addr().ip().to_string(), receiver.addr().port(), &letter.envelope.helo)
    };
    let to = [letter.envelope.mail_from.clone()];
    let receipt = send(&route, &letter.envelope.mail_from, &to, &letter.message)
        .await
        .map_err(|e| e.during(format!("sending the {} message", letter.probe.name())))?;
    let received = arrivals.recv().await.ok_or_else(|| Error::unreachable("the receiver stopped"))?;
    Ok((received.judgement, receipt.tls))
}
