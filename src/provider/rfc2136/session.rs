//! Signed messages over TCP: sent, and believed only when the answer is signed too (RFC 8945).

use std::net::SocketAddr;
use std::time::{Duration, SystemTime, UNIX_EPOCH};

use hickory_proto::op::{Message, ResponseCode};
use hickory_proto::rr::rdata::tsig::TsigError;
use hickory_proto::rr::{RData, TSigner};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;
use tokio::time::{Instant, timeout_at};

use crate::dns::wire;
use crate::error::{Error, Result};
use crate::model::name;
use crate::provider::rfc2136::key::TsigKey;

/// How far the two clocks may be apart, in seconds (RFC 8945 §10).
const FUDGE: u16 = 300;
/// How long one message may take.
const PATIENCE: Duration = Duration::from_secs(30);
/// Messages without a signature in between, at most (RFC 8945 §5.3.1).
const UNSIGNED: usize = 99;

/// A connection on which one signed message was sent.
pub struct Session {
    stream: TcpStream,
    server: SocketAddr,
    signer: TSigner,
    key_name: String,
    id: u16,
    /// The MAC of the last signed message (RFC 8945 §5.3).
    last_mac: Vec<u8>,
    /// What came since then without a signature.
    unsigned: Vec<Vec<u8>>,
    first: bool,
    sent_at: u64,
}

impl Session {
    /// Connects to `server`, signs `message` and sends it.
    ///
    /// # Errors
    /// Unreachable when there is no connection: nothing has been sent then.
    pub async fn send(server: SocketAddr, key: &TsigKey, mut message: Message) -> Result<Self> {
        let signer = TSigner::new(key.secret.clone(), key.algorithm.clone(), key.name.clone(), FUDGE)
            .map_err(|e| Error::config("the TSIG key cannot be used").because(e))?;
        let sent_at = SystemTime::now().duration_since(UNIX_EPOCH).map_or(0, |d| d.as_secs());
        let unfit = |e| Error::refused("the change does not fit into one message").because(e);
        message.finalize(&signer, sent_at).map_err(unfit)?;
        let octets = message.to_vec().map_err(unfit)?;
        let last_mac = message.signature().map(|record| record.data.mac.clone()).unwrap_or_default();
        let length =
            u16::try_from(octets.len()).map_err(|_| Error::refused("the change does not fit into one message"))?;
        let deadline = Instant::now() + PATIENCE;
        let stream = timeout_at(deadline, TcpStream::connect(server)).await;
        let mut stream = stream
            .map_err(|_| Error::unreachable(format!("{server} does not take a connection in time")))?
            .map_err(|e| Error::unreachable(format!("{server} cannot be reached over TCP")).because(e))?;
        let mut framed = length.to_be_bytes().to_vec();
        framed.extend_from_slice(&octets);
        timeout_at(deadline, stream.write_all(&framed))
            .await
            .map_err(|_| broke(server, "no answer in time"))?
            .map_err(|e| broke(server, "it was closed").because(e))?;
        let key_name = name::show(&key.name);
        let (id, unsigned, first) = (message.id, Vec::new(), true);
        Ok(Session { stream, server, signer, key_name, id, last_mac, unsigned, first, sent_at })
    }

    /// The next message of the answer. Whether it says yes is for the caller; that it is the server's is checked.
    ///
    /// # Errors
    /// Unreachable when the connection breaks; a configuration error when the server does not accept the key, or its
    /// answer is not signed with it.
    pub async fn receive(&mut self) -> Result<Message> {
        let deadline = Instant::now() + PATIENCE;
        let octets = timeout_at(deadline, read_message(&mut self.stream))
            .await
            .map_err(|_| broke(self.server, "no answer in time"))?
            .map_err(|e| broke(self.server, "it was closed").because(e))?;
        let message = wire::decode(&octets).map_err(|why| Error::unreachable(format!("{}: {why}", self.server)))?;
        if message.id != self.id {
            return Err(Error::unreachable(format!("{} answers another question", self.server)));
        }
        let signature = message.additionals.iter().rev().find_map(|record| match &record.data {
            RData::TSIG(tsig) => Some(tsig),
            _ => None,
        });
        if let Some(error) = signature.and_then(|tsig| tsig.error.as_ref()) {
            return Err(self.key_refused(error));
        }
        match signature {
            Some(_) => self.verify(octets)?,
            // A refusal needs no proof: nothing is believed because of it.
            None if self.first && message.response_code != ResponseCode::NoError => {}
            None if !self.first && self.unsigned.len() < UNSIGNED => self.unsigned.push(octets),
            None => return Err(self.unproven("it is not signed")),
        }
        self.first = false;
        Ok(message)
    }

