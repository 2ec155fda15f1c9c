//! The whole way with one provider: plan, push, a second plan that is empty, a change, and everything taken away.

use hickory_proto::rr::RData;
use mailproof::model::name::{self, Name};
use mailproof::model::snapshot::{Key, RecordSet, Snapshot};
use mailproof::model::txt;
use mailproof::plan::Plan;
use mailproof::plan::build::{Inputs, build};
use mailproof::plan::merge::SpfMode;
use mailproof::provider::Provider;
use mailproof::push::executor::{Order, execute};
use mailproof::push::journal::Kind;

/// TXT records: owner relative to the zone, value.
pub type Texts<'a> = [(&'a str, &'a str)];

pub fn owner(relative: &str, apex: &Name) -> Name {
    if relative == "@" { apex.clone() } else { name::below(relative, apex).unwrap() }
}

/// The plan to have `wanted` and not to have `gone`.
pub async fn plan(provider: &dyn Provider, apex: &Name, ttl: u32, wanted: &Texts<'_>, gone: &[&str]) -> Plan {
    let mut desired = Snapshot::new(apex.clone());
    for (relative, value) in wanted {
        let value = RData::TXT(txt::split(value.as_bytes()));
        desired.put(RecordSet::desired(owner(relative, apex), ttl, vec![value], ""));
    }
    let text = hickory_proto::rr::RecordType::TXT;
    let remove: Vec<Key> = gone.iter().map(|relative| Key::new(&owner(relative, apex), text)).collect();
    let mut keys: Vec<Key> = desired.sets().map(RecordSet::key).collect();
    keys.extend(remove.iter().cloned());
    let reading = provider.read(&keys).await.unwrap_or_else(|e| panic!("{}: {e}", provider.title()));
    build(&Inputs {
        observed: &reading.snapshot,
        partial: reading.partial,
        desired: &desired,
        remove: &remove,
        spf: SpfMode::Merge,
        provider: provider.id(),
        normalise: &|set| provider.normalise(set),
    })
    .unwrap_or_else(|e| panic!("{}: {e}", provider.title()))
}

/// Pushes `plan`: with a journal, and read back.
pub async fn push(provider: &dyn Provider, plan: &Plan) {
    let folder = tempfile::tempdir().unwrap();
    let order = Order { provider, plan, kind: Kind::Push, folder: folder.path(), now: "2026-11-25T00:00:00Z" };
    execute(&order, &mut |_| {}).await.unwrap_or_else(|e| panic!("{}: {e}", provider.title()));
}

/// There, changed and back again, with a value of `long` octets among them.
pub async fn whole(provider: &dyn Provider, apex: &Name, long: usize) {
    let key = format!("v=DKIM1; k=rsa; p={}", "A".repeat(long - 18));
    assert_eq!(key.len(), long);
    let first: &Texts<'_> =
        &[("mp1._domainkey", &key), ("@", "v=spf1 ip4:192.0.2.1 -all"), ("_dmarc", "v=DMARC1; p=none")];
    let title = provider.title();
    let there = plan(provider, apex, 3600, first, &[]).await;
    assert_eq!(there.changes.len(), 3, "{title}: three sets to write");
    push(provider, &there).await;
    assert!(plan(provider, apex, 3600, first, &[]).await.is_empty(), "{title}: the second plan is empty");
    let then: &Texts<'_> = &[("_dmarc", "v=DMARC1; p=reject; rua=mailto:d@example.net")];
    let changed = plan(provider, apex, 3600, then, &["mp1._domainkey"]).await;
    assert_eq!(changed.changes.len(), 2, "{title}: one set to change, one to take away");
    push(provider, &changed).await;
    assert!(plan(provider, apex, 3600, then, &["mp1._domainkey"]).await.is_empty(), "{title}: changed and gone");
    let back = plan(provider, apex, 3600, &[], &["@", "_dmarc"]).await;
    assert_eq!(back.changes.len(), 2, "{title}: two sets to take away");
    push(provider, &back).await;
    assert!(plan(provider, apex, 3600, &[], &["@", "_dmarc", "mp1._domainkey"]).await.is_empty(), "{title}: all gone");
}
