//! The validated names of the client (RFC 7208 §5.5), for `ptr` and the macro `p`.

use std::sync::Arc;

use hickory_proto::rr::{RData, RecordType};

use crate::auth::spf::TermTrace;
use crate::auth::spf::evaluate::Evaluator;
use crate::model::name::{self, Name};
use crate::model::spf::MAX_NAMES;

impl Evaluator<'_> {
    /// The names that the address has and that have the address, in the order of the answer. Of the PTR records all
    /// but the first ten are ignored (§4.6.4); a name whose addresses cannot be asked for is skipped, and without an
    /// answer to the first question there is none (§5.5).
    pub(super) async fn validated_names(&mut self, trace: Option<&mut TermTrace>) -> Arc<Vec<String>> {
        if let Some(names) = &self.validated {
            return Arc::clone(names);
        }
        let mut unseen = Vec::new();
        let queries = trace.map_or(&mut unseen, |t| &mut t.queries);
        let mut names = Vec::new();
        if let Ok(answer) = self.ask(&Name::from(self.values.ip), RecordType::PTR, queries).await {
            for data in answer.records.iter().take(MAX_NAMES) {
                let RData::PTR(host) = data else { continue };
                let host = Name::from(&host.0);
                let Ok(answer) = self.ask(&host, self.address_type(), queries).await else { continue };
                if answer.records.iter().any(|r| r.ip_addr() == Some(self.values.ip)) {
                    names.push(name::show(&host));
                }
            }
        }
        let names = Arc::new(names);
        self.validated = Some(Arc::clone(&names));
        names
    }

    /// The value of the macro `p` (§7.3): the domain itself if it is among the validated names, else one below it,
    /// else any; `unknown` without one.
    pub(super) async fn validated_name(&mut self, domain: &str, trace: Option<&mut TermTrace>) -> String {
        let names = self.validated_names(trace).await;
        let exact = names.iter().find(|n| n.eq_ignore_ascii_case(domain));
        let best = exact.or_else(|| names.iter().find(|n| name::is_within(n, domain))).or_else(|| names.first());
        best.cloned().unwrap_or_else(|| "unknown".into())
    }
}
