//! Questions about keys and policy.

use crate::error::Result;
use crate::interview::asker::{Answer, Choice, Kind, Need, Question};
use crate::interview::flow::{DomainKind, Draft, Talk};
use crate::keys::algorithm::Algorithm;
use crate::model::name;
use crate::profile::desired::dmarc::external_targets;
use crate::profile::leaf;
use crate::profile::schema::DmarcPolicy;

impl Talk<'_> {
    /// Which keys to make; a domain without servers of its own needs none.
    pub(super) fn keys(&mut self, draft: &mut Draft) -> Result<()> {
        if draft.domain.hosts.is_empty() {
            return Ok(());
        }
        let choices = [
            Choice::new("rsa2048", "RSA, 2048 bits  every receiver verifies it"),
            Choice::new("rsa2048+ed25519", "RSA and Ed25519  two signatures; your signer must support both"),
            Choice::new("rsa4096", "RSA, 4096 bits  large in DNS, slower to sign"),
        ];
        let question = Question {
            id: "keys".into(),
            text: "Keys that sign your mail".into(),
            help: String::new(),
            kind: Kind::One(&choices),
            default: Some(Answer::Text("rsa2048".into())),
        };
        draft.algorithms = match Need::Settle.text(self.asker, &question)?.as_str() {
            "rsa2048+ed25519" => vec![Algorithm::Rsa2048, Algorithm::Ed25519],
            "rsa4096" => vec![Algorithm::Rsa4096],
            _ => vec![Algorithm::Rsa2048],
        };
        Ok(())
    }

    /// The stage of the policy's rollout. What else the published record says stays.
    pub(super) fn policy(&mut self, draft: &mut Draft) -> Result<()> {
        if self.inherits(draft)? {
            draft.domain.dmarc.inherited = true;
            return Ok(());
        }
        let now = self.found.dmarc.as_ref().and_then(|d| d.policy).map_or("none", |p| p.name());
        let choices = [
            Choice::new("none", "none (watch)  reports come, nothing changes. Begin here"),
            Choice::new("quarantine", "quarantine  it goes to the spam folder"),
            Choice::new("reject", "reject  it is refused: when the reports show that all your mail passes"),
        ];
        let question = Question {
            id: "dmarc.policy".into(),
            text: "Mail in your name that proves nothing".into(),
            help: String::new(),
            kind: Kind::One(&choices),
            default: Some(Answer::Text(now.into())),
        };
        let published = self.found.dmarc.as_ref().is_some_and(|d| d.slip.is_none());
        draft.domain.dmarc.policy = match Need::unless(published).text(self.asker, &question)?.as_str() {
            "quarantine" => DmarcPolicy::Quarantine,
            "reject" => DmarcPolicy::Reject,
            _ => DmarcPolicy::None,
        };
        if let Some(facts) = &self.found.dmarc {
            let dmarc = &mut draft.domain.dmarc;
            dmarc.subdomains = facts.subdomains.map(Into::into);
            dmarc.nonexistent = facts.nonexistent.map(Into::into);
            dmarc.testing = facts.testing && facts.policy.map(DmarcPolicy::from) == Some(dmarc.policy);
            (dmarc.strict_dkim, dmarc.strict_spf) = (facts.strict_dkim, facts.strict_spf);
            let usable = |text: &&String| leaf::report_address(text).is_ok();
            dmarc.failure_reports = facts.failure_reports.iter().filter(usable).cloned().collect();
        }
        Ok(())
    }

    /// Whether a subdomain leaves DMARC to the record of its organisation (RFC 9989 §4.10).
    fn inherits(&mut self, draft: &Draft) -> Result<bool> {
        let Some((from, policy)) = self.found.inherited.clone() else {
            // The question is there for answers files alike, but there is nothing to inherit.
            return Ok(false);
        };
        let question = Question {
            id: "dmarc.inherit".into(),
            text: format!("Leave DMARC to {from}?"),
            help: format!("Its policy, {policy}, holds for {} too.", draft.domain.domain),
            kind: Kind::YesNo,
            default: Some(Answer::Yes(self.kind == DomainKind::Bulk)),
        };
        Need::Settle.yes(self.asker, &question)
    }

    /// Where reports go.
    pub(super) fn reports(&mut self, draft: &mut Draft) -> Result<()> {
        if draft.domain.dmarc.inherited {
            return Ok(());
        }
        let now = self.found.dmarc.as_ref().map(|d| d.reports.clone()).unwrap_or_default();
        let usable: Vec<String> = now.into_iter().filter(|text| leaf::report_address(text).is_ok()).collect();
        let published = !usable.is_empty();
        let default = match usable {
            addresses if published => addresses,
            _ if draft.domain.parked => Vec::new(),
            _ => vec![format!("dmarc@{}", draft.domain.domain)],
        };
        let question = Question {
            id: "dmarc.reports".into(),
            text: "Address for daily reports about your mail".into(),
            help: "Receivers tell who sends in your name and what passes; none for no reports.".into(),
            kind: Kind::List(&leaf::report_address),
            default: Some(Answer::List(default)),
        };
        draft.domain.dmarc.reports = Need::unless(published).list(self.asker, &question)?;
        let new = if published { Vec::new() } else { external_targets(&draft.domain)? };
        for (name, target) in new {
            draft.by_hand.push(format!(
                "Reports to {target} come only if that domain agrees (RFC 9990 §4): ask its owner for the TXT record \
                 `v=DMARC1;` at {}, if it is not there",
                name::show(&name)
            ));
        }
        Ok(())
    }
}
