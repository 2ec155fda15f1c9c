//! What `demo --break` breaks, and how: what happens to real domains after everything was right once.

use hickory_proto::rr::{RData, RecordType};

use crate::dns::overlay::{Fault, FaultAt, Overlay, OverlayServer};
use crate::error::Result;
use crate::keys::algorithm::Algorithm;
use crate::keys::pair::KeyPair;
use crate::model::name::Name;
use crate::model::snapshot::{Origin, RecordSet};
use crate::model::txt;
use crate::prove::deliver::OnTheWay;
use crate::prove::letter;
use crate::prove::probe::Probe;
use crate::provider::sandbox::Sandbox;

/// A part to break.
#[derive(Clone, Copy, Debug, PartialEq, Eq, clap::ValueEnum)]
pub enum Part {
    /// The server's address is lost from the SPF record
    Spf,
    /// Another key is published than the one that signs
    Dkim,
    /// A second DMARC record is added
    Dmarc,
    /// A relay adds a footer after signing
    Tamper,
    /// The name servers answer SERVFAIL
    Dns,
}

impl Part {
    /// The story in a sentence.
    pub fn sentence(self) -> &'static str {
        match self {
            Part::Spf => "somebody puts an old SPF record back, without the server's address",
            Part::Dkim => "somebody publishes the key of another server",
            Part::Dmarc => "somebody adds a second DMARC record",
            Part::Tamper => "a relay adds a footer to every message",
            Part::Dns => "the name servers answer SERVFAIL",
        }
    }

    /// What it does to messages under way.
    pub fn on_the_way(self) -> Option<OnTheWay> {
        (self == Part::Tamper).then_some(|letter| {
            // The other probes are what they are whatever a relay adds.
            if letter.probe == Probe::Authentic {
                letter.message = letter::tampered(std::mem::take(&mut letter.message));
            }
        })
    }

    /// Breaks the zone.
    ///
    /// # Errors
    /// When no other key can be made.
    pub fn strike(self, sandbox: &Sandbox, domain: &Name, selector: &str) -> Result<()> {
        let text = |owner: Name, values: &[&str]| RecordSet {
            name: owner,
            rtype: RecordType::TXT,
            ttl: 3600,
            values: values.iter().map(|v| RData::TXT(txt::split(v.as_bytes()))).collect(),
            origin: Origin::Provider("sandbox".into()),
            reason: None,
        };
        let below = |label: &str| crate::model::name::below(label, domain);
        let set = match self {
            Part::Spf => text(domain.clone(), &["v=spf1 include:_spf.example.test -all", "site-verification=5e1c"]),
            Part::Dkim => {
                let other = KeyPair::generate(Algorithm::Rsa2048)?.record();
                text(below(&format!("{selector}._domainkey"))?, &[&other])
            }
            Part::Dmarc => text(below("_dmarc")?, &["v=DMARC1; p=reject", "v=DMARC1; p=none"]),
            Part::Tamper | Part::Dns => return Ok(()),
        };
        sandbox.edit(|zone| zone.put(set));
        Ok(())
    }

    /// The name server that receivers ask, when it is not the sandbox's own.
    ///
    /// # Errors
    /// Unreachable when no loopback port can be bound.
    pub async fn dead_server(self) -> Result<Option<OverlayServer>> {
        if self != Part::Dns {
            return Ok(None);
        }
        let faults = vec![FaultAt::everywhere(Fault::ServFail)];
        OverlayServer::start(Overlay { faults, ..Overlay::default() }).await.map(Some)
    }
}
