//! What the demo's domain is: the answers somebody would give, and the zone before anything was done.

use crate::error::Result;
use crate::model::name::Name;
use crate::model::snapshot::Snapshot;
use crate::zone::load::load;
use crate::zone::walk::{Limits, NoIncludes};

/// The domain.
pub const DOMAIN: &str = "example.test";

/// The zone as it stands: another sender's SPF and a site verification, which must both survive.
const ZONE: &str = "\
$ORIGIN example.test.
$TTL 3600
@     IN SOA ns1 hostmaster 2026010101 7200 900 1209600 300
@     IN NS  ns1
ns1   IN A   127.0.0.1
mail  IN A   127.0.0.10
@     IN TXT \"v=spf1 include:_spf.example.test ~all\"
@     IN TXT \"site-verification=5e1c\"
_spf  IN TXT \"v=spf1 ip4:192.0.2.25 -all\"
";

/// The profile that the answers make.
pub fn profile(rsa: &str, ed25519: &str) -> String {
    format!(
        "\
version: 1
domains:
  - domain: {DOMAIN}
    hosts:
      - name: mail.example.test
        addresses: [127.0.0.10]
        mx: 10
    dkim:
      - {{selector: {rsa}, algorithm: rsa2048, key: {DOMAIN}.{rsa}.pem}}
      - {{selector: {ed25519}, algorithm: ed25519, key: {DOMAIN}.{ed25519}.pem}}
    dmarc: {{policy: reject, reports: ['mailto:dmarc@example.test']}}
    tls_rpt: {{reports: ['mailto:tls@example.test']}}
    provider: {{id: sandbox}}
"
    )
}

/// The zone before.
///
/// # Errors
/// None in practice: the text is fixed and a test reads it.
pub fn zone(apex: &Name) -> Result<Snapshot> {
    load("example.test.zone", ZONE, apex, Limits::default(), &mut NoIncludes)?.faultless()
}
