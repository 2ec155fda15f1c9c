//! What a server's refusal means to a person, and what can be done.

use hickory_proto::op::ResponseCode;
use hickory_proto::rr::rdata::tsig::TsigError;

use crate::dns::wire::mnemonic;
use crate::error::{Error, Result};
use crate::model::name::{self, Name};
use crate::provider;
use crate::provider::rfc2136::session::{Peer, Reply};
use crate::provider::rfc2136::tsig::{Doubt, FUDGE};

/// An answer that is not believed.
pub fn doubted(peer: &Peer, doubt: Doubt) -> Error {
    let (server, key) = (&peer.server, name::show(&peer.key.name));
    let proof = |why: &str| {
        Error::unreachable(format!("the answer of {server} cannot be believed: {why}"))
            .hint("is it the server itself that answers there, and does it have the same key?")
    };
    match doubt {
        Doubt::Unsigned => proof(&format!("it is not signed with the key {key}")),
        Doubt::Forged => proof(&format!("its signature is not made with the key {key}")),
        Doubt::Clocks(ahead) => {
            let (seconds, side) = (ahead.unsigned_abs(), if ahead < 0 { "behind" } else { "ahead" });
            Error::config(format!(
                "the clocks differ: that of {server} is {seconds} s {side}, and a signature holds for {FUDGE} s (BADTIME)"
            ))
            .hint("set the clocks of both machines, best by NTP")
        }
        Doubt::Refused(TsigError::BadKey) => Error::config(format!(
            "{server} does not know the key {key} (BADKEY), or does not let it in"
        ))
        .hint(format!(
            "its name and its algorithm ({}) must be those in the server's configuration",
            peer.key.algorithm
        )),
        Doubt::Refused(TsigError::BadSig) => {
            Error::config(format!("{server} has another secret for the key {key} (BADSIG)"))
                .hint("copy the secret from the server's configuration once more")
        }
        Doubt::Refused(TsigError::BadTime) => {
            Error::config(format!("the clocks of this machine and of {server} differ by more than {FUDGE} s (BADTIME)"))
                .hint("set the clocks of both machines, best by NTP")
        }
        Doubt::Refused(other) => {
            Error::config(format!("{server} refuses the signature of the key {key} (TSIG error {})", u16::from(other)))
        }
    }
}

/// A server that does not answer for the zone.
pub fn no_zone(peer: &Peer, apex: &Name, code: ResponseCode) -> Error {
    let error = provider::no_zone(&peer.server.to_string(), apex);
    let error = if code == ResponseCode::NoError { error } else { error.because(mnemonic(code)) };
    error.hint("`endpoint` is to be the primary server of the zone, and `zone` its apex if that is not the domain")
}

/// What became of an update.
///
/// # Errors
/// Refused: the zone has changed since it was read, and nothing was written. A configuration error: the server takes
/// no such update, and nothing was written. Unreachable: it may or may not have been.
pub fn updated(peer: &Peer, apex: &Name, reply: &Reply) -> Result<()> {
    let (server, key, zone) = (&peer.server, name::show(&peer.key.name), name::show(apex));
    Err(match reply.code() {
        ResponseCode::NoError => return Ok(()),
        ResponseCode::Refused => Error::config(format!("{server} does not let the key {key} update {zone} (REFUSED)"))
            .hint(format!("in BIND the zone needs `update-policy {{ grant {key} zonesub ANY; }};`, in Knot an `acl` with `action: update`; its log says why")),
        ResponseCode::NotAuth | ResponseCode::NotZone => no_zone(peer, apex, reply.code()),
        ResponseCode::NotImp | ResponseCode::FormErr => {
            Error::config(format!("{server} takes no dynamic updates ({})", mnemonic(reply.code())))
        }
        // RFC 2136 §3.2: a prerequisite does not hold, and so nothing is done.
        ResponseCode::YXDomain | ResponseCode::YXRRSet | ResponseCode::NXDomain | ResponseCode::NXRRSet
            if reply.proven =>
        {
            Error::refused(format!("the zone {zone} has changed since it was read: nothing was written"))
                .hint("make the plan again")
        }
        other => Error::unreachable(format!("{server} could not carry out the update ({})", mnemonic(other)))
            .hint("its log says why; often it may not write its journal"),
    })
}
