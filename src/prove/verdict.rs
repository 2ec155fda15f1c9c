//! From judged probes to the six cells.
//!
//! The sending side is proven by the authentic message alone. The receiving side is proven by what the receiver
//! does with mail that must *not* pass: a receiver that passes everything would look fine on authentic mail.

use crate::auth::dkim::DkimResult;
use crate::auth::dmarc::{Disposition, DmarcResult};
use crate::auth::judge::Judgement;
use crate::auth::spf::SpfResult;
use crate::prove::cells::{Cell, Mechanism, Side, SixCells, Standing};
use crate::prove::probe::{JudgedProbe, Probe};

/// The table of `domain` from its probes; a probe that was not judged leaves its cells `not judged`.
pub fn six_cells(domain: &str, probes: &[JudgedProbe]) -> SixCells {
    let find = |kind| probes.iter().find(|p| p.probe == kind);
    let mut cells = Vec::new();
    for mechanism in Mechanism::ALL {
        let sending = match find(Probe::Authentic) {
            None => Finding::not_judged("no message was sent"),
            Some(p) => sending(mechanism, domain, &p.judgement),
        };
        let forged = if mechanism == Mechanism::Dkim { Probe::Tampered } else { Probe::Spoofed };
        let receiving = match find(forged) {
            None => Finding::not_judged(""),
            Some(p) => receiving(mechanism, &p.judgement),
        };
        let sent = |kind| find(kind).is_some_and(|p| p.sent);
        cells.push(sending.cell(mechanism, Side::Sending, sent(Probe::Authentic)));
        cells.push(receiving.cell(mechanism, Side::Receiving, sent(forged)));
    }
    SixCells { domain: domain.to_string(), cells }
}

/// The table of `domain` from forgeries alone, for nothing of one's own sends; `sending` says how that side stands, and
/// where it adds something, what.
pub fn forgery_cells(
    domain: &str,
    probes: &[JudgedProbe],
    sending: impl Fn(Mechanism) -> (Standing, String, Vec<String>),
) -> SixCells {
    let mut cells = Vec::new();
    for mechanism in Mechanism::ALL {
        let (standing, detail, causes) = sending(mechanism);
        cells.push(Cell { mechanism, side: Side::Sending, standing, detail, causes });
        let forged = if mechanism == Mechanism::Dkim { Probe::ForgedSignature } else { Probe::Spoofed };
        let probe = probes.iter().find(|p| p.probe == forged);
        let mut finding = probe.map_or_else(|| Finding::not_judged(""), |probe| receiving(mechanism, &probe.judgement));
        if let (Mechanism::Dmarc, Standing::Proven, Some(probe)) = (mechanism, finding.standing, probe) {
            finding.detail = policy_word(probe.judgement.dmarc.policy).into();
        }
        cells.push(finding.cell(mechanism, Side::Receiving, probe.is_some_and(|p| p.sent)));
    }
    SixCells { domain: domain.to_string(), cells }
}

fn policy_word(policy: Option<Disposition>) -> &'static str {
    match policy {
        Some(Disposition::Reject) => "reject",
        Some(Disposition::Quarantine) => "quarantine",
        Some(Disposition::None) => "watching",
        None => "",
    }
}

/// A cell before it is known whether the message was really sent.
struct Finding {
    standing: Standing,
    detail: String,
    causes: Vec<String>,
}

impl Finding {
    fn good(detail: impl Into<String>) -> Self {
        Finding { standing: Standing::Proven, detail: detail.into(), causes: Vec::new() }
    }

    fn bad(standing: Standing, cause: impl Into<String>) -> Self {
        let cause = cause.into();
        let causes = if cause.is_empty() { Vec::new() } else { vec![cause] };
        Finding { standing, detail: String::new(), causes }
    }

    fn not_judged(cause: impl Into<String>) -> Self {
        Self::bad(Standing::NotJudged, cause)
    }

    fn cell(self, mechanism: Mechanism, side: Side, sent: bool) -> Cell {
        let standing = if self.standing == Standing::Proven && !sent { Standing::WouldPass } else { self.standing };
        Cell { mechanism, side, standing, detail: self.detail, causes: self.causes }
    }
}

fn sending(mechanism: Mechanism, domain: &str, judgement: &Judgement) -> Finding {
    match mechanism {
        Mechanism::Spf => sending_spf(judgement),
        Mechanism::Dkim => sending_dkim(domain, judgement),
        Mechanism::Dmarc => sending_dmarc(judgement),
    }
}

