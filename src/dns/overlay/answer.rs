//! How a question is answered: from the overlay where it has a say, from live DNS elsewhere.

use std::time::Duration;

use hickory_proto::op::{Message, ResponseCode};
use hickory_proto::rr::{RData, Record, RecordType};

use crate::dns::exchange::Exchange;
use crate::dns::gather::PROBE;
use crate::dns::lookup::LookupFailure;
use crate::dns::overlay::view::{Local, View};
use crate::dns::overlay::{Fault, Overlay};
use crate::dns::wire::Question;
use crate::model::name::Name;
use crate::model::snapshot::Key;

/// CNAMEs followed before giving up.
pub(super) const MAX_HOPS: usize = 16;
/// By default the upstream gets less time than a client usually gives us.
const UPSTREAM_TIMEOUT: Duration = Duration::from_secs(3);

/// Everything that is needed to answer.
#[derive(Debug)]
pub(super) struct Answering {
    view: View,
    upstream: Option<Exchange>,
    timeout: Duration,
}

/// An answer as it will be sent.
#[derive(Debug, Default)]
pub(super) struct Reply {
    pub(super) rcode: ResponseCode,
    pub(super) authoritative: bool,
    pub(super) recursion_available: bool,
    pub(super) answers: Vec<Record>,
    pub(super) authorities: Vec<Record>,
    pub(super) additionals: Vec<Record>,
}

impl Reply {
    pub(super) fn failed(rcode: ResponseCode) -> Self {
        Reply { rcode, ..Reply::default() }
    }

    fn no_data(&mut self, soa: Record) {
        self.rcode = ResponseCode::NoError;
        self.authorities = vec![soa];
    }
}

impl Answering {
    pub(super) fn new(overlay: Overlay) -> Self {
        Answering {
            view: View::new(&overlay.zones, overlay.removed, overlay.faults),
            upstream: overlay.upstream.map(Exchange::new),
            timeout: overlay.timeout.unwrap_or(UPSTREAM_TIMEOUT),
        }
    }

    pub(super) fn fault(&self, name: &Name, rtype: RecordType) -> Option<Fault> {
        self.view.fault(name, rtype)
    }

    /// Answers `question`. However many times the upstream is asked for it, it takes no longer than the timeout.
    pub(super) async fn answer(&self, question: &Question) -> Reply {
        tokio::time::timeout(self.timeout, self.answer_patiently(question))
            .await
            .unwrap_or_else(|_| Reply::failed(ResponseCode::ServFail))
    }

    async fn answer_patiently(&self, question: &Question) -> Reply {
        let mut reply = Reply { authoritative: true, recursion_available: true, ..Reply::default() };
        let mut name = Key::new(&question.name, question.rtype).name;
        for hop in 0..MAX_HOPS {
            // Further down a chain it is a resolver in our place that gets no answer, and says SERVFAIL.
            let fault = self.view.fault(&name, question.rtype).filter(|_| hop > 0);
            if matches!(fault, Some(Fault::ServFail | Fault::Refused | Fault::Silent)) {
                break;
            }
            match self.step(&name, question, &mut reply).await {
                Some(target) => name = target,
                None => return reply,
            }
        }
        Reply::failed(ResponseCode::ServFail)
    }

    /// Adds what is known about `name`; the name to go on with if it is an alias.
    async fn step(&self, name: &Name, question: &Question, reply: &mut Reply) -> Option<Name> {
        match (self.view.local(name, question.rtype), &self.upstream) {
            (Local::Records(records), _) => {
                reply.answers.extend(records);
                None
            }
            (Local::Alias(record, target), _) => {
                reply.answers.push(*record);
                Some(target)
            }
            (Local::Removed, _) => {
                reply.no_data(self.view.soa(name));
                None
            }
            (Local::Unknown, Some(upstream)) => self.live(upstream, name, question, reply).await,
            (Local::Unknown, None) => {
                if let Some(wildcard) = self.view.wildcard(name, question.rtype) {
                    return self.synthesize(&wildcard, name, question.rtype, reply);
                }
                reply.no_data(self.view.soa(name));
                if !self.view.exists(name) {
                    reply.rcode = ResponseCode::NXDomain;
                }
                None
            }
        }
    }

    /// The records of `wildcard` under the name asked for (RFC 4592 §4.4).
    fn synthesize(&self, wildcard: &Name, name: &Name, rtype: RecordType, reply: &mut Reply) -> Option<Name> {
        let renamed = |mut record: Record| {
            record.name = name.into();
            record
        };
        reply.rcode = ResponseCode::NoError;
        match self.view.local(wildcard, rtype) {
            Local::Records(records) => {
                reply.answers.extend(records.into_iter().map(renamed));
                None
            }
            Local::Alias(record, target) => {
                reply.answers.push(renamed(*record));
                Some(target)
            }
            Local::Removed | Local::Unknown => {
                reply.no_data(self.view.soa(name));
                None
            }
        }
    }

