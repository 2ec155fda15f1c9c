//! The shape of `mailproof.yaml`.

use std::net::IpAddr;
use std::path::PathBuf;

use serde::{Deserialize, Serialize};

use crate::error::{Error, Result};
use crate::keys::algorithm::Algorithm;
use crate::model::dmarc::Policy;
use crate::model::name::{self, Name};
use crate::model::typo::nearest;
use crate::profile::lint_settings::LintSettings;

/// The whole file.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Profile {
    /// The version of this form; 1.
    pub version: u32,
    /// How zones are linted.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub lint: Option<LintSettings>,
    /// The domains, each on its own.
    pub domains: Vec<Domain>,
}

/// One domain and everything that mails for it.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Domain {
    /// The domain, as it stands after the @.
    pub domain: String,
    /// A domain that sends and receives no mail: all else but `dmarc.reports`, `ttl` and `provider` is then left out.
    #[serde(default, skip_serializing_if = "is_false")]
    pub parked: bool,
    /// Your own mail servers.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub hosts: Vec<Host>,
    /// Services that send mail for the domain.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub senders: Vec<Sender>,
    /// SPF beyond hosts and senders.
    #[serde(default)]
    pub spf: Spf,
    /// DKIM keys.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub dkim: Vec<DkimKey>,
    /// The DMARC policy.
    #[serde(default)]
    pub dmarc: Dmarc,
    /// MTA-STS (RFC 8461).
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub mta_sts: Option<MtaSts>,
    /// TLS reports (RFC 8460).
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub tls_rpt: Option<TlsRpt>,
    /// TTL of the records, in seconds.
    #[serde(default = "default_ttl")]
    pub ttl: u32,
    /// Where the zone is kept.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub provider: Option<ProviderConfig>,
    /// The software on your server.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub server: Option<Server>,
}

impl Profile {
    /// The domains that `only` names, all of them when it names none.
    ///
    /// # Errors
    /// A usage error when one is not in the profile.
    pub fn select(&self, only: &[String]) -> Result<Vec<&Domain>> {
        if only.is_empty() {
            return Ok(self.domains.iter().collect());
        }
        only.iter().map(|text| self.domain(text)).collect()
    }

    /// The domain that `text` names.
    ///
    /// # Errors
    /// A usage error when it is not in the profile.
    pub fn domain(&self, text: &str) -> Result<&Domain> {
        let wanted = name::show(&name::domain(text)?);
        self.domains.iter().find(|d| d.domain == wanted).ok_or_else(|| {
            let known: Vec<&str> = self.domains.iter().map(|d| d.domain.as_str()).collect();
            let hint = match nearest(&wanted, &known) {
                Some(guess) => format!("did you mean {guess}?"),
                None => format!("it has {}", known.join(", ")),
            };
            Error::usage(format!("the profile has no domain {wanted}")).hint(hint)
        })
    }
}

impl Domain {
    /// The domain as a name.
    ///
    /// # Errors
    /// A usage error when it is none; never after [`crate::profile::load`], which has checked it.
    pub fn name(&self) -> Result<Name> {
        name::domain(&self.domain)
    }

    /// Whether its mail goes through services alone, so that only a message of theirs proves the sending side.
    pub fn sends_by_services(&self) -> bool {
        !self.parked && !self.sends_nothing() && self.hosts.iter().all(|h| !h.sends)
    }

    /// Whether it is said that nobody sends mail as it: no host, service or term, and `all: fail`.
    pub fn sends_nothing(&self) -> bool {
        self.spf.all == SpfAll::Fail
            && self.spf.terms.is_empty()
            && self.hosts.iter().all(|h| !h.sends)
            && self.senders.iter().all(|s| s.include.is_none())
    }

    /// The apex of the zone that its records stand in: the provider's, or else the domain itself.
    pub fn zone_text(&self) -> &str {
        self.provider.as_ref().and_then(|p| p.zone.as_deref()).unwrap_or(&self.domain)
    }

    /// The same as a name.
    ///
    /// # Errors
    /// As [`Domain::name`].
    pub fn zone(&self) -> Result<Name> {
        name::domain(self.zone_text())
    }
}