fn sending_spf(judgement: &Judgement) -> Finding {
    let Some(spf) = &judgement.spf else { return Finding::not_judged("the sender's address is not known") };
    match spf.result {
        SpfResult::Pass if judgement.dmarc.spf_aligned || judgement.dmarc.result == DmarcResult::None => {
            Finding::good("")
        }
        SpfResult::Pass => Finding::bad(
            Standing::Broken,
            format!("passes for {}, which is not aligned with the From domain", spf.domain),
        ),
        SpfResult::None => Finding::bad(Standing::Missing, spf.reason.clone()),
        _ => Finding::bad(Standing::Broken, spf.reason.clone()),
    }
}

fn sending_dkim(domain: &str, judgement: &Judgement) -> Finding {
    let passed = judgement.dkim.iter().filter(|s| s.result == DkimResult::Pass).count();
    // Signatures that fail for one reason are told together.
    let mut failed: Vec<(&str, Vec<&str>)> = Vec::new();
    for signature in judgement.dkim.iter().filter(|s| s.result != DkimResult::Pass) {
        match failed.iter_mut().find(|(reason, _)| *reason == signature.reason) {
            Some((_, selectors)) => selectors.push(&signature.selector),
            None => failed.push((&signature.reason, vec![&signature.selector])),
        }
    }
    if judgement.dkim.is_empty() {
        return Finding::bad(Standing::Missing, "the message carries no DKIM signature");
    }
    if !failed.is_empty() {
        let causes: Vec<String> =
            failed.iter().map(|(reason, selectors)| format!("{}: {reason}", selectors.join(" and "))).collect();
        return Finding { standing: Standing::Broken, detail: String::new(), causes };
    }
    if !judgement.dmarc.dkim_aligned && judgement.dmarc.result != DmarcResult::None {
        return Finding::bad(Standing::Broken, format!("no signature is aligned with {domain}"));
    }
    Finding::good(if passed == 1 { "1 key".to_string() } else { format!("{passed} keys") })
}

fn sending_dmarc(judgement: &Judgement) -> Finding {
    let dmarc = &judgement.dmarc;
    match dmarc.result {
        DmarcResult::Pass => Finding::good(policy_word(dmarc.policy)),
        DmarcResult::None => {
            let there = dmarc.discovery.iter().flat_map(|d| &d.walk.steps).any(|s| !s.dropped.is_empty());
            let standing = if there { Standing::Broken } else { Standing::Missing };
            Finding::bad(standing, dmarc.reason.clone())
        }
        _ => Finding::bad(Standing::Broken, dmarc.reason.clone()),
    }
}

fn receiving(mechanism: Mechanism, judgement: &Judgement) -> Finding {
    match mechanism {
        Mechanism::Spf => match judgement.spf.as_ref().map(|s| s.result) {
            Some(SpfResult::Fail | SpfResult::SoftFail | SpfResult::Neutral) => Finding::good(""),
            Some(SpfResult::Pass) => {
                Finding::bad(Standing::Broken, "a message from a foreign address passes: anybody may send")
            }
            Some(SpfResult::None) | None => Finding::not_judged("no SPF record to judge by"),
            Some(SpfResult::PermError) => Finding::not_judged("the SPF record cannot be evaluated"),
            Some(SpfResult::TempError) => Finding::not_judged("DNS did not answer"),
        },
        Mechanism::Dkim => match judgement.dkim.first().map(|s| s.result) {
            Some(DkimResult::Fail | DkimResult::Neutral | DkimResult::PermError | DkimResult::Policy) => {
                Finding::good("")
            }
            Some(DkimResult::Pass) => Finding::bad(Standing::Broken, "a message that was changed after signing passes"),
            Some(DkimResult::TempError) => Finding::not_judged("DNS did not answer"),
            Some(DkimResult::None) | None => Finding::not_judged("no signature to judge"),
        },
        Mechanism::Dmarc => match judgement.dmarc.result {
            DmarcResult::Fail => Finding::good(""),
            DmarcResult::Pass => Finding::bad(Standing::Broken, "a forged message passes"),
            DmarcResult::None => Finding::not_judged("no policy to judge by"),
            DmarcResult::TempError => Finding::not_judged("DNS did not answer"),
            DmarcResult::PermError => Finding::not_judged("the message or the record cannot be judged"),
        },
    }
}
