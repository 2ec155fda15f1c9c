//! Every authoritative server of a zone, asked the same questions.

use std::time::Duration;

use futures_util::future::join_all;
use hickory_proto::op::ResponseCode;
use hickory_proto::rr::{RData, RecordType};

use crate::dns::authority::NameServer;
use crate::dns::exchange::Exchange;
use crate::dns::interpret::{Step, interpret};
use crate::dns::lookup::LookupFailure;
use crate::dns::wire::{self, Question};
use crate::lint::live::{Server, ServerSet, ServerState};
use crate::model::name::{self, Name};
use crate::model::snapshot::{Key, canonical, show_value};

/// Servers asked at most, and questions put to each.
const MAX_SERVERS: usize = 32;
const MAX_QUESTIONS: usize = 20;
/// How long one question to one server may take; it is asked twice.
const QUESTION: Duration = Duration::from_secs(2);

/// What one server says to one question.
enum Said {
    Records(Vec<RData>),
    /// It has no authority there: it refuses, fails or points elsewhere.
    Lame(String),
    /// Nothing that counts.
    Failed(LookupFailure),
}

/// Asks each of `servers` about the apex of `zone`, by which a lame one is told, and all of `questions`, without
/// recursion.
pub async fn survey(servers: &[NameServer], zone: &Name, questions: &[Key]) -> Vec<Server> {
    let mut all = join_all(servers.iter().take(MAX_SERVERS).map(|server| one(server, zone, questions))).await;
    // Servers give NS records in any order.
    all.sort_by(|a, b| a.name.cmp(&b.name));
    all
}

async fn one(server: &NameServer, zone: &Name, questions: &[Key]) -> Server {
    let exchange = Exchange::new(server.addr);
    let mut out = Server { name: server.to_string(), serial: None, state: ServerState::Answers, sets: Vec::new() };
    match ask(&exchange, &Key::new(zone, RecordType::SOA)).await {
        Said::Records(data) => out.serial = data.iter().find_map(serial),
        Said::Lame(why) => {
            out.state = ServerState::Lame(why);
            return out;
        }
        Said::Failed(failure) if failure != LookupFailure::Truncated => {
            out.state = ServerState::Silent(failure.to_string());
            return out;
        }
        Said::Failed(_) => {}
    }
    for key in questions.iter().take(MAX_QUESTIONS) {
        match ask(&exchange, key).await {
            Said::Records(data) => out.sets.push(set(key, data)),
            // Below the apex another zone may begin.
            Said::Lame(_) => {}
            // The first such name is told: it is the domain's own, unless that one is short.
            Said::Failed(LookupFailure::Truncated) => {
                if out.state == ServerState::Answers {
                    out.state = ServerState::Truncates(name::show(&key.name));
                }
            }
            // Who does not answer is not waited for again and again.
            Said::Failed(failure) => {
                out.state = ServerState::Silent(failure.to_string());
                return out;
            }
        }
    }
    out
}

fn serial(data: &RData) -> Option<u32> {
    match data {
        RData::SOA(soa) => Some(soa.serial),
        _ => None,
    }
}

fn set(key: &Key, data: Vec<RData>) -> ServerSet {
    // A server may send a set in any order, and split TXT data otherwise.
    let mut values: Vec<(Vec<u8>, String)> = data.iter().map(|d| (canonical(d), show_value(d))).collect();
    values.sort();
    values.dedup_by(|a, b| a.0 == b.0);
    let (same, shown) = values.into_iter().unzip();
    ServerSet { owner: key.name.octets().to_vec(), name: name::show(&key.name), rtype: key.rtype, same, shown }
}

async fn ask(exchange: &Exchange, key: &Key) -> Said {
    let question = Question { recursion: false, ..Question::new(&key.name, key.rtype) };
    let reply = match exchange.ask_twice(&question, QUESTION).await {
        Ok(reply) => reply,
        Err(failure) => return Said::Failed(failure),
    };
    let rcode = reply.rcode();
    if !matches!(rcode, ResponseCode::NoError | ResponseCode::NXDomain) {
        return Said::Lame(format!("it answers {}", wire::mnemonic(rcode)));
    }
    if !reply.authoritative() {
        return Said::Lame("it answers without authority".into());
    }
    let (mut chain, mut ttl) = (Vec::new(), u32::MAX);
    match interpret(&reply, &question.name, key.rtype, &mut chain, &mut ttl) {
        // What stands behind a CNAME may be another zone's: that the alias is the same is what counts.
        _ if !chain.is_empty() => {
            let aliases = chain.iter().take(1).cloned();
            Said::Records(aliases.map(|n| RData::CNAME(hickory_proto::rr::rdata::CNAME(n.into()))).collect())
        }
        Ok(Step::Settled(_, data)) => Said::Records(data),
        Ok(Step::Follow(_)) => Said::Records(Vec::new()),
        Err(failure) => Said::Failed(failure),
    }
}

/// The questions that matter for mail: SPF and MX first, then whatever else was found of the domain.
pub fn questions(gathered: &crate::dns::gather::Gathered) -> Vec<Key> {
    let domain = &gathered.domain;
    let mut out = vec![Key::new(domain, RecordType::TXT), Key::new(domain, RecordType::MX)];
    out.extend(name::below("_dmarc", domain).iter().map(|n| Key::new(n, RecordType::TXT)));
    let found = gathered.snapshot.sets().map(|s| s.key());
    for key in found.filter(|k| domain.zone_of(&k.name) && !name::show(&k.name).starts_with('*')) {
        if !out.contains(&key) {
            out.push(key);
        }
    }
    out
}