/// A mail server of your own.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Host {
    /// Its name, which has an A or AAAA record.
    pub name: String,
    /// The addresses it sends from.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub addresses: Vec<IpAddr>,
    /// What it says in EHLO, if that is not its name.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub helo: Option<String>,
    /// It sends mail for the domain.
    #[serde(default = "yes", skip_serializing_if = "is_true")]
    pub sends: bool,
    /// It receives mail for the domain; the value is its MX preference.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub mx: Option<u16>,
    /// Publish its address records too (when the name is in the domain's zone).
    #[serde(default, skip_serializing_if = "is_false")]
    pub publish_addresses: bool,
}

/// A service that sends mail for the domain.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Sender {
    /// A name for people.
    pub name: String,
    /// The domain of its SPF include, if it has one.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub include: Option<String>,
    /// DKIM records it asks for: selector and CNAME target.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub dkim_cnames: Vec<DkimCname>,
    /// MX hosts, if it receives the domain's mail: preference and host.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub mx: Vec<MxHost>,
}

/// A selector that points to a service's own key.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct DkimCname {
    /// The selector.
    pub selector: String,
    /// The name the service gives.
    pub target: String,
}

/// A mail exchanger.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct MxHost {
    /// Lower is tried first.
    pub preference: u16,
    /// The host's name.
    pub host: String,
}

/// SPF beyond hosts and senders.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Spf {
    /// What happens to everybody else.
    #[serde(default)]
    pub all: SpfAll,
    /// More terms, verbatim, before `all`.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub terms: Vec<String>,
    /// Terms of the published record that are to go, as they are written there.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub drop: Vec<String>,
}

/// The qualifier of the closing `all` (RFC 7208 §5.1).
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum SpfAll {
    /// `-all`
    Fail,
    /// `~all`
    #[default]
    SoftFail,
    /// `?all`
    Neutral,
}

/// A DKIM key of your own server.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct DkimKey {
    /// The selector.
    pub selector: String,
    /// The kind of key.
    pub algorithm: Algorithm,
    /// The private key's file, relative to the profile.
    pub key: PathBuf,
    /// The day it was made, `YYYY-MM-DD`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub created: Option<String>,
    /// Whether it signs.
    #[serde(default)]
    pub state: KeyState,
}

/// The life of a DKIM key.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum KeyState {
    /// Published and signing.
    #[default]
    Active,
    /// Published ahead of use.
    Next,
    /// Published with an empty `p=` (RFC 6376 §3.6.1).
    Revoked,
}

/// The DMARC policy (RFC 9989 §4.7).
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Dmarc {
    /// No record of its own: that of the domain above it holds (RFC 9989 §4.10). Nothing else is said then.
    #[serde(default, skip_serializing_if = "is_false")]
    pub inherited: bool,
    /// `p`
    #[serde(default)]
    pub policy: DmarcPolicy,
    /// `sp`: existing subdomains, if they differ.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub subdomains: Option<DmarcPolicy>,
    /// `np`: subdomains that do not exist.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub nonexistent: Option<DmarcPolicy>,
    /// `t=y`: ask receivers to apply the policy one step weaker.
    #[serde(default, skip_serializing_if = "is_false")]
    pub testing: bool,
    /// The day of the last step of its rollout, `YYYY-MM-DD`: reports from then on count for the next one.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub since: Option<String>,
    /// `psd`: `y` for a public suffix domain, `n` for an organisational domain below another.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub psd: Option<PsdFlag>,
    /// `adkim=s`
    #[serde(default, skip_serializing_if = "is_false")]
    pub strict_dkim: bool,
    /// `aspf=s`
    #[serde(default, skip_serializing_if = "is_false")]
    pub strict_spf: bool,
    /// `rua`: `mailto:` URIs for aggregate reports; a bare address counts as one.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub reports: Vec<String>,
    /// `ruf`: the same for failure reports.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub failure_reports: Vec<String>,
}

