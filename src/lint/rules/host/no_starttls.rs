//! No STARTTLS.

use crate::lint::rules::prelude::*;
use crate::model::service::Starttls;

rule! {
    /// A mail exchanger does not offer STARTTLS.
    ///
    /// # Why
    /// Mail to it travels readable, and senders that demand TLS do not deliver.
    ///
    /// # Reference
    /// RFC 3207 §4
    ///
    /// # Since
    /// 0.1.0
    "HOST005", "no-starttls", Warning, Live, Service(check)
}

fn check(seen: &ServiceView<'_>, out: &mut Sink<'_>) {
    for exchange in &seen.services.exchanges {
        let (host, failure) = match exchange.smtp.as_ref().and_then(|v| v.starttls.as_ref()) {
            Some(Starttls::NotOffered) => (exchange.shown(), None),
            Some(Starttls::Failed(why)) => (exchange.shown(), Some(why)),
            _ => continue,
        };
        let message = match failure {
            None => format!("{host} does not offer STARTTLS"),
            Some(why) => format!("{host} offers STARTTLS, and it fails: {why}"),
        };
        let demanded = seen.tls_demanded(exchange);
        out.report(seen.exchange_spot(exchange), message)
            .severity(if demanded.is_some() { Severity::Error } else { Severity::Warning })
            .sees(match demanded {
                Some(by) => format!("no delivery by senders that obey {by}"),
                None => "mail in the clear; senders that demand TLS do not deliver".into(),
            })
            .help("set up TLS on the mail server, with any certificate to begin with");
    }
}
