//! Which identities a receiver checks (RFC 7208 §2.3, §2.4).

use std::net::IpAddr;
use std::time::SystemTime;

use crate::auth::spf::{SpfEvaluation, SpfRequest, check_host};
use crate::dns::lookup::Lookup;

/// What a receiver knows of an SMTP client.
#[derive(Clone, Debug)]
pub struct SmtpClient<'a> {
    /// Its address.
    pub ip: IpAddr,
    /// What it said in HELO or EHLO.
    pub helo: &'a str,
    /// The reverse-path without angle brackets, empty for the null sender.
    pub mail_from: &'a str,
    /// Our own host name, for the macro `r`.
    pub receiver: &'a str,
    /// For the macro `t`.
    pub now: SystemTime,
}

/// Checks the MAIL FROM identity; with a null reverse-path that is `postmaster` at the HELO name (§2.4).
pub async fn check_mail_from(lookup: &dyn Lookup, client: &SmtpClient<'_>) -> SpfEvaluation {
    if client.mail_from.is_empty() {
        return check_helo(lookup, client).await;
    }
    let domain = client.mail_from.rsplit_once('@').map_or(client.mail_from, |(_, domain)| domain);
    check_host(lookup, &client.request(domain, client.mail_from)).await
}

/// Checks the HELO identity in its own right (§2.3); the sender is then `postmaster` at that name (§4.3).
pub async fn check_helo(lookup: &dyn Lookup, client: &SmtpClient<'_>) -> SpfEvaluation {
    let sender = format!("postmaster@{}", client.helo);
    check_host(lookup, &client.request(client.helo, &sender)).await
}

impl<'a> SmtpClient<'a> {
    fn request<'r>(&'r self, domain: &'r str, sender: &'r str) -> SpfRequest<'r> {
        SpfRequest { ip: self.ip, domain, sender, helo: self.helo, receiver: self.receiver, now: self.now }
    }
}
