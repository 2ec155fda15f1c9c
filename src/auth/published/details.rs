//! What is worth asking about one domain, and too much for a hundred thousand.

use serde::Serialize;

use crate::auth::dmarc::{LegacyView, legacy_view};
use crate::auth::published::reverse::reverse_names;
use crate::auth::published::{Senders, senders};
use crate::auth::spf::budget;
use crate::dns::lookup::Lookup;
use crate::model::name::{self, Name};
use crate::model::service::ReverseName;
use crate::model::spf::SpfTree;

/// The whole SPF tree, who may send, and DMARC as readers from before RFC 9989 see it.
#[derive(Clone, Debug, Serialize)]
pub struct Details {
    /// Every record that evaluating SPF leads to, and what its terms cost at worst.
    pub spf_tree: SpfTree,
    /// Who may send.
    pub senders: Senders,
    /// Reverse names of the hosts among them that are known by their addresses.
    pub reverse_names: Vec<ReverseName>,
    /// DMARC by RFC 7489, which looks at the public suffix list.
    pub legacy_reader: LegacyView,
}

impl Details {
    /// Asks for them.
    pub async fn gather(lookup: &dyn Lookup, domain: &Name) -> Self {
        let spf_tree = budget(lookup, &name::show(domain)).await;
        let senders = senders(lookup, &spf_tree).await;
        let reverse_names = reverse_names(lookup, &senders.networks).await;
        Details { senders, spf_tree, reverse_names, legacy_reader: legacy_view(lookup, domain).await }
    }
}
