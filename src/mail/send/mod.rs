//! SMTP out: one message, octet by octet as it was given.

mod auth;
mod reply;
mod session;
pub(in crate::mail) mod tls;

pub use auth::Credentials;
pub use reply::{Reply, refused_with};
pub use session::send;

use std::net::{IpAddr, SocketAddr};
use std::time::Duration;

use serde::Serialize;

/// When the connection is encrypted.
#[derive(Clone, Copy, Debug, PartialEq, Eq, clap::ValueEnum)]
pub enum Tls {
    /// Never.
    None,
    /// After STARTTLS (RFC 3207), which the server must offer.
    Starttls,
    /// From the first octet (RFC 8314 §3.3).
    Implicit,
}

/// Where and how a message is handed over.
#[derive(Clone, Debug)]
pub struct Route {
    /// The server's name or address.
    pub host: String,
    /// Its port.
    pub port: u16,
    /// Encryption.
    pub tls: Tls,
    /// Take any certificate, as mail servers do among themselves.
    pub insecure: bool,
    /// What we say in EHLO.
    pub helo: String,
    /// The address to send from, if the system is not to choose.
    pub bind: Option<IpAddr>,
    /// Who logs in.
    pub credentials: Option<Credentials>,
    /// How long the server may take for each step.
    pub step_timeout: Duration,
    /// How long all of it may take.
    pub total_timeout: Duration,
}

impl Route {
    /// To `host` and `port`, plain, without login, 30 seconds a step and five minutes in all.
    pub fn plain(host: impl Into<String>, port: u16, helo: impl Into<String>) -> Self {
        Route {
            host: host.into(),
            port,
            tls: Tls::None,
            insecure: false,
            helo: helo.into(),
            bind: None,
            credentials: None,
            step_timeout: Duration::from_secs(30),
            total_timeout: Duration::from_secs(300),
        }
    }

    /// `host:port` for people.
    pub fn shown(&self) -> String {
        if self.host.contains(':') {
            format!("[{}]:{}", self.host, self.port)
        } else {
            format!("{}:{}", self.host, self.port)
        }
    }
}

/// What came of it.
#[derive(Clone, Debug, Serialize)]
pub struct Receipt {
    /// The server's last reply: code and text.
    pub reply: String,
    /// The queue's name for the message, where the reply has one in a known form.
    pub queue_id: Option<String>,
    /// The server's address.
    pub peer: SocketAddr,
    /// The address we sent from.
    pub local: SocketAddr,
    /// The protocol version, `TLS 1.3`, or none.
    pub tls: Option<String>,
    /// What the server says it is, from its greeting.
    pub greeting: String,
}
