//! The mechanisms (RFC 7208 §5).

use std::net::IpAddr;
use std::sync::Arc;

use hickory_proto::rr::{RData, RecordType};

use crate::auth::spf::evaluate::Evaluator;
use crate::auth::spf::stop::Stop;
use crate::auth::spf::{QueryTrace, SpfResult, TermTrace, reason};
use crate::dns::lookup::Answer;
use crate::model::name::{self, Name};
use crate::model::spf::{Directive, DualCidr, MAX_NAMES, MacroLetter, MacroString, Mechanism, target_name, within};

impl Evaluator<'_> {
    /// Whether a mechanism matches: the sentence that says so.
    pub(super) async fn directive(
        &mut self,
        directive: &Directive,
        domain: &str,
        trace: &mut TermTrace,
    ) -> Result<Option<String>, Stop> {
        if directive.mechanism.costs_lookup() {
            self.charge(domain, trace)?;
        }
        let ip = self.ip();
        let plain = |matches: bool| matches.then(String::new);
        // The host that matched; empty where there is none to name.
        let host = match &directive.mechanism {
            Mechanism::All => plain(true),
            Mechanism::Ip4 { network, prefix } => plain(within(ip, IpAddr::V4(*network), *prefix)),
            Mechanism::Ip6 { network, prefix } => plain(within(ip, IpAddr::V6(*network), *prefix)),
            Mechanism::Include(spec) => return self.include(spec, directive, domain, trace).await,
            Mechanism::A { domain: spec, cidr } => {
                let host = self.target(spec.as_ref(), domain, trace).await;
                let answer = self.main_query(&host, self.address_type(), domain, trace).await?;
                plain(answer.is_some_and(|answer| self.lists(&answer, *cidr)))
            }
            Mechanism::Mx { domain: spec, cidr } => {
                let host = self.target(spec.as_ref(), domain, trace).await;
                self.exchanger(&host, *cidr, domain, trace).await?
            }
            Mechanism::Ptr { domain: spec } => {
                let suffix = self.target(spec.as_ref(), domain, trace).await;
                let names = self.validated_names(Some(trace)).await;
                if trace.queries.first().is_some_and(QueryTrace::is_negative) {
                    self.charge_void(domain, trace)?;
                }
                names.iter().find(|n| name::is_within(n, &suffix)).cloned()
            }
            Mechanism::Exists(spec) => {
                let host = self.target(Some(spec), domain, trace).await;
                // §5.7: type A, whatever the client's family.
                self.main_query(&host, RecordType::A, domain, trace).await?.map(|_| host)
            }
        };
        let Some(host) = host else { return Ok(None) };
        let reason = reason::matched(directive, &trace.text, domain, ip, &host);
        trace.note = Some(host).filter(|host| !host.is_empty());
        Ok(Some(reason))
    }

    /// Whether one of the addresses in `answer` shares its prefix with the client's (§5.3).
    fn lists(&self, answer: &Answer, cidr: DualCidr) -> bool {
        let prefix = if self.ip().is_ipv4() { cidr.v4 } else { cidr.v6 };
        answer.records.iter().filter_map(RData::ip_addr).any(|a| within(self.ip(), a, prefix))
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

    /// §5.4: the host among the exchangers of `host` that has the client's address.
    async fn exchanger(
        &mut self,
        host: &str,
        cidr: DualCidr,
        domain: &str,
        trace: &mut TermTrace,
    ) -> Result<Option<String>, Stop> {
        let Some(answer) = self.main_query(host, RecordType::MX, domain, trace).await? else { return Ok(None) };
        let hosts: Vec<Name> = answer
            .records
            .iter()
            .filter_map(|r| match r {
                RData::MX(mx) => Some(Name::from(&mx.exchange)),
                _ => None,
            })
            .collect();
        // §4.6.4: more than ten make a permerror; said for all clients alike, not only for those that the first ten
        // do not list, for the order of an answer is chance.
        if hosts.len() > MAX_NAMES {
            return Err(Stop::permanent(reason::too_many_exchangers(&trace.text, domain, hosts.len())));
        }
        // A null MX (RFC 7505) names no host.
        for exchange in hosts.into_iter().filter(|host| !host.is_root()) {
            let rtype = self.address_type();
            let answer = self.ask(&exchange, rtype, &mut trace.queries).await;
            let answer = answer.map_err(|f| Stop::temporary(reason::no_answer(&name::show(&exchange), rtype, &f)))?;
            if self.lists(&answer, cidr) {
                return Ok(Some(name::show(&exchange)));
            }
        }
        Ok(None)
    }

    /// The question that a term is charged for: its answer if it found something, nothing if it is a void lookup or if
    /// DNS has no such name.
    async fn main_query(
        &mut self,
        host: &str,
        rtype: RecordType,
        domain: &str,
        trace: &mut TermTrace,
    ) -> Result<Option<Arc<Answer>>, Stop> {
        let Some(name) = target_name(host) else { return Ok(None) };
        let answer = self.ask(&name, rtype, &mut trace.queries).await;
        let answer = answer.map_err(|f| Stop::temporary(reason::no_answer(host, rtype, &f)))?;
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
}
