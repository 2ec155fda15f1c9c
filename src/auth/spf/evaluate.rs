//! `check_host()` itself (RFC 7208 §4).

use std::net::IpAddr;
use std::sync::Arc;

use futures_util::FutureExt;
use futures_util::future::BoxFuture;
use hickory_proto::rr::{RData, RecordType};

use crate::auth::spf::expand::Values;
use crate::auth::spf::{
    FaultTrace, MAX_LOOKUPS, MAX_NAMES, MAX_VOID_LOOKUPS, Outcome, QueryTrace, RecordTrace, SpfEvaluation, SpfRequest,
    SpfResult, TermTrace, explain, reason, target,
};
use crate::dns::lookup::{Answer, Lookup, LookupFailure, Status};
use crate::model::name::{self, Name};
use crate::model::reading::Reading;
use crate::model::snapshot::show_value;
use crate::model::spf::{
    Directive, MacroLetter, MacroString, Mechanism, Modifier, SpfFault, SpfRecord, TermKind, target_name,
};

/// How many records of an answer a trace shows.
const SHOWN_ANSWERS: usize = 20;

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
struct Verdict {
    trace: RecordTrace,
    reason: String,
    /// The `exp` of the record that decided, with the domain it stands at (§6.2).
    explanation: Option<(MacroString, String)>,
}

/// An evaluation that ends with an error (§2.6.6, §2.6.7).
pub(super) struct Stop {
    pub(super) result: SpfResult,
    pub(super) reason: String,
}

impl Stop {
    fn permanent(reason: String) -> Self {
        Stop { result: SpfResult::PermError, reason }
    }

    fn temporary(reason: String) -> Self {
        Stop { result: SpfResult::TempError, reason }
    }
}

