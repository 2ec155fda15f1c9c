//! The server's side of the DNS protocol: what is asked, what is refused, and how large an answer may be.

use std::sync::{Arc, PoisonError, RwLock};

use async_trait::async_trait;
use hickory_net::runtime::Time;
use hickory_net::xfer::Protocol;
use hickory_proto::op::{Edns, Header, HeaderCounts, Message, MessageType, Metadata, OpCode, ResponseCode};
use hickory_proto::rr::{DNSClass, RecordType};
use hickory_server::server::{Request, RequestHandler, ResponseHandler, ResponseInfo};
use hickory_server::zone_handler::MessageResponseBuilder;

use crate::dns::overlay::Fault;
use crate::dns::overlay::answer::{Answering, Reply};
use crate::dns::wire::{Question, UDP_PAYLOAD};
use crate::model::name::Name;

/// Hands each request to what is answered from at the moment.
pub(super) struct Handler {
    answering: Arc<RwLock<Arc<Answering>>>,
}

/// What to send.
enum Verdict {
    Send(Reply),
    /// The TC bit and nothing else.
    Truncated,
    Silence,
}

impl Handler {
    pub(super) fn new(answering: Arc<RwLock<Arc<Answering>>>) -> Self {
        Handler { answering }
    }

    async fn judge(&self, request: &Request) -> Verdict {
        let refuse = |rcode| Verdict::Send(Reply::failed(rcode));
        // RFC 6891 §6.1.3: a version that we do not speak is answered with ours.
        if request.edns.as_ref().is_some_and(|e| e.version() != 0) {
            return refuse(ResponseCode::BADVERS);
        }
        if request.metadata.op_code != OpCode::Query {
            return refuse(ResponseCode::NotImp);
        }
        let Ok(info) = request.request_info() else { return refuse(ResponseCode::FormErr) };
        let (name, rtype) = (Name::from(&info.query.original().name), info.query.query_type());
        let class = info.query.query_class();
        if !matches!(class, DNSClass::IN | DNSClass::ANY) || matches!(rtype, RecordType::AXFR | RecordType::IXFR) {
            return refuse(ResponseCode::Refused);
        }
        let answering = self.answering.read().unwrap_or_else(PoisonError::into_inner).clone();
        match answering.fault(&name, rtype) {
            Some(Fault::ServFail) => return refuse(ResponseCode::ServFail),
            Some(Fault::Refused) => return refuse(ResponseCode::Refused),
            Some(Fault::Silent) => return Verdict::Silence,
            Some(Fault::Truncated) if request.protocol() == Protocol::Udp => return Verdict::Truncated,
            Some(Fault::Slow(delay)) => tokio::time::sleep(delay).await,
            Some(Fault::Truncated) | None => {}
        }
        let question = Question {
            name,
            rtype,
            recursion: request.metadata.recursion_desired,
            dnssec: request.edns.as_ref().is_some_and(|e| e.flags().dnssec_ok),
            unchecked: request.metadata.checking_disabled,
        };
        Verdict::Send(answering.answer(&question).await)
    }
}

#[async_trait]
impl RequestHandler for Handler {
    async fn handle_request<R: ResponseHandler, T: Time>(&self, request: &Request, mut handle: R) -> ResponseInfo {
        let mut metadata = Metadata::response_from_request(&request.metadata);
        let mut reply = match self.judge(request).await {
            Verdict::Send(reply) => reply,
            Verdict::Truncated => {
                metadata.truncation = true;
                Reply::default()
            }
            Verdict::Silence => return info(metadata),
        };
        metadata.response_code = reply.rcode;
        metadata.authoritative = reply.authoritative;
        metadata.recursion_available = reply.recursion_available;
        // The server takes the size limit of an answer from the OPT record in it.
        let edns = request.edns.as_ref().map(|client| {
            let mut ours = Edns::new();
            ours.set_max_payload(client.max_payload().clamp(512, UDP_PAYLOAD));
            ours.set_dnssec_ok(client.flags().dnssec_ok);
            ours
        });
        if request.protocol() == Protocol::Udp {
            let limit = usize::from(edns.as_ref().map_or(512, Edns::max_payload));
            if !fits(request, &reply, edns.as_ref(), limit) {
                // Part of a set is of no use (RFC 2181 §9), and the OPT record must stay in.
                metadata.truncation = true;
                (reply.answers, reply.authorities, reply.additionals) = Default::default();
            }
        }
        let builder = MessageResponseBuilder::new(&request.queries, edns.as_ref());
        let response = builder.build(metadata, &reply.answers, &reply.authorities, [], &reply.additionals);
        // The client has gone: nobody is left to be told.
        handle.send_response(response).await.unwrap_or_else(|_| info(metadata))
    }
}

/// Whether the whole reply takes no more than `limit` octets.
fn fits(request: &Request, reply: &Reply, edns: Option<&Edns>, limit: usize) -> bool {
    let mut message = Message::new(0, MessageType::Response, OpCode::Query);
    if let Ok(info) = request.request_info() {
        message.add_query(info.query.original().clone());
    }
    message.answers.clone_from(&reply.answers);
    message.authorities.clone_from(&reply.authorities);
    message.additionals.clone_from(&reply.additionals);
    message.edns = edns.cloned();
    message.to_vec().is_ok_and(|octets| octets.len() <= limit)
}

fn info(metadata: Metadata) -> ResponseInfo {
    ResponseInfo::from(Header { metadata, counts: HeaderCounts::default() })
}
