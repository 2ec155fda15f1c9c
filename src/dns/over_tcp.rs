//! One question over a TCP connection of its own, for answers that UDP cannot hold.

use std::net::SocketAddr;

use tokio::io::{AsyncRead, AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;

use crate::dns::random_id::random_id;
use crate::dns::wire::{self, Question};

/// The octets of the answer; nothing where there is none. Waits for as long as it is let.
pub(super) async fn ask(server: SocketAddr, question: &Question, edns: bool) -> Option<Vec<u8>> {
    let query = question.encode(random_id(), edns)?;
    let mut stream = TcpStream::connect(server).await.ok()?;
    stream.write_all(&framed(&query)?).await.ok()?;
    let reply = read_message(&mut stream).await.ok()?;
    wire::answers(&reply, &query).then_some(reply)
}

/// Length and message in one piece: some servers drop a length that comes alone (RFC 7766 §8).
pub(super) fn framed(message: &[u8]) -> Option<Vec<u8>> {
    let mut out = u16::try_from(message.len()).ok()?.to_be_bytes().to_vec();
    out.extend_from_slice(message);
    Some(out)
}

/// A message behind its length: 65,535 octets, at most.
pub(super) async fn read_message(stream: &mut (impl AsyncRead + Unpin)) -> std::io::Result<Vec<u8>> {
    let length = stream.read_u16().await?;
    let mut message = vec![0; usize::from(length)];
    stream.read_exact(&mut message).await?;
    Ok(message)
}
