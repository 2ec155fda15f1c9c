//! TLSA records of an exchanger, held against the certificates that it showed (RFC 7672 §3).

use std::sync::Arc;

use aws_lc_rs::digest::{SHA256, SHA512, digest};
use hickory_proto::rr::RData;
use rustls::RootCertStore;
use rustls::client::WebPkiServerVerifier;
use rustls::client::danger::ServerCertVerifier as _;
use rustls::pki_types::{CertificateDer, ServerName, UnixTime};

use crate::dns::dnssec::Proof;
use crate::dns::lookup::Lookup;
use crate::model::name::{self, Name};
use crate::model::service::{Certificate, Dane, TlsFacts, TlsaSeen};
use crate::model::tlsa::Tlsa;
use crate::tls::Trust;

/// Records looked at.
const MOST_RECORDS: usize = 20;

/// Asks for the records of `host`, and holds them against what TLS showed.
pub(super) async fn dane(lookup: &dyn Lookup, host: &Name, tls: Option<&TlsFacts>, trust: &Trust) -> Dane {
    let Some((owner, rtype)) = Dane::owner(host) else { return Dane::default() };
    let answer = match lookup.lookup(&owner, rtype).await {
        Ok(answer) => answer,
        Err(failure) => return Dane { failure: Some(failure.to_string()), ..Dane::default() },
    };
    let records = answer.records.iter().take(MOST_RECORDS).filter_map(|data| match data {
        RData::TLSA(tlsa) => Some(Tlsa {
            usage: tlsa.cert_usage.into(),
            selector: tlsa.selector.into(),
            matching: tlsa.matching.into(),
            data: tlsa.cert_data.clone(),
        }),
        _ => None,
    });
    let seen = |record: Tlsa| {
        let tls = tls.filter(|_| record.is_usable());
        TlsaSeen { matches: tls.map(|tls| agrees(&record, &tls.chain, host, trust)), record }
    };
    let records: Vec<TlsaSeen> = records.map(seen).collect();
    let secure = match lookup.proof(&owner, rtype).await.map(|proof| proof.status) {
        _ if records.is_empty() => None,
        Some(Proof::Secure) => Some(true),
        Some(Proof::Insecure | Proof::Bogus) => Some(false),
        Some(Proof::Unknown) | None => None,
    };
    Dane { records, secure, failure: None }
}

/// Whether the chain agrees with the record: usage 3 names the host's own certificate, usage 2 an authority of its own
/// choice, which then must have signed a certificate for the host (RFC 7672 §3.1.1 and §3.1.2).
fn agrees(record: &Tlsa, chain: &[Vec<u8>], host: &Name, trust: &Trust) -> bool {
    let Some((own, above)) = chain.split_first() else { return false };
    match record.usage {
        3 => is_of(record, own),
        2 => above.iter().any(|anchor| is_of(record, anchor) && leads_to(anchor, own, above, host, trust)),
        _ => false,
    }
}

/// Whether the record is made of this certificate.
fn is_of(record: &Tlsa, der: &[u8]) -> bool {
    let selected = match record.selector {
        0 => der.to_vec(),
        _ => match Certificate::read(der) {
            Some(certificate) => certificate.public_key,
            None => return false,
        },
    };
    match record.matching {
        0 => selected == record.data,
        1 => digest(&SHA256, &selected).as_ref() == record.data,
        _ => digest(&SHA512, &selected).as_ref() == record.data,
    }
}

fn leads_to(anchor: &[u8], own: &[u8], above: &[Vec<u8>], host: &Name, trust: &Trust) -> bool {
    let mut roots = RootCertStore::empty();
    if roots.add(CertificateDer::from(anchor.to_vec())).is_err() {
        return false;
    }
    let verifier = WebPkiServerVerifier::builder_with_provider(Arc::new(roots), trust.provider.clone()).build();
    let name = ServerName::try_from(name::show(host));
    let intermediates: Vec<CertificateDer<'_>> = above.iter().map(|c| CertificateDer::from(c.as_slice())).collect();
    match (verifier, name) {
        (Ok(verifier), Ok(name)) => {
            verifier.verify_server_cert(&CertificateDer::from(own), &intermediates, &name, &[], UnixTime::now()).is_ok()
        }
        _ => false,
    }
}
