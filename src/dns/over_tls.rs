//! Questions over one TLS connection that is kept, many on their way at a time (RFC 7858 §3.3).

use std::sync::Arc;
use std::time::Duration;

use rustls::pki_types::ServerName;
use tokio::io::{AsyncReadExt, AsyncWriteExt, BufReader, ReadHalf, WriteHalf};
use tokio::net::TcpStream;
use tokio::sync::{Mutex, mpsc};
use tokio::task::JoinHandle;
use tokio::time::timeout;
use tokio_rustls::TlsConnector;
use tokio_rustls::client::TlsStream;

use crate::dns::lookup::LookupFailure;
use crate::dns::over_tcp::framed;
use crate::dns::waiting::{Place, Waiting, unwritable};
use crate::dns::wire::Question;
use crate::tls::{Trust, explain};

/// Connections that a question is tried on: a server may hang up at any time (RFC 7766 §6.2.4).
const TRIES: usize = 3;
/// A message that has begun is whole within this time, or the connection is given up.
const MESSAGE: Duration = Duration::from_secs(5);

type Tls = TlsStream<TcpStream>;

/// The connection to one server, which is made when the first question goes out.
#[derive(Debug)]
pub(super) struct OverTls {
    host: String,
    port: u16,
    name: String,
    trust: Option<Trust>,
    connection: Mutex<Option<Arc<Connection>>>,
}

/// A connection, and who waits for what on it.
#[derive(Debug)]
struct Connection {
    waiting: Waiting,
    queries: mpsc::UnboundedSender<Vec<u8>>,
    tasks: [JoinHandle<()>; 2],
}

impl Drop for Connection {
    fn drop(&mut self) {
        self.tasks.iter().for_each(JoinHandle::abort);
    }
}

/// Gives up a connection on which a question was waited for in vain and nobody else was answered either: it may be dead
/// without anybody having said so.
struct Patience<'c> {
    connection: &'c Connection,
    place: Place,
    done: bool,
}

impl Drop for Patience<'_> {
    fn drop(&mut self) {
        if !self.done && !self.place.others_were_answered() {
            self.connection.waiting.close();
        }
    }
}

impl OverTls {
    /// `trust` is the system's where it is not given.
    pub(super) fn new(host: String, port: u16, name: String, trust: Option<Trust>) -> Self {
        OverTls { host, port, name, trust, connection: Mutex::default() }
    }

    /// The octets of the answer; waits for as long as it is let.
    pub(super) async fn ask(&self, question: &Question, edns: bool) -> Result<Vec<u8>, LookupFailure> {
        let mut stale = None;
        for _ in 0..TRIES {
            let connection = self.connection(stale.take()).await.map_err(LookupFailure::Other)?;
            if let Some((place, query)) = connection.waiting.place(question, edns)? {
                let mut patience = Patience { connection: &connection, place, done: false };
                let sent = connection.queries.send(framed(&query).ok_or_else(unwritable)?);
                let reply = if sent.is_ok() { patience.place.reply().await } else { None };
                patience.done = true;
                if let Some(reply) = reply {
                    return reply;
                }
            }
            stale = Some(connection);
        }
        Err(LookupFailure::Other(format!("{} hangs up without an answer", self.shown())))
    }

    fn shown(&self) -> String {
        format!("{} port {}", self.host, self.port)
    }

    /// The connection that is there, unless it is `stale`; else a new one.
    async fn connection(&self, stale: Option<Arc<Connection>>) -> Result<Arc<Connection>, String> {
        let mut current = self.connection.lock().await;
        if let Some(connection) = current.as_ref()
            && stale.is_none_or(|old| !Arc::ptr_eq(&old, connection))
        {
            return Ok(connection.clone());
        }
        *current = None;
        let connection = Arc::new(Connection::new(self.open().await?));
        *current = Some(connection.clone());
        Ok(connection)
    }

    async fn open(&self) -> Result<Tls, String> {
        let trust = Trust::or_system(self.trust.as_ref()).map_err(|e| e.to_string())?;
        let config = trust.client_config().map_err(|e| e.to_string())?;
        let name = ServerName::try_from(self.name.clone()).map_err(|e| e.to_string())?;
        let tcp = TcpStream::connect((self.host.as_str(), self.port)).await.map_err(|e| match e.kind() {
            std::io::ErrorKind::ConnectionRefused => format!("nothing answers at {}", self.shown()),
            _ => format!("{} cannot be reached: {e}", self.shown()),
        })?;
        // Questions are small and go out at once.
        let _ = tcp.set_nodelay(true);
        let connected = TlsConnector::from(Arc::new(config)).connect(name, tcp).await;
        connected.map_err(|e| format!("{}: {}", self.shown(), explain(&e)))
    }
}

impl Connection {
    fn new(stream: Tls) -> Self {
        let (reader, writer) = tokio::io::split(stream);
        let (queries, outgoing) = mpsc::unbounded_channel();
        let waiting = Waiting::default();
        let tasks = [
            tokio::spawn(read_replies(BufReader::new(reader), waiting.clone())),
            tokio::spawn(write_queries(writer, outgoing, waiting.clone())),
        ];
        Connection { waiting, queries, tasks }
    }
}

/// Writes in a task of its own: who asks may lose patience in the middle of a message.
async fn write_queries(mut writer: WriteHalf<Tls>, mut queries: mpsc::UnboundedReceiver<Vec<u8>>, waiting: Waiting) {
    while let Some(mut batch) = queries.recv().await {
        while let Ok(more) = queries.try_recv() {
            batch.extend(more);
        }
        if writer.write_all(&batch).await.is_err() || writer.flush().await.is_err() {
            break;
        }
    }
    waiting.close();
}

async fn read_replies(mut reader: BufReader<ReadHalf<Tls>>, waiting: Waiting) {
    // Between messages it may be silent for as long as it likes.
    while let Ok(length) = reader.read_u16().await {
        let mut message = vec![0; usize::from(length)];
        match timeout(MESSAGE, reader.read_exact(&mut message)).await {
            Ok(Ok(_)) => waiting.deliver(&message),
            _ => break,
        }
    }
    waiting.close();
}
