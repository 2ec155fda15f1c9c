//! What would happen to the domain's mail under a plan: the proof before push.

use std::net::IpAddr;
use std::path::Path;

use serde::Serialize;

use crate::auth::dkim::DkimResult;
use crate::auth::dmarc::DmarcResult;
use crate::auth::spf::SpfResult;
use crate::error::Result;
use crate::profile::schema::Domain;
use crate::prove::cells::SixCells;
use crate::prove::letter::Moment;
use crate::prove::probe::{JudgedProbe, Probe};
use crate::prove::sender::{Sender, SigningKeys, senders};
use crate::prove::simulate::{Outcome, simulate};
use crate::prove::verdict::six_cells;

/// The proof for one domain.
#[derive(Clone, Debug, Serialize)]
pub struct Proof {
    /// One entry for each address that mail is sent from.
    pub senders: Vec<SenderProof>,
    /// What stays unproven and why, each a sentence without a full stop.
    pub notes: Vec<String>,
}

/// The proof for one address.
#[derive(Clone, Debug, Serialize)]
pub struct SenderProof {
    /// The server's name.
    pub host: String,
    /// The address.
    pub ip: IpAddr,
    /// The selectors that it signs with.
    pub selectors: Vec<String>,
    /// What is wrong, each a sentence; empty when mail would pass.
    pub faults: Vec<String>,
    /// The table.
    pub table: SixCells,
}

impl Proof {
    /// Whether nothing speaks against the plan.
    pub fn passes(&self) -> bool {
        self.senders.iter().all(|s| s.faults.is_empty())
    }

    /// What a person should read, one sentence an entry.
    pub fn sentences(&self) -> Vec<String> {
        let told = self.senders.iter().map(|s| {
            let signed = match s.selectors.as_slice() {
                [] => ", not signed,".to_string(),
                all => format!(" signed with {}", all.join(" and ")),
            };
            let from = format!("a message from {} ({}){signed} would", s.host, s.ip);
            match (s.faults.as_slice(), s.selectors.is_empty()) {
                ([], true) => format!("{from} pass SPF and DMARC"),
                ([], false) => format!("{from} pass SPF, DKIM and DMARC"),
                (faults, _) => format!("{from} fail: {}", faults.join("; ")),
            }
        });
        told.chain(self.notes.iter().cloned()).collect()
    }
}

/// Judges test messages of every sending address of `domain` under `outcome`. Key files are relative to `folder`.
///
/// # Errors
/// When a key cannot be read or the overlay server cannot start. That mail would fail is no error.
pub async fn foretell(domain: &Domain, folder: &Path, outcome: &Outcome, at: &Moment) -> Result<Proof> {
    let keys = SigningKeys::read(domain, folder)?;
    let mut proof = Proof { senders: Vec::new(), notes: Vec::new() };
    for sender in senders(domain)? {
        let probes = simulate(outcome, &sender, &keys, at).await?;
        proof.senders.push(SenderProof {
            faults: faults(&probes),
            table: six_cells(&sender.domain, &probes),
            host: sender.helo,
            ip: sender.ip,
            selectors: keys.keys.iter().map(|k| k.selector.clone()).collect(),
        });
    }
    if domain.parked || domain.sends_nothing() {
        proof.senders.extend(refused(domain, outcome, at).await?);
        if proof.senders.is_empty() {
            proof.notes.push(format!("a message that claims to come from {} would be rejected", domain.domain));
        }
    } else if proof.senders.is_empty() {
        proof.notes.push(
            "no server of your own sends for this domain: send a message through your provider to prove it".into(),
        );
    } else if keys.keys.is_empty() {
        proof.notes.push("no key of your own signs: forwarded mail will fail DMARC".into());
    }
    Ok(proof)
}

/// A domain that never sends is proven by what happens to a forgery.
async fn refused(domain: &Domain, outcome: &Outcome, at: &Moment) -> Result<Option<SenderProof>> {
    let name = crate::model::name::show(&domain.name()?);
    let ip = IpAddr::from([203, 0, 113, 66]);
    let forger = Sender { domain: name.clone(), helo: "stranger.invalid".into(), ip };
    let nothing = SigningKeys { domain: name, keys: Vec::new() };
    let probes = simulate(outcome, &forger, &nothing, at).await?;
    let passed = probes.iter().find(|p| p.probe == Probe::Spoofed).is_some_and(|p| {
        p.judgement.dmarc.result != DmarcResult::Fail
            || p.judgement.dmarc.policy != Some(crate::auth::dmarc::Disposition::Reject)
    });
    Ok(passed.then(|| SenderProof {
        host: forger.helo.clone(),
        ip,
        selectors: Vec::new(),
        faults: vec!["a forged message would not be rejected, though the domain never sends".into()],
        table: six_cells(&forger.domain, &probes),
    }))
}