    /// Whether every message so far is covered by a signature.
    ///
    /// # Errors
    /// A configuration error when the last ones are not.
    pub fn finish(&self) -> Result<()> {
        if self.unsigned.is_empty() { Ok(()) } else { Err(self.unproven("its end is not signed")) }
    }

    fn verify(&mut self, octets: Vec<u8>) -> Result<()> {
        let unsigned = std::mem::take(&mut self.unsigned);
        let checked = if unsigned.is_empty() {
            self.signer.verify_message_byte(&octets, Some(&self.last_mac), self.first)
        } else {
            self.verify_with(&octets, &unsigned)
        };
        let (mac, _, times) = checked.map_err(|_| self.unproven("its signature is wrong"))?;
        // The server's clock may stand on either side of ours; both ends of its range count.
        if self.sent_at < times.start || self.sent_at > times.end + u64::from(FUDGE) {
            return Err(self.key_refused(&TsigError::BadTime));
        }
        self.last_mac = mac;
        Ok(())
    }

    /// The signature over several messages (RFC 8945 §5.3.1).
    #[allow(clippy::type_complexity)]
    fn verify_with(
        &self,
        octets: &[u8],
        unsigned: &[Vec<u8>],
    ) -> std::result::Result<(Vec<u8>, u64, std::ops::Range<u64>), hickory_proto::dnssec::DnsSecError> {
        use hickory_proto::rr::rdata::tsig::signed_bitmessage_to_buf;
        let (own, record) = signed_bitmessage_to_buf(octets, None, false)?;
        let mut covered = u16::try_from(self.last_mac.len()).unwrap_or(0).to_be_bytes().to_vec();
        covered.extend_from_slice(&self.last_mac);
        unsigned.iter().for_each(|message| covered.extend_from_slice(message));
        covered.extend_from_slice(&own);
        let tsig = &record.data;
        self.signer.verify(&covered, &tsig.mac)?;
        let fudge = u64::from(tsig.fudge);
        Ok((tsig.mac.clone(), tsig.time, tsig.time.saturating_sub(fudge)..tsig.time.saturating_add(fudge)))
    }

    fn unproven(&self, why: &str) -> Error {
        Error::config(format!("the answer of {} cannot be believed: {why}", self.server))
            .hint(format!("does the server have the same secret for the key {}?", self.key_name))
    }

    fn key_refused(&self, error: &TsigError) -> Error {
        let key = &self.key_name;
        let (what, hint) = match error {
            TsigError::BadSig => {
                ("refused the signature of the key (BADSIG)", "its secret or algorithm is another there")
            }
            TsigError::BadKey => ("does not know the key (BADKEY)", "its name or algorithm is another there"),
            TsigError::BadTime => ("refused the time of the message (BADTIME)", "set the clocks of both machines"),
            _ => ("refused the key", "is it the key that the server has?"),
        };
        Error::config(format!("{} {what}: {key}", self.server)).hint(hint)
    }
}

/// After the message was sent: what came of it is not known.
fn broke(server: SocketAddr, why: &str) -> Error {
    Error::unreachable(format!("the connection to {server} broke: {why}"))
}

async fn read_message(stream: &mut TcpStream) -> std::io::Result<Vec<u8>> {
    let length = stream.read_u16().await?;
    let mut octets = vec![0; usize::from(length)];
    stream.read_exact(&mut octets).await?;
    Ok(octets)
}
