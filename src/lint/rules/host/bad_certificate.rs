//! A certificate that is not good.

use crate::lint::rules::prelude::*;
use crate::model::service::TrustFault;

rule! {
    /// The certificate of a mail exchanger has another name, an incomplete chain or is out of date.
    ///
    /// # Why
    /// Senders with MTA-STS or a policy of their own do not deliver.
    ///
    /// # Reference
    /// RFC 8461 §4.2
    ///
    /// # Since
    /// 0.1.0
    "HOST006", "bad-certificate", Warning, Live, Service(check)
}

fn check(seen: &ServiceView<'_>, out: &mut Sink<'_>) {
    for exchange in &seen.services.exchanges {
        let Some(tls) = exchange.tls() else { continue };
        let Some(fault) = &tls.fault else { continue };
        // DANE vouches for the certificate, whoever signed it (RFC 7672 §3.1.1); MTA-STS does not look at DANE.
        let enforced = seen.policy_enforced();
        if exchange.dane.agrees() && exchange.dane.secure == Some(true) && !enforced {
            continue;
        }
        let names = tls.certificate.as_ref().map(|c| c.names.as_slice()).unwrap_or_default();
        let detail = match (fault, names) {
            (TrustFault::OtherName, []) => " (it names no host at all)".to_string(),
            (TrustFault::OtherName, names) => {
                let shown: Vec<&str> = names.iter().take(3).map(String::as_str).collect();
                format!(" (it is for {}{})", shown.join(", "), if names.len() > 3 { " and others" } else { "" })
            }
            (TrustFault::Expired, _) => {
                let day = tls.certificate.as_ref().map(|c| c.not_after.strftime("%Y-%m-%d").to_string());
                day.map_or(String::new(), |day| format!(" (on {day})"))
            }
            _ => String::new(),
        };
        out.report(seen.exchange_spot(exchange), format!("{}: {fault}{detail}", exchange.shown()))
            .severity(if enforced { Severity::Error } else { Severity::Warning })
            .sees(if enforced {
                "no delivery by senders that obey the domain's MTA-STS policy"
            } else {
                "most senders take any certificate; those that verify do not deliver"
            })
            .help(format!(
                "use a certificate for {} that a public authority signed, with its whole chain",
                exchange.shown()
            ));
    }
}
