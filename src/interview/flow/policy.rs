//! Questions about keys and policy.

use crate::error::Result;
use crate::interview::asker::{Answer, Choice, Kind, Need, Question};
use crate::interview::flow::{Draft, Talk};
use crate::keys::algorithm::Algorithm;
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

    /// The stage of the policy's rollout.
    pub(super) fn policy(&mut self, draft: &mut Draft) -> Result<()> {
        let now = self.found.dmarc.as_ref().and_then(|d| d.policy).map_or("none", |p| p.name());
        let choices = [
            Choice::new("none", "none  watch: reports come, nothing changes. Begin here"),
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
        let published = self.found.dmarc.is_some();
        draft.domain.dmarc.policy = match Need::unless(published).text(self.asker, &question)?.as_str() {
            "quarantine" => DmarcPolicy::Quarantine,
            "reject" => DmarcPolicy::Reject,
            _ => DmarcPolicy::None,
        };
        Ok(())
    }

    /// Where reports go.
    pub(super) fn reports(&mut self, draft: &mut Draft) -> Result<()> {
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
        Ok(())
    }
}
