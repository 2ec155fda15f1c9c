//! `check_host()` itself (RFC 7208 §4).

use std::net::IpAddr;
use std::sync::Arc;

use futures_util::FutureExt;
use futures_util::future::BoxFuture;
use hickory_proto::rr::RecordType;

use crate::auth::spf::expand::Values;
use crate::auth::spf::stop::Stop;
use crate::auth::spf::{
    FaultTrace, Outcome, QueryTrace, RecordTrace, SpfEvaluation, SpfRequest, SpfResult, TermTrace, explain, reason,
    target,
};
use crate::dns::lookup::{Answer, Lookup, LookupFailure};
use crate::model::name::Name;
use crate::model::reading::Reading;
use crate::model::spf::{MacroString, Modifier, SpfFault, SpfRecord, TermKind, target_name};

/// Evaluates `request` (RFC 7208 §4).
///
/// The work is bounded whatever the records say: ten terms that query, each with at most ten names (§4.6.4). Time is
/// bounded by `lookup`.
pub async fn check_host(lookup: &dyn Lookup, request: &SpfRequest<'_>) -> SpfEvaluation {
    let Some(domain) = target::initial(request.domain) else {
        let reason = format!("`{}` is not a domain name with two labels or more", request.domain);
        let trace = RecordTrace::empty(request.domain, SpfResult::None);
        let domain = request.domain.to_string();
        return SpfEvaluation {
            result: SpfResult::None,
            domain,
            explanation: None,
            reason,
            lookups: 0,
            void_lookups: 0,
            trace,
        };
    };
    let mut evaluator = Evaluator::new(lookup, request);
    let mut verdict = evaluator.check(domain.clone()).await;
    let explanation = match &verdict.explanation {
        Some((spec, at)) if verdict.trace.result == SpfResult::Fail => evaluator.explain(spec, at).await,
        _ => None,
    };
    if explanation.is_some() {
        explain::mark_used(&mut verdict.trace);
    }
    SpfEvaluation {
        result: verdict.trace.result,
        domain,
        explanation,
        reason: verdict.reason,
        lookups: evaluator.lookups,
        void_lookups: evaluator.voids,
        trace: verdict.trace,
    }
}

/// The evaluation of one record, with what the caller of it needs.
pub(super) struct Verdict {
    pub(super) trace: RecordTrace,
    pub(super) reason: String,
    /// The `exp` of the record that decided, with the domain it stands at (§6.2).
    explanation: Option<(MacroString, String)>,
}

/// What runs through one evaluation.
pub(super) struct Evaluator<'a> {
    lookup: &'a dyn Lookup,
    pub(super) values: Values,
    pub(super) lookups: u32,
    pub(super) voids: u32,
    /// The validated names of the client: asked for once, for they are the same for all terms.
    pub(super) validated: Option<Arc<Vec<String>>>,
}

impl<'a> Evaluator<'a> {
    fn new(lookup: &'a dyn Lookup, request: &SpfRequest<'_>) -> Self {
        // §4.3: without a local part it is `postmaster`.
        let (local, sender_domain) = match request.sender.rsplit_once('@') {
            Some(("", domain)) => ("postmaster", domain),
            Some((local, domain)) => (local, domain),
            None if request.sender.is_empty() => ("postmaster", request.domain),
            None => ("postmaster", request.sender),
        };
        let ascii = |text: &str| target::a_labels(text).unwrap_or_else(|| text.to_string());
        let values = Values {
            // §5: an IPv4-mapped address is an IPv4 address.
            ip: request.ip.to_canonical(),
            local: local.to_string(),
            sender_domain: ascii(sender_domain),
            helo: ascii(request.helo),
            receiver: if request.receiver.is_empty() { "unknown" } else { request.receiver }.to_string(),
            now: request.now,
        };
        Evaluator { lookup, values, lookups: 0, voids: 0, validated: None }
    }

    pub(super) fn ip(&self) -> IpAddr {
        self.values.ip
    }

    /// The type that holds addresses of the client's family (§5).
    pub(super) fn address_type(&self) -> RecordType {
        if self.ip().is_ipv4() { RecordType::A } else { RecordType::AAAA }
    }

    /// One question, written into `queries`.
    pub(super) async fn ask(
        &self,
        name: &Name,
        rtype: RecordType,
        queries: &mut Vec<QueryTrace>,
    ) -> Result<Arc<Answer>, LookupFailure> {
        let answer = self.lookup.lookup(name, rtype).await;
        queries.push(QueryTrace::new(name, rtype, &answer));
        answer
    }

