//! A message judged as a receiver would: SPF, DKIM and DMARC with one lookup.

use std::net::IpAddr;

use serde::Serialize;

use crate::auth::dkim::DkimOutcome;
use crate::auth::dmarc::DmarcVerdict;
use crate::auth::spf::SpfEvaluation;
use crate::dns::lookup::Lookup;

/// What the SMTP session said about a message.
#[derive(Clone, Debug)]
pub struct Envelope {
    /// The client's address.
    pub ip: IpAddr,
    /// Its HELO or EHLO.
    pub helo: String,
    /// The reverse-path, empty for the null sender.
    pub mail_from: String,
}

/// The judgement of one message.
#[derive(Clone, Debug, Serialize)]
pub struct Judgement {
    /// SPF on the MAIL FROM (or HELO for a null sender); `None` without an envelope.
    pub spf: Option<SpfEvaluation>,
    /// SPF on the HELO name, in its own right.
    pub helo: Option<SpfEvaluation>,
    /// One entry a signature; empty if there is none.
    pub dkim: Vec<DkimOutcome>,
    /// The verdict.
    pub dmarc: DmarcVerdict,
    /// The Authentication-Results field for it, without the trailing CRLF.
    pub authentication_results: String,
}

/// Judges `message` (the octets as received, headers first). `authserv_id` names us in the results.
pub async fn judge(lookup: &dyn Lookup, message: &[u8], envelope: Option<&Envelope>, authserv_id: &str) -> Judgement {
    let _ = (lookup, message, envelope, authserv_id);
    std::future::pending().await
}
