//! Encrypted transport to a domain that receives mail: TLS reports (RFC 8460) and MTA-STS (RFC 8461).

use crate::error::Result;
use crate::interview::asker::{Answer, Choice, Kind, Need, Question};
use crate::interview::flow::{DomainKind, Draft, Talk};
use crate::profile::leaf;
use crate::profile::schema::{MtaSts, MxHost, Sender, StsMode, TlsRpt};

/// How long senders keep a policy in test mode, in seconds: a day, so that a mistake is over soon.
const TESTING_AGE: u32 = 86_400;
/// And one that is enforced: a week.
const ENFORCED_AGE: u32 = 604_800;

impl Talk<'_> {
    /// Asks where mail is received and nothing is published yet; what is published stays as it is.
    pub(super) fn transport(&mut self, draft: &mut Draft) -> Result<()> {
        let receives = !matches!(self.kind, DomainKind::Parked | DomainKind::SendsOnly | DomainKind::Bulk);
        if !receives {
            return Ok(());
        }
        let published = self.found.sts_id.is_some() || self.found.tls_reports.is_some();
        let choices = [
            Choice::new("none", if published { "none  leave what is published as it is" } else { "none  not now" }),
            Choice::new("reports", "reports  senders tell where encryption to you fails"),
            Choice::new("testing", "testing  and an MTA-STS policy, which senders only report about"),
            Choice::new("enforce", "enforce  senders deliver encrypted, to the right server, or not at all"),
        ];
        let question = Question {
            id: "transport".into(),
            text: "Encryption of mail that comes to you".into(),
            help: "MTA-STS needs a web server for one small file; setup writes it.".into(),
            kind: Kind::One(&choices),
            default: Some(Answer::Text("none".into())),
        };
        // One thing after the other: a domain without an exchanger has other worries.
        let settled = published || self.found.exchangers.iter().all(|(_, host)| host.is_empty());
        let (mode, max_age) = match Need::unless(settled).text(self.asker, &question)?.as_str() {
            "none" => return Ok(()),
            "testing" => (Some(StsMode::Testing), TESTING_AGE),
            "enforce" => (Some(StsMode::Enforce), ENFORCED_AGE),
            _ => (None, 0),
        };
        let usable = |text: &String| leaf::tls_report_address(text).is_ok();
        let now = self.found.tls_reports.clone().unwrap_or_default();
        let likely: Vec<String> = now.into_iter().chain(draft.domain.dmarc.reports.clone()).filter(usable).collect();
        let likely = likely.into_iter().next().unwrap_or_else(|| format!("tls@{}", draft.domain.domain));
        let question = Question {
            id: "transport.reports".into(),
            text: "Address for reports about encryption".into(),
            help: String::new(),
            kind: Kind::List(&leaf::tls_report_address),
            default: Some(Answer::List(vec![likely])),
        };
        let reports = Need::Settle.list(self.asker, &question)?;
        draft.domain.tls_rpt = (!reports.is_empty()).then_some(TlsRpt { reports });
        let Some(mode) = mode else { return Ok(()) };
        self.name_exchangers(draft);
        if draft.domain.hosts.iter().all(|h| h.mx.is_none()) && draft.domain.senders.iter().all(|s| s.mx.is_empty()) {
            draft.by_hand.push("MTA-STS: no server receives yet, and the policy has to name it; left out".into());
            return Ok(());
        }
        // Changes with every policy (RFC 8461 §3.1).
        let id = jiff::Zoned::now().strftime("%Y%m%dT%H%M%S").to_string();
        draft.domain.mta_sts = Some(MtaSts { mode, max_age, id });
        Ok(())
    }

    /// Puts services' exchangers into the profile: the policy has to name every one (RFC 8461 §3.2).
    fn name_exchangers(&self, draft: &mut Draft) {
        for (preference, host) in self.found.exchangers.iter().filter(|(_, host)| !host.is_empty()) {
            if draft.domain.hosts.iter().any(|h| h.name == *host && h.mx.is_some()) {
                continue;
            }
            let mx = MxHost { preference: *preference, host: host.clone() };
            let preset = self.presets.iter().find(|p| p.receives_at(host));
            let name = preset.map_or_else(|| host.clone(), |p| p.title.clone());
            match draft.domain.senders.iter_mut().find(|s| s.name == name) {
                Some(sender) => sender.mx.push(mx),
                None => {
                    draft.domain.senders.push(Sender { name, include: None, dkim_cnames: Vec::new(), mx: vec![mx] });
                }
            }
        }
    }
}