/// What runs through one evaluation.
pub(super) struct Evaluator<'a> {
    lookup: &'a dyn Lookup,
    pub(super) values: Values,
    lookups: u32,
    voids: u32,
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

    fn ip(&self) -> IpAddr {
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
    fn check(&mut self, domain: String) -> BoxFuture<'_, Verdict> {
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
        let Some(name) = target_name(domain).filter(|n| n.iter().count() > 1) else { return Ok(None) };
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
            // "Syntax errors anywhere in the record MUST be detected" before anything is evaluated (§4.6).
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
                    Err(stop) => outcome = Some(Err(traced.stopped(stop))),
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
                decision.map_err(|stop| traced.stopped(stop))
            }
            (None, None) => {
                let reason = reason::default(domain, self.ip());
                Ok(Decision { result: SpfResult::Neutral, reason, explanation: None })
            }
        }
    }

    /// Whether a mechanism matches (§5): the sentence that says so.
    async fn directive(
        &mut self,
        directive: &Directive,
        domain: &str,
        trace: &mut TermTrace,
    ) -> Result<Option<String>, Stop> {
        let mechanism = &directive.mechanism;
        if mechanism.costs_lookup() {
            self.charge(domain, trace)?;
        }
        let ip = self.ip();
        let hit = match mechanism {
            Mechanism::All => Some(String::new()),
            Mechanism::Ip4 { network, prefix } => within(ip, IpAddr::V4(*network), *prefix).then(String::new),
            Mechanism::Ip6 { network, prefix } => within(ip, IpAddr::V6(*network), *prefix).then(String::new),
            Mechanism::Include(spec) => return self.include(spec, directive, domain, trace).await,
            Mechanism::A { domain: spec, cidr } => {
                let host = self.target(spec.as_ref(), domain, trace).await;
                let prefix = if ip.is_ipv4() { cidr.v4 } else { cidr.v6 };
                match target_name(&host) {
                    Some(name) => self.main_query(&name, self.address_type(), domain, trace).await?.filter(|answer| {
                        answer.records.iter().any(|r| address(r).is_some_and(|a| within(ip, a, prefix)))
                    }),
                    None => None,
                }
                .map(|_| if spec.is_some() { host } else { String::new() })
            }
            Mechanism::Mx { domain: spec, cidr } => {
                let host = self.target(spec.as_ref(), domain, trace).await;
                let prefix = if ip.is_ipv4() { cidr.v4 } else { cidr.v6 };
                self.exchangers(&host, prefix, domain, trace).await?
            }
            Mechanism::Ptr { domain: spec } => {
                let suffix = self.target(spec.as_ref(), domain, trace).await;
                let names = self.validated_names(Some(trace)).await;
                let void = trace.queries.first().is_some_and(|q| q.answers.is_empty() && q.is_negative());
                if void {
                    self.charge_void(domain, trace)?;
                }
                names.iter().find(|n| is_within(n, &suffix)).cloned()
            }
            Mechanism::Exists(spec) => {
                let host = self.target(Some(spec), domain, trace).await;
                match target_name(&host) {
                    // §5.7: type A, whatever the client's family.
                    Some(name) => self.main_query(&name, RecordType::A, domain, trace).await?,
                    None => None,
                }
                .map(|_| host)
            }
        };
        Ok(hit.map(|host| {
            if !host.is_empty() {
                trace.note = Some(host.clone());
            }
            reason::matched(directive, &trace.text, domain, ip, &host)
        }))
    }

    /// §5.2.
    async fn include(
        &mut self,
        spec: &MacroString,
        directive: &Directive,
        domain: &str,
        trace: &mut TermTrace,
    ) -> Result<Option<String>, Stop> {
        let host = self.target(Some(spec), domain, trace).await;
        let inner = self.check(host.clone()).await;
        let result = inner.trace.result;
        trace.nested = Some(Box::new(inner.trace));
        match result {
            SpfResult::Pass => Ok(Some(reason::included(directive, &trace.text, domain, &inner.reason))),
            SpfResult::Fail | SpfResult::SoftFail | SpfResult::Neutral => Ok(None),
            SpfResult::TempError => Err(Stop::temporary(reason::through(&inner.reason, &trace.text, domain))),
            SpfResult::PermError => Err(Stop::permanent(reason::through(&inner.reason, &trace.text, domain))),
            SpfResult::None => Err(Stop::permanent(reason::target_without_record(&trace.text, domain, &host))),
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

    /// §5.4: the host among the exchangers of `host` that has the client's address.
    async fn exchangers(
        &mut self,
        host: &str,
        prefix: u8,
        domain: &str,
        trace: &mut TermTrace,
    ) -> Result<Option<String>, Stop> {
        let Some(name) = target_name(host) else { return Ok(None) };
        let Some(answer) = self.main_query(&name, RecordType::MX, domain, trace).await? else { return Ok(None) };
        let hosts: Vec<&Name> = answer
            .records
            .iter()
            .filter_map(|r| match r {
                RData::MX(mx) => Some(&mx.exchange),
                _ => None,
            })
            .collect();
        // §4.6.4: more than ten make a permerror; said for all clients alike, not only for those that the first ten
        // do not list, for the order of an answer is chance.
        if hosts.len() > MAX_NAMES {
            return Err(Stop::permanent(reason::too_many_exchangers(&trace.text, domain, hosts.len())));
        }
        for exchange in hosts {
            // A null MX (RFC 7505) names no host.
            if exchange.is_root() {
                continue;
            }
            let rtype = self.address_type();
            let answer = self.ask(exchange, rtype, &mut trace.queries).await;
            let answer = answer.map_err(|f| Stop::temporary(reason::no_answer(&name::show(exchange), rtype, &f)))?;
            if answer.records.iter().any(|r| address(r).is_some_and(|a| within(self.ip(), a, prefix))) {
                return Ok(Some(name::show(exchange)));
            }
        }
        Ok(None)
    }

    /// The question that a term is charged for: its answer if it found something, nothing if it is a void lookup.
    async fn main_query(
        &mut self,
        name: &Name,
        rtype: RecordType,
        domain: &str,
        trace: &mut TermTrace,
    ) -> Result<Option<Arc<Answer>>, Stop> {
        let answer = self.ask(name, rtype, &mut trace.queries).await;
        let answer = answer.map_err(|f| Stop::temporary(reason::no_answer(&name::show(name), rtype, &f)))?;
        if answer.records.is_empty() {
            self.charge_void(domain, trace)?;
            return Ok(None);
        }
        Ok(Some(answer))
    }

    /// The name a term asks for: its domain-spec expanded, or the domain itself.
    pub(super) async fn target(&mut self, spec: Option<&MacroString>, domain: &str, trace: &mut TermTrace) -> String {
        let Some(spec) = spec else { return domain.to_string() };
        let host = self.expanded_name(spec, domain, Some(trace)).await;
        trace.target = Some(host.clone());
        if target_name(&host).is_none() {
            trace.note = Some("not a name that DNS can hold".into());
        }
        host
    }

    /// `spec` made a name; asks for the validated name of the client where the macro `p` needs it.
    pub(super) async fn expanded_name(
        &mut self,
        spec: &MacroString,
        domain: &str,
        trace: Option<&mut TermTrace>,
    ) -> String {
        let validated = if spec.uses(MacroLetter::ValidatedName) {
            self.validated_name(domain, trace).await
        } else {
            String::new()
        };
        self.values.name(spec, domain, &validated)
    }

    /// Counts a term that queries (§4.6.4).
    fn charge(&mut self, domain: &str, trace: &mut TermTrace) -> Result<(), Stop> {
        self.lookups += 1;
        trace.lookups = 1;
        if self.lookups > MAX_LOOKUPS {
            return Err(Stop::permanent(reason::too_many_lookups(&trace.text, domain)));
        }
        Ok(())
    }

    /// Counts a term that found nothing (§4.6.4).
    fn charge_void(&mut self, domain: &str, trace: &mut TermTrace) -> Result<(), Stop> {
        self.voids += 1;
        trace.void_lookups = 1;
        if self.voids > MAX_VOID_LOOKUPS {
            return Err(Stop::permanent(reason::too_many_voids(&trace.text, domain)));
        }
        Ok(())
    }
}

/// How a record comes out.
struct Decision {
    result: SpfResult,
    reason: String,
    explanation: Option<(MacroString, String)>,
}

impl TermTrace {
    fn stopped(&mut self, stop: Stop) -> Stop {
        self.outcome = Outcome::Error;
        self.decides = true;
        if self.nested.is_none() {
            self.note = Some(stop.reason.clone());
        }
        stop
    }
}

impl QueryTrace {
    fn new(name: &Name, rtype: RecordType, answer: &Result<Arc<Answer>, LookupFailure>) -> Self {
        let (outcome, answers) = match answer {
            Err(failure) => (failure.to_string(), Vec::new()),
            Ok(answer) => (
                match answer.status {
                    Status::Found => "found",
                    Status::NoData => "no such record",
                    Status::NxDomain => "no such name",
                }
                .to_string(),
                answer.records.iter().take(SHOWN_ANSWERS).map(show_value).collect(),
            ),
        };
        QueryTrace { name: name::show(name), rtype: rtype.to_string(), outcome, answers }
    }

    /// Answered, with nothing.
    fn is_negative(&self) -> bool {
        matches!(self.outcome.as_str(), "no such record" | "no such name")
    }
}

/// The address of an A or AAAA record.
pub(super) fn address(data: &RData) -> Option<IpAddr> {
    match data {
        RData::A(a) => Some(IpAddr::V4(a.0)),
        RData::AAAA(a) => Some(IpAddr::V6(a.0)),
        _ => None,
    }
}

/// Whether the first `prefix` bits of both are the same; never across families (§5).
fn within(ip: IpAddr, network: IpAddr, prefix: u8) -> bool {
    match (ip, network) {
        (IpAddr::V4(ip), IpAddr::V4(network)) => {
            let shift = 32 - u32::from(prefix.min(32));
            (ip.to_bits() ^ network.to_bits()).checked_shr(shift).unwrap_or(0) == 0
        }
        (IpAddr::V6(ip), IpAddr::V6(network)) => {
            let shift = 128 - u32::from(prefix.min(128));
            (ip.to_bits() ^ network.to_bits()).checked_shr(shift).unwrap_or(0) == 0
        }
        _ => false,
    }
}

/// Whether `name` is `suffix` or below it (§5.5).
pub(super) fn is_within(name: &str, suffix: &str) -> bool {
    let suffix = suffix.strip_suffix('.').unwrap_or(suffix);
    let Some(cut) = name.len().checked_sub(suffix.len()) else { return false };
    let tail = name.as_bytes().get(cut..).unwrap_or_default();
    tail.eq_ignore_ascii_case(suffix.as_bytes()) && (cut == 0 || name.as_bytes().get(cut - 1) == Some(&b'.'))
}
