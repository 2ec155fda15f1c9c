//! Whether mail can leave this network: many block connections to port 25. A host is connected to, greets, and is told
//! goodbye; no mail transaction is begun.

use std::net::{IpAddr, SocketAddr};
use std::time::Duration;

use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::TcpStream;
use tokio::time::timeout;

/// Time for a connection.
const CONNECT: Duration = Duration::from_secs(5);
/// Time for the greeting: some hosts let strangers wait before they greet them.
const GREETING: Duration = Duration::from_secs(10);

/// Connects to the first of `addresses` that takes the connection, two at most.
///
/// # Errors
/// Why mail would not get there, as a clause.
pub async fn reach(addresses: &[IpAddr], port: u16) -> Result<(), String> {
    let mut why = "has no address".to_string();
    for address in addresses.iter().take(2) {
        match timeout(CONNECT, TcpStream::connect(SocketAddr::new(*address, port))).await {
            Ok(Ok(stream)) => return greeted(stream).await,
            Ok(Err(e)) if e.kind() == std::io::ErrorKind::ConnectionRefused => {
                why = format!("{address} refuses connections to port {port}");
            }
            Ok(Err(e)) => why = format!("no connection to {address}: {e}"),
            Err(_) => {
                let seconds = CONNECT.as_secs();
                why = format!("no connection to {address} in {seconds} s; many networks block port {port}");
            }
        }
    }
    Err(why)
}

async fn greeted(mut stream: TcpStream) -> Result<(), String> {
    let mut start = [0; 4];
    match timeout(GREETING, stream.read_exact(&mut start)).await {
        // RFC 5321 §3.1: 220 greets; 554 is a server that takes no mail.
        Ok(Ok(_)) if start.starts_with(b"220") => {
            let _ = timeout(GREETING, stream.write_all(b"QUIT\r\n")).await;
            Ok(())
        }
        Ok(Ok(_)) if start.starts_with(b"554") => Err("takes no mail from here (554)".into()),
        Ok(Ok(_)) => Err("answers, but not as a mail server".into()),
        Ok(Err(_)) => Err("closes the connection at once".into()),
        Err(_) => Err("takes the connection and does not greet".into()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use tokio::net::TcpListener;

    #[tokio::test]
    async fn greetings() {
        for (says, want) in [
            ("220 mx.example ESMTP\r\n", Ok(())),
            ("220-mx.example\r\n220 ESMTP\r\n", Ok(())),
            ("554 no\r\n", Err("takes no mail from here (554)")),
            ("HTTP/1.1 400\r\n", Err("not as a mail server")),
            ("", Err("closes the connection at once")),
        ] {
            let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
            let port = listener.local_addr().unwrap().port();
            let server = tokio::spawn(async move {
                let (mut stream, _) = listener.accept().await.unwrap();
                stream.write_all(says.as_bytes()).await.unwrap();
            });
            let got = reach(&["127.0.0.1".parse().unwrap()], port).await;
            server.await.unwrap();
            match (got, want) {
                (Ok(()), Ok(())) => {}
                (Err(got), Err(want)) => assert!(got.contains(want), "{says}: {got}"),
                (got, want) => panic!("{says}: {got:?}, wanted {want:?}"),
            }
        }
        assert_eq!(reach(&[], 25).await, Err("has no address".to_string()));
    }

    #[tokio::test]
    async fn a_refusal() {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let port = listener.local_addr().unwrap().port();
        drop(listener);
        let got = reach(&["127.0.0.1".parse().unwrap()], port).await.unwrap_err();
        assert!(got.contains("refuses connections"), "{got}");
    }
}