    /// Live DNS about `name`, corrected by what the overlay says about the names that turn up on the way.
    async fn live(&self, upstream: &Exchange, name: &Name, question: &Question, reply: &mut Reply) -> Option<Name> {
        let rtype = question.rtype;
        let Ok(message) = self.forward(upstream, name, question).await else {
            *reply = Reply::failed(ResponseCode::ServFail);
            return None;
        };
        if reply.answers.is_empty() {
            reply.authoritative = false;
        }
        reply.recursion_available = message.metadata.recursion_available;
        reply.rcode = message.metadata.response_code;
        if !matches!(reply.rcode, ResponseCode::NoError | ResponseCode::NXDomain) {
            return None;
        }
        let mut walked = vec![name.clone()];
        let take = |walked: &[Name]| {
            message.answers.iter().filter(|r| walked.contains(&Name::from(&r.name))).cloned().collect()
        };
        let mut end = name.clone();
        while let Some(target) = alias_of(&message, &end, rtype) {
            if self.view.removes(&end, RecordType::CNAME) {
                walked.pop();
                reply.answers.extend::<Vec<_>>(take(&walked));
                reply.no_data(self.view.soa(&end));
                return None;
            }
            if walked.contains(&target) {
                break;
            }
            if self.view.knows(&target) {
                reply.answers.extend::<Vec<_>>(take(&walked));
                reply.rcode = ResponseCode::NoError;
                return Some(target);
            }
            walked.push(target.clone());
            end = target;
        }
        let missing = reply.rcode == ResponseCode::NXDomain;
        if let Some(wildcard) = self.view.wildcard(&end, rtype)
            && (missing || !matches!(self.view.local(&wildcard, rtype), Local::Unknown))
            && self.applies(upstream, &wildcard, &end, question, &message).await
        {
            walked.pop();
            reply.answers.extend::<Vec<_>>(take(&walked));
            return self.synthesize(&wildcard, &end, rtype, reply);
        }
        reply.answers.extend(message.answers);
        reply.authorities = message.authorities;
        reply.additionals = message.additionals;
        if missing && self.view.exists(&end) {
            reply.rcode = ResponseCode::NoError;
            if reply.authorities.is_empty() {
                reply.authorities = vec![self.view.soa(&end)];
            }
        }
        None
    }

    /// Whether no live name stands between `wildcard` and `name`, nor `name` itself: each would block the wildcard
    /// (RFC 4592 §2.2.1).
    async fn applies(
        &self,
        upstream: &Exchange,
        wildcard: &Name,
        name: &Name,
        question: &Question,
        about_name: &Message,
    ) -> bool {
        if self.exists_live(upstream, name, question, about_name).await {
            return false;
        }
        let top = wildcard.parent();
        let mut between = name.parent();
        while between != top {
            match self.forward(upstream, &between, question).await {
                Ok(message) if !self.exists_live(upstream, &between, question, &message).await => {}
                _ => return false,
            }
            between = between.parent();
        }
        true
    }

    /// Whether `name` exists live by itself. NXDOMAIN says no; any other answer may come from a live wildcard, which
    /// then says the same about a neighbour that nobody has.
    async fn exists_live(&self, upstream: &Exchange, name: &Name, question: &Question, about: &Message) -> bool {
        if about.metadata.response_code == ResponseCode::NXDomain {
            return false;
        }
        let Some(neighbour) = name.parent().child(PROBE.as_bytes()) else { return true };
        let data = |m: &Message| m.answers.iter().map(|r| r.data.clone()).collect::<Vec<_>>();
        match self.forward(upstream, &neighbour, question).await {
            Ok(other) => other.metadata.response_code != about.metadata.response_code || data(&other) != data(about),
            Err(_) => true,
        }
    }

    async fn forward(&self, upstream: &Exchange, name: &Name, question: &Question) -> Result<Message, LookupFailure> {
        let reply = upstream.ask(&Question { name: name.clone(), ..question.clone() }, self.timeout).await?;
        reply.message().map_err(LookupFailure::Other)
    }
}

/// Where `name` points in the answer section, unless the alias itself was asked for.
fn alias_of(message: &Message, name: &Name, rtype: RecordType) -> Option<Name> {
    if matches!(rtype, RecordType::CNAME | RecordType::ANY) {
        return None;
    }
    message.answers.iter().filter(|r| Name::from(&r.name) == *name).find_map(|r| match &r.data {
        RData::CNAME(target) => Some(Name::from(&target.0)),
        _ => None,
    })
}
