//! DNS over TLS by servers that begin and do not end: whatever they do, a question ends in time and says why.

use std::time::Duration;

use futures_util::future::join_all;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpListener, TcpStream};
use tokio::time::{sleep, timeout};
use tokio_rustls::TlsAcceptor;
use tokio_rustls::server::TlsStream;

use crate::encrypted::{acceptor, check};
use crate::support::authority::Authority;

/// Nothing here may take as long.
const HANGING: Duration = Duration::from_secs(30);

/// What a server gets wrong.
#[derive(Clone, Copy, Debug)]
enum Fault {
    /// It accepts the connection and says nothing.
    NoHandshake,
    /// The answer to a client's hello is a record that never ends, an octet at a time.
    SlowHandshake,
    /// It speaks TLS, and answers nothing.
    Silence,
    /// Its answers come an octet at a time.
    SlowAnswer,
    /// Its answers have another id.
    WrongId,
    /// Its answers are about another name.
    WrongName,
    /// It closes the connection in the middle of each answer.
    ClosesWithin,
    /// It closes the connection once it is asked.
    ClosesBefore,
    /// It announces 65,535 octets and sends ten.
    ShortOfItsLength,
    /// It sends messages without end, none of which is an answer.
    Noise,
    /// It answers with a header alone.
    HeaderAlone,
}

/// A server with this fault; its port.
async fn server(fault: Fault, tls: TlsAcceptor) -> u16 {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let port = listener.local_addr().unwrap().port();
    tokio::spawn(async move {
        while let Ok((stream, _)) = listener.accept().await {
            tokio::spawn(serve(fault, stream, tls.clone()));
        }
    });
    port
}

async fn serve(fault: Fault, mut stream: TcpStream, tls: TlsAcceptor) -> Option<()> {
    match fault {
        Fault::NoHandshake => sleep(HANGING).await,
        Fault::SlowHandshake => {
            // A handshake record of TLS 1.2 with sixteen thousand octets to come.
            drip(&mut stream, b"\x16\x03\x03\x40\x00\x02\x00\x3f\xfc\x03\x03").await?;
        }
        _ => {
            let mut stream = tls.accept(stream).await.ok()?;
            while answer(fault, &mut stream).await.is_some() {}
        }
    }
    None
}

/// Reads a question and answers it as the fault will have it.
async fn answer(fault: Fault, stream: &mut TlsStream<TcpStream>) -> Option<()> {
    let length = stream.read_u16().await.ok()?;
    let mut message = vec![0; length.into()];
    stream.read_exact(&mut message).await.ok()?;
    // An answer without records, and without OPT, which stands at the end of a question.
    message[2] |= 0x80;
    message[11] = 0;
    message.truncate(message.len() - 11);
    let framed = |message: &[u8]| [&u16::try_from(message.len()).unwrap().to_be_bytes(), message].concat();
    match fault {
        Fault::NoHandshake | Fault::SlowHandshake | Fault::Silence => {}
        Fault::SlowAnswer => drip(stream, &framed(&message)).await?,
        Fault::WrongId => {
            message[0] ^= 0x55;
            stream.write_all(&framed(&message)).await.ok()?;
        }
        Fault::WrongName => {
            message[13] ^= 0x01;
            stream.write_all(&framed(&message)).await.ok()?;
        }
        Fault::ClosesWithin => {
            let whole = framed(&message);
            stream.write_all(&whole[..whole.len() / 2]).await.ok()?;
            let _ = stream.shutdown().await;
            return None;
        }
        Fault::ClosesBefore => {
            let _ = stream.shutdown().await;
            return None;
        }
        Fault::ShortOfItsLength => stream.write_all(b"\xff\xff0123456789").await.ok()?,
        Fault::Noise => loop {
            stream.write_all(&framed(&[0x2a; 300])).await.ok()?;
            sleep(Duration::from_millis(1)).await;
        },
        Fault::HeaderAlone => stream.write_all(&framed(&message[..12])).await.ok()?,
    }
    Some(())
}

async fn drip(stream: &mut (impl AsyncWriteExt + Unpin), octets: &[u8]) -> Option<()> {
    for octet in octets {
        stream.write_all(&[*octet]).await.ok()?;
        stream.flush().await.ok()?;
        sleep(Duration::from_secs(1)).await;
    }
    Some(())
}

#[tokio::test(flavor = "multi_thread")]
async fn every_question_ends() {
    let dir = tempfile::tempdir().unwrap();
    let authority = Authority::new();
    let trusted = authority.file(dir.path());
    let tls = acceptor(&authority.issue(dir.path(), &["127.0.0.1"], 2060));
    let late = "no answer in time";
    let cases = [
        (Fault::NoHandshake, late),
        (Fault::SlowHandshake, late),
        (Fault::Silence, late),
        (Fault::SlowAnswer, late),
        (Fault::WrongId, late),
        (Fault::WrongName, late),
        (Fault::ClosesWithin, "hangs up without an answer"),
        (Fault::ClosesBefore, "hangs up without an answer"),
        (Fault::ShortOfItsLength, late),
        (Fault::Noise, late),
        (Fault::HeaderAlone, late),
    ];
    let run = |(fault, says): (Fault, &'static str)| {
        let (tls, trusted) = (tls.clone(), trusted.clone());
        async move {
            let server = format!("tls://127.0.0.1:{}", server(fault, tls).await);
            let checked = check(&server, &trusted, &["--dns-timeout", "1"]);
            let (status, value) = timeout(HANGING, checked).await.unwrap_or_else(|_| panic!("{fault:?}: it hangs"));
            assert_eq!(status, Some(3), "{fault:?}: unknown, and no finding: {value:#}");
            for record in ["spf", "dmarc"] {
                assert_eq!(value[record]["status"], "unknown", "{fault:?}: never \"no record\": {value:#}");
            }
            let reason = value["unknown"][0]["reason"].as_str().unwrap();
            assert!(reason.contains(says), "{fault:?}: {reason}");
        }
    };
    join_all(cases.map(run)).await;
}