impl Default for Dmarc {
    fn default() -> Self {
        Dmarc {
            policy: DmarcPolicy::None,
            subdomains: None,
            nonexistent: None,
            testing: false,
            since: None,
            inherited: false,
            psd: None,
            strict_dkim: false,
            strict_spf: false,
            reports: Vec::new(),
            failure_reports: Vec::new(),
        }
    }
}

/// A policy value.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum DmarcPolicy {
    /// Watch only.
    #[default]
    None,
    /// Suspicious.
    Quarantine,
    /// Refuse.
    Reject,
}

impl DmarcPolicy {
    /// The word of `p`, `sp` and `np`.
    pub fn name(self) -> &'static str {
        match self {
            DmarcPolicy::None => "none",
            DmarcPolicy::Quarantine => "quarantine",
            DmarcPolicy::Reject => "reject",
        }
    }
}

impl From<Policy> for DmarcPolicy {
    fn from(policy: Policy) -> Self {
        match policy {
            Policy::None => DmarcPolicy::None,
            Policy::Quarantine => DmarcPolicy::Quarantine,
            Policy::Reject => DmarcPolicy::Reject,
        }
    }
}

/// The `psd` tag.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum PsdFlag {
    /// A public suffix domain.
    #[serde(rename = "y")]
    Yes,
    /// An organisational domain.
    #[serde(rename = "n")]
    No,
}

/// MTA-STS (RFC 8461 §3.2).
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct MtaSts {
    /// What senders do when TLS fails.
    pub mode: StsMode,
    /// How long the policy is kept, in seconds.
    #[serde(default = "default_max_age")]
    pub max_age: u32,
    /// The policy's id, 1 to 32 alphanumerics; raise it with every change.
    pub id: String,
}

/// The mode of an MTA-STS policy.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum StsMode {
    /// Refuse to deliver.
    Enforce,
    /// Report only.
    Testing,
    /// Withdrawn.
    None,
}

/// TLS reports (RFC 8460).
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct TlsRpt {
    /// `mailto:` or `https:` URIs; a bare address counts as `mailto:`.
    pub reports: Vec<String>,
}

/// Where the zone is kept. Credentials are never here: they come from the environment, a file or a question.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ProviderConfig {
    /// The provider's id, see `mailproof providers list`.
    pub id: String,
    /// The zone, if it is not the domain.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub zone: Option<String>,
    /// The API's address, if it is not the usual one; for `rfc2136` the server as `IP:port`, for `zone-file` unused.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub endpoint: Option<String>,
    /// What else the provider asks for and is no secret, such as PowerDNS's `server` or a zone file's `path`.
    #[serde(default, skip_serializing_if = "std::collections::BTreeMap::is_empty")]
    pub settings: std::collections::BTreeMap<String, String>,
}

impl ProviderConfig {
    /// Whether `other` is the same provider, reached the same way; which zone is meant does not count.
    pub fn same_place(&self, other: &Self) -> bool {
        self.id == other.id && self.endpoint == other.endpoint && self.settings == other.settings
    }
}

/// The software on your server.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Server {
    /// What signs.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub sending: Option<String>,
    /// What judges.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub receiving: Option<String>,
    /// The release that it runs on, such as `debian-12`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub system: Option<String>,
    /// The id in its Authentication-Results, if that is not the host's name.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub authserv_id: Option<String>,
    /// The resolvers that it asks.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub resolvers: Vec<IpAddr>,
    /// Networks beside loopback whose mail it sends.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub networks: Vec<String>,
    /// Refuse mail that fails DMARC where the author's domain asks for it.
    #[serde(default = "yes", skip_serializing_if = "is_true")]
    pub reject: bool,
}

impl Default for Server {
    fn default() -> Self {
        Server {
            sending: None,
            receiving: None,
            system: None,
            authserv_id: None,
            resolvers: Vec::new(),
            networks: Vec::new(),
            reject: true,
        }
    }
}

/// The TTL of records when the profile names none: an hour.
pub fn default_ttl() -> u32 {
    3600
}

fn default_max_age() -> u32 {
    604_800
}

fn yes() -> bool {
    true
}

fn is_true(b: &bool) -> bool {
    *b
}

fn is_false(b: &bool) -> bool {
    !*b
}
