//! One message, seen by both witnesses.

use std::time::{Duration, SystemTime};

use crate::auth::dkim::{DkimOutcome, DkimResult};
use crate::auth::dmarc::{Disposition, DmarcResult};
use crate::auth::results::{StatedResults, believed};
use crate::auth::spf::SpfResult;
use crate::auth::verdicts::{Memory, Verdicts};
use crate::dns::lookup::Lookup;
use crate::model::message::{Message, with_crlf};
use crate::survey::border::Border;
use crate::survey::class::{Class, Evidence, classify};
use crate::survey::moment::received_at;

/// The sender of messages that have no author domain.
pub const NO_AUTHOR: &str = "(no author domain)";

/// Whom to believe.
#[derive(Clone, Debug, Default)]
pub struct Witness {
    /// Our servers at the border.
    pub border: Border,
    /// The receiver whose Authentication-Results are believed.
    pub authserv_id: Option<String>,
}

/// What was seen; nothing of the message itself.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Seen {
    /// The organisational domain of the author, or `NO_AUTHOR`.
    pub sender: String,
    /// When it came, in seconds since 1970.
    pub at: Option<i64>,
    /// The class.
    pub class: Class,
    /// What we found: SPF only where the client is known; DKIM the best of all signatures.
    pub ours: (Option<SpfResult>, DkimResult, DmarcResult),
    /// What the receiver said, where it is believed: words of RFC 8601.
    pub stated: Option<(String, String, String)>,
    /// SPF passed for an aligned domain.
    pub spf_aligned: bool,
    /// A signature passed for an aligned domain.
    pub dkim_aligned: bool,
    /// The author domain's policy today; nothing without a DMARC record.
    pub policy: Option<Disposition>,
    /// Algorithm and size in bits of each key that a signature was checked with.
    pub keys: Vec<(String, usize)>,
    /// A signature has no key any more.
    pub key_gone: bool,
    /// The receiver saw something else than we do.
    pub differs: bool,
}

/// Judges `raw` as of when it came, or of `now` where it does not say. `memory` has what earlier messages came to.
pub async fn look(lookup: &dyn Lookup, memory: &Memory, raw: &[u8], witness: &Witness, now: SystemTime) -> Seen {
    let text = with_crlf(raw);
    let message = Message::read(&text);
    let envelope = witness.border.envelope(&message);
    let at = received_at(&message);
    // A signature that has expired since was good then (RFC 6376 §3.5, `x=`).
    let moment = at
        .and_then(|s| u64::try_from(s).ok())
        .map(|s| SystemTime::UNIX_EPOCH + Duration::from_secs(s))
        .filter(|then| *then < now)
        .unwrap_or(now);
    let id = witness.authserv_id.as_deref();
    let judgement = memory.judge(lookup, &message, envelope.as_ref(), id.unwrap_or("mailproof"), moment).await;
    let stated = id.map(|id| believed(&message, id)).filter(|all| !all.is_empty());
    weigh(&judgement, stated.as_deref(), at)
}

fn weigh(judgement: &Verdicts, stated: Option<&[StatedResults]>, at: Option<i64>) -> Seen {
    let dmarc = &judgement.dmarc;
    let ours = (judgement.spf.as_ref().map(|s| s.result), best(&judgement.dkim), dmarc.result);
    let said = |method: &str| {
        stated.and_then(|all| {
            let results: Vec<&str> =
                all.iter().flat_map(|s| &s.results).filter(|r| r.method == method).map(|r| r.result.as_str()).collect();
            results.iter().find(|r| **r == "pass").or(results.first()).map(|r| r.to_string())
        })
    };
    let (said_spf, said_dkim, said_dmarc) = (said("spf"), said("dkim"), said("dmarc"));
    let author = (!dmarc.domain.is_empty()).then_some(&dmarc.domain);
    let organization = dmarc.organizational_domain.as_ref();
    let sender = author.map_or_else(|| NO_AUTHOR.to_string(), |domain| registered(organization.unwrap_or(domain)));
    let of_author = |domain: &str| author.is_some_and(|author| registered(author) == registered(domain));
    let passes = |said: &Option<String>| said.as_deref() == Some("pass");
    let key_gone = judgement.dkim.iter().any(|d| d.result == DkimResult::PermError && d.key_bits.is_none());
    let lost = judgement
        .dkim
        .iter()
        .any(|d| d.result == DkimResult::PermError && d.key_bits.is_none() && of_author(&d.domain));
    let evidence = Evidence {
        // What passed for the receiver did pass then; what it says in no word, we say.
        spf: match (ours.0, &said_spf) {
            (_, said) if passes(said) => Some(true),
            (Some(SpfResult::TempError), None) => None,
            (Some(result), _) => Some(result == SpfResult::Pass),
            (None, Some(_)) => Some(false),
            (None, None) => None,
        },
        spf_disowns: judgement
            .spf
            .as_ref()
            .is_some_and(|s| s.result == SpfResult::Fail && !passes(&said_spf) && of_author(&s.domain)),
        dkim: ours.1 == DkimResult::Pass || passes(&said_dkim),
        dkim_lost: lost && said_dkim.is_none(),
        dmarc: match (ours.2, said_dmarc.as_deref()) {
            (DmarcResult::PermError, _) => DmarcResult::PermError,
            (DmarcResult::Pass, _) | (_, Some("pass")) => DmarcResult::Pass,
            (_, Some("fail")) => DmarcResult::Fail,
            // Whoever knows of no policy does not speak against one that is published today.
            (ours, _) => ours,
        },
    };
    let differs = [
        (said_dkim.as_deref(), ours.1.as_str()),
        (said_dmarc.as_deref(), ours.2.as_str()),
        (said_spf.as_deref().filter(|_| ours.0.is_some()), ours.0.map_or("", SpfResult::as_str)),
    ]
    .iter()
    .any(|(said, ours)| said.is_some_and(|said| said != *ours));
    Seen {
        sender,
        at,
        class: classify(evidence),
        ours,
        stated: stated.map(|_| {
            let word = |said: Option<String>| said.unwrap_or_default();
            (word(said_spf), word(said_dkim), word(said_dmarc))
        }),
        spf_aligned: dmarc.spf_aligned,
        dkim_aligned: dmarc.dkim_aligned,
        policy: dmarc.policy,
        keys: judgement
            .dkim
            .iter()
            .filter_map(|d| Some((d.algorithm.split('-').next()?.chars().take(12).collect(), d.key_bits?)))
            .collect(),
        key_gone,
        differs,
    }
}

/// The result that counts of several signatures: the best.
fn best(outcomes: &[DkimOutcome]) -> DkimResult {
    use DkimResult::{Fail, Neutral, None, Pass, PermError, Policy, TempError};
    [Pass, TempError, Fail, Policy, PermError, Neutral]
        .into_iter()
        .find(|result| outcomes.iter().any(|o| o.result == *result))
        .unwrap_or(None)
}

/// One label below the public suffix: where DMARC says nothing of the organisation, and to compare by.
fn registered(domain: &str) -> String {
    psl::domain_str(domain).unwrap_or(domain).to_string()
}
