//! A policy that cannot be fetched.

use crate::lint::rules::prelude::*;

rule! {
    /// The policy file cannot be fetched as senders fetch it.
    ///
    /// # Why
    /// It must come over HTTPS from `mta-sts.DOMAIN` with status 200, without a redirect, as text/plain, with a certificate that is
    /// valid for that name.
    ///
    /// # Reference
    /// RFC 8461 §3.3
    ///
    /// # Since
    /// 0.1.0
    "STS002", "policy-unreachable", Error, Live, Elsewhere
}