    /// Evaluates the record of `domain`, which has no last dot. Boxed, for `include` and `redirect` come back here;
    /// the limit of ten ends that.
    pub(super) fn check(&mut self, domain: String) -> BoxFuture<'_, Verdict> {
        async move {
            let mut trace = RecordTrace::empty(&domain, SpfResult::None);
            let (result, reason, explanation) = match self.find_record(&domain, &mut trace).await {
                Err(stop) => (stop.result, stop.reason, None),
                Ok(None) => (SpfResult::None, reason::no_record(&domain), None),
                Ok(Some(record)) => match self.evaluate(&record, &domain, &mut trace).await {
                    Err(stop) => (stop.result, stop.reason, None),
                    Ok(decision) => (decision.result, decision.reason, decision.explanation),
                },
            };
            trace.result = result;
            Verdict { trace, reason, explanation }
        }
        .boxed()
    }

    /// §4.4 and §4.5: the one record of a domain.
    async fn find_record(&mut self, domain: &str, trace: &mut RecordTrace) -> Result<Option<SpfRecord>, Stop> {
        let Some(name) = target_name(domain).filter(|n| n.depth() > 1) else { return Ok(None) };
        let mut queries = Vec::new();
        let answer = self.ask(&name, RecordType::TXT, &mut queries).await;
        trace.query = queries.pop();
        let answer = answer.map_err(|f| Stop::temporary(reason::no_answer(domain, RecordType::TXT, &f)))?;
        let mut found: Vec<Reading<SpfRecord, SpfFault>> =
            answer.texts().iter().map(|t| SpfRecord::read(t)).filter(Reading::is_ours).collect();
        if found.len() > 1 {
            return Err(Stop::permanent(reason::several_records(domain, found.len())));
        }
        let Some(reading) = found.pop() else { return Ok(None) };
        trace.record = reading.record().map(SpfRecord::to_string);
        match reading {
            Reading::NotOurs => Ok(None),
            Reading::Ours(record) => Ok(Some(record)),
            // A syntax error anywhere in the record ends it before anything is evaluated (§4.6).
            Reading::Broken { record, faults } => {
                trace.faults = faults.iter().map(|f| FaultTrace::new(&record, f)).collect();
                Err(Stop::permanent(reason::broken(domain, &record, &faults)))
            }
        }
    }

    /// §4.6.2: the terms from left to right, then `redirect`.
    async fn evaluate(&mut self, record: &SpfRecord, domain: &str, trace: &mut RecordTrace) -> Result<Decision, Stop> {
        let explanation = record.explanation().map(|(_, spec)| (spec.clone(), domain.to_string()));
        let mut outcome = None;
        let mut redirect = None;
        for term in &record.terms {
            let mut traced = TermTrace::new(record, term);
            if let TermKind::Directive(directive) = &term.kind
                && outcome.is_none()
            {
                match self.directive(directive, domain, &mut traced).await {
                    Err(stop) => outcome = Some(Err(stop.at(&mut traced))),
                    Ok(None) => traced.outcome = Outcome::NoMatch,
                    Ok(Some(reason)) => {
                        traced.outcome = Outcome::Match;
                        traced.decides = true;
                        let result = directive.qualifier.into();
                        outcome = Some(Ok(Decision { result, reason, explanation: explanation.clone() }));
                    }
                }
            }
            if let TermKind::Modifier(Modifier::Redirect(spec)) = &term.kind {
                redirect = Some((spec, trace.terms.len()));
                trace.terms.push(traced);
            } else {
                trace.push(traced);
            }
        }
        match (outcome, redirect) {
            (Some(outcome), _) => outcome,
            (None, Some((spec, at))) => {
                let traced = &mut trace.terms[at];
                let decision = self.redirect(spec, domain, traced).await;
                decision.map_err(|stop| stop.at(traced))
            }
            (None, None) => {
                let reason = reason::default(domain, self.ip());
                Ok(Decision { result: SpfResult::Neutral, reason, explanation: None })
            }
        }
    }

    /// §6.1. The explanation of the target counts, that of this record does not (§6.2).
    async fn redirect(&mut self, spec: &MacroString, domain: &str, trace: &mut TermTrace) -> Result<Decision, Stop> {
        self.charge(domain, trace)?;
        let host = self.target(Some(spec), domain, trace).await;
        let inner = self.check(host.clone()).await;
        let result = inner.trace.result;
        trace.nested = Some(Box::new(inner.trace));
        trace.decides = true;
        trace.outcome = Outcome::Used;
        match result {
            SpfResult::None => Err(Stop::permanent(reason::target_without_record(&trace.text, domain, &host))),
            _ => Ok(Decision {
                result,
                reason: reason::through(&inner.reason, &trace.text, domain),
                explanation: inner.explanation,
            }),
        }
    }
}

/// How a record comes out.
struct Decision {
    result: SpfResult,
    reason: String,
    explanation: Option<(MacroString, String)>,
}
