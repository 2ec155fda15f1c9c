//! One end of an SMTP connection: lines in, octets out, everything bounded in size and time.

use std::io;
use std::time::Duration;

use tokio::io::{AsyncRead, AsyncReadExt, AsyncWrite, AsyncWriteExt};
use tokio::time::{Instant, timeout_at};

/// What a connection runs over: TCP, or TLS over TCP.
pub trait Stream: AsyncRead + AsyncWrite + Send + Unpin {}

impl<T: AsyncRead + AsyncWrite + Send + Unpin> Stream for T {}

/// Why nothing more comes or goes.
#[derive(Debug)]
pub enum WireFault {
    /// The other side took too long.
    TimedOut,
    /// The other side hung up.
    Closed,
    /// A line is longer than was allowed.
    TooLong,
    /// The network failed.
    Io(io::Error),
}

/// A connection with its input buffer.
pub struct Wire {
    stream: Box<dyn Stream>,
    input: Vec<u8>,
    /// No step may end later.
    end: Instant,
}

impl Wire {
    /// Over `stream`; whatever is done with it ends after `total`.
    pub fn new(stream: impl Stream + 'static, total: Duration) -> Self {
        Wire { stream: Box::new(stream), input: Vec::new(), end: Instant::now() + total }
    }

    /// Whether something has come that nobody has read yet.
    pub fn has_input(&self) -> bool {
        !self.input.is_empty()
    }

    /// The bare stream, for TLS to take over; what was buffered is lost.
    pub fn into_stream(self) -> (Box<dyn Stream>, Duration) {
        (self.stream, self.end.saturating_duration_since(Instant::now()))
    }

    fn deadline(&self, within: Duration) -> Instant {
        self.end.min(Instant::now() + within)
    }

    /// The next line without its `end` (`\n`, or `\r\n` where a lone line feed is none), at most `limit` octets long;
    /// all of it must come `within` that time.
    ///
    /// # Errors
    /// [`WireFault`]; after [`WireFault::TooLong`] the connection is of no more use.
    pub async fn line(&mut self, end: &[u8], limit: usize, within: Duration) -> Result<Vec<u8>, WireFault> {
        let deadline = self.deadline(within);
        let mut seen = 0;
        loop {
            if let Some(at) = self.input[seen..].windows(end.len()).position(|w| w == end) {
                let length = seen + at;
                if length > limit {
                    return Err(WireFault::TooLong);
                }
                let mut line: Vec<u8> = self.input.drain(..length + end.len()).collect();
                line.truncate(length);
                return Ok(line);
            }
            if self.input.len() > limit + end.len() {
                return Err(WireFault::TooLong);
            }
            seen = (self.input.len() + 1).saturating_sub(end.len());
            self.fill(deadline).await?;
        }
    }

    /// What has come, or what comes next: at least one octet.
    ///
    /// # Errors
    /// [`WireFault`].
    pub async fn chunk(&mut self, within: Duration) -> Result<Vec<u8>, WireFault> {
        if self.input.is_empty() {
            self.fill(self.deadline(within)).await?;
        }
        Ok(std::mem::take(&mut self.input))
    }

    /// Puts octets of a [`Wire::chunk`] back that were not for the reader.
    pub fn unread(&mut self, octets: &[u8]) {
        self.input.splice(..0, octets.iter().copied());
    }

    async fn fill(&mut self, deadline: Instant) -> Result<(), WireFault> {
        let mut buffer = [0; 16 * 1024];
        match timeout_at(deadline, self.stream.read(&mut buffer)).await {
            Err(_) => Err(WireFault::TimedOut),
            Ok(Ok(0)) => Err(WireFault::Closed),
            Ok(Ok(count)) => {
                self.input.extend_from_slice(&buffer[..count]);
                Ok(())
            }
            Ok(Err(e)) => Err(fault(e)),
        }
    }

    /// Sends `octets`; each 64 kB must be taken `within` that time.
    ///
    /// # Errors
    /// [`WireFault`].
    pub async fn send(&mut self, octets: &[u8], within: Duration) -> Result<(), WireFault> {
        for part in octets.chunks(64 * 1024) {
            let deadline = self.deadline(within);
            timeout_at(deadline, self.stream.write_all(part)).await.map_err(|_| WireFault::TimedOut)?.map_err(fault)?;
        }
        let deadline = self.deadline(within);
        timeout_at(deadline, self.stream.flush()).await.map_err(|_| WireFault::TimedOut)?.map_err(fault)
    }

    /// Ends the connection in order, as far as the other side lets us.
    pub async fn close(mut self) {
        let _ = tokio::time::timeout(Duration::from_secs(2), self.stream.shutdown()).await;
    }
}

fn fault(e: io::Error) -> WireFault {
    match e.kind() {
        io::ErrorKind::UnexpectedEof
        | io::ErrorKind::ConnectionReset
        | io::ErrorKind::ConnectionAborted
        | io::ErrorKind::BrokenPipe => WireFault::Closed,
        _ => WireFault::Io(e),
    }
}

#[cfg(test)]
mod tests {
    use tokio::io::duplex;

    use super::*;

    const SOON: Duration = Duration::from_secs(5);

    #[tokio::test]
    async fn lines_and_chunks() {
        let (mut far, near) = duplex(1024);
        let mut wire = Wire::new(near, SOON);
        far.write_all(b"one\r\ntwo\nand\r\nrest").await.unwrap();
        assert_eq!(wire.line(b"\r\n", 100, SOON).await.unwrap(), b"one");
        assert!(wire.has_input());
        assert_eq!(wire.line(b"\n", 100, SOON).await.unwrap(), b"two");
        assert_eq!(wire.line(b"\r\n", 3, SOON).await.unwrap(), b"and");
        let chunk = wire.chunk(SOON).await.unwrap();
        assert_eq!(chunk, b"rest");
        wire.unread(&chunk[2..]);
        drop(far);
        assert!(matches!(wire.line(b"\n", 100, SOON).await, Err(WireFault::Closed)));
    }

    #[tokio::test]
    async fn a_line_without_end_is_not_kept() {
        let (mut far, near) = duplex(1024);
        let mut wire = Wire::new(near, SOON);
        let writer = tokio::spawn(async move { while far.write_all(&[b'x'; 1024]).await.is_ok() {} });
        assert!(matches!(wire.line(b"\n", 4096, SOON).await, Err(WireFault::TooLong)));
        assert!(wire.input.len() < 64 * 1024);
        drop(wire);
        writer.await.unwrap();
    }

    #[tokio::test]
    async fn silence_ends() {
        let (_far, near) = duplex(1024);
        let mut wire = Wire::new(near, Duration::from_millis(40));
        // The step's time first, then all that is left.
        assert!(matches!(wire.line(b"\n", 100, Duration::from_millis(10)).await, Err(WireFault::TimedOut)));
        assert!(matches!(wire.chunk(Duration::from_secs(600)).await, Err(WireFault::TimedOut)));
    }
}
