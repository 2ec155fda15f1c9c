//! A failed handshake in words.

use std::error::Error as StdError;
use std::io;

use rustls::{CertificateError, Error};

/// What `error`, of a handshake, says about the server.
pub fn explain(error: &io::Error) -> String {
    if let Some(why) = fault_of_tls(error) {
        return why;
    }
    match error.kind() {
        io::ErrorKind::UnexpectedEof => "the server hung up during the TLS handshake".into(),
        _ => format!("the TLS handshake failed: {error}"),
    }
}

/// The same of any error; nothing where it is not one of TLS.
pub fn fault_of_tls(error: &(dyn StdError + 'static)) -> Option<String> {
    Some(match inside(error)? {
        Error::InvalidCertificate(cause) => format!("the server's TLS certificate is refused: {}", why(cause)),
        Error::InvalidMessage(_) => "the server does not speak TLS here".into(),
        other => format!("the TLS handshake failed: {other}"),
    })
}

/// Whether what answers speaks something else than TLS.
pub fn speaks_no_tls(error: &io::Error) -> bool {
    matches!(inside(error), Some(Error::InvalidMessage(_)))
}

/// The error of TLS in `error`, which may be wrapped in errors of input and output; these do not name it as their source.
fn inside<'e>(error: &'e (dyn StdError + 'static)) -> Option<&'e Error> {
    let io = match error.downcast_ref::<io::Error>() {
        Some(io) => io.get_ref()?,
        None => return error.downcast_ref(),
    };
    inside(io)
}

fn why(cause: &CertificateError) -> String {
    match cause {
        CertificateError::UnknownIssuer => "nobody whom this system trusts has signed it".into(),
        CertificateError::BadSignature => "its signature is not of whom it says".into(),
        CertificateError::NotValidForName | CertificateError::NotValidForNameContext { .. } => {
            "it is for another name".into()
        }
        CertificateError::Expired | CertificateError::ExpiredContext { .. } => "it has expired".into(),
        CertificateError::NotValidYet | CertificateError::NotValidYetContext { .. } => "it is not valid yet".into(),
        CertificateError::Revoked => "it was revoked".into(),
        other => other.to_string(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn however_it_is_wrapped() {
        let expired = || Error::InvalidCertificate(CertificateError::Expired);
        let once = io::Error::other(expired());
        let twice = io::Error::other(io::Error::other(expired()));
        let want = "the server's TLS certificate is refused: it has expired";
        for error in [&expired() as &(dyn StdError + 'static), &once, &twice] {
            assert_eq!(fault_of_tls(error).as_deref(), Some(want), "{error:?}");
        }
        for error in [io::Error::from(io::ErrorKind::TimedOut), io::Error::other("something else")] {
            assert_eq!(fault_of_tls(&error), None, "{error:?}");
        }
    }
}