fn faults(probes: &[JudgedProbe]) -> Vec<String> {
    let Some(authentic) = probes.iter().find(|p| p.probe == Probe::Authentic) else { return Vec::new() };
    let judgement = &authentic.judgement;
    let mut faults = Vec::new();
    if let Some(spf) = judgement.spf.as_ref().filter(|s| s.result != SpfResult::Pass) {
        faults.push(format!("SPF {}: {}", spf.result, spf.reason));
    }
    for signature in judgement.dkim.iter().filter(|s| s.result != DkimResult::Pass) {
        faults.push(format!("DKIM {} with {}: {}", signature.result.as_str(), signature.selector, signature.reason));
    }
    if judgement.dmarc.result != DmarcResult::Pass {
        faults.push(format!("DMARC {}: {}", judgement.dmarc.result, judgement.dmarc.reason));
    }
    faults
}

#[cfg(test)]
mod tests {
    use std::time::SystemTime;

    use super::*;
    use crate::keys::algorithm::Algorithm;
    use crate::keys::pair::KeyPair;
    use crate::keys::store::{KeyFiles, save};
    use crate::model::name;
    use crate::model::snapshot::{RecordSet, parse_value};
    use crate::profile::desired::desired;
    use crate::profile::{key_files, load};
    use hickory_proto::rr::RecordType;

    const PROFILE: &str = "\
version: 1
domains:
  - domain: example.test
    hosts:
      - name: mail.example.test
        addresses: [127.0.0.10, '2001:db8::10']
    dkim:
      - {selector: s1, algorithm: ed25519, key: example.test.s1.pem}
    dmarc: {policy: reject}
";

    /// What is done to the right zone, and what the proof must then say.
    #[tokio::test]
    async fn a_plan_under_which_mail_fails_is_told() {
        let dir = tempfile::tempdir().unwrap();
        let pair = KeyPair::generate(Algorithm::Ed25519).unwrap();
        save(&KeyFiles::of(dir.path(), "example.test", "s1"), &pair, &pair.record()).unwrap();
        let profile = load::parse(PROFILE, "mailproof.yaml").unwrap();
        let domain = &profile.domains[0];
        let good = desired(domain, &key_files::records(domain, dir.path()).unwrap()).unwrap().snapshot;
        let other_key = KeyPair::generate(Algorithm::Ed25519).unwrap().record();
        let cases: &[(&str, Option<(&str, &str)>, &[&str])] = &[
            ("the plan as it is", None, &[]),
            ("another key", Some(("s1._domainkey.example.test", &other_key)), &["DKIM fail"]),
            ("a host forgotten", Some(("example.test", "v=spf1 ip4:192.0.2.1 -all")), &["SPF fail"]),
            ("no policy", Some(("_dmarc.example.test", "")), &["DMARC none"]),
        ];
        for (what, change, wanted) in cases {
            let mut zone = good.clone();
            if let Some((owner, text)) = change {
                let owner = name::domain(owner).unwrap();
                let values = if text.is_empty() {
                    Vec::new()
                } else {
                    vec![parse_value(RecordType::TXT, &format!("\"{text}\"")).unwrap()]
                };
                zone.put(RecordSet { rtype: RecordType::TXT, ..RecordSet::desired(owner, 60, values, "") });
            }
            let at = Moment { now: SystemTime::now(), token: "t1".into() };
            let outcome = Outcome { zone, removed: Vec::new(), upstream: None };
            let proof = foretell(domain, dir.path(), &outcome, &at).await.unwrap();
            assert_eq!(proof.senders.len(), 2, "{what}: an address each of IPv4 and IPv6");
            assert_eq!(proof.passes(), wanted.is_empty(), "{what}: {:?}", proof.sentences());
            for word in *wanted {
                assert!(proof.sentences().iter().all(|s| s.contains(word)), "{what}: {:?}", proof.sentences());
            }
        }
    }
}
