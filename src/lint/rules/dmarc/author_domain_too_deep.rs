//! A domain too deep for the walk.

use crate::lint::records::TextKind;
use crate::lint::rules::prelude::*;

rule! {
    /// A domain that mails has more than eight labels and no DMARC record of its own.
    ///
    /// # Why
    /// The walk jumps from such a name to its last seven labels: what is published between is not seen.
    ///
    /// # Bad
    /// ```zone
    /// @ SOA ns.example.com. hostmaster 1 7200 900 1209600 300
    /// a.b.c.d.e.f.g MX 10 mail.example.net.
    /// ```
    ///
    /// # Good
    /// ```zone
    /// @ SOA ns.example.com. hostmaster 1 7200 900 1209600 300
    /// a.b.c.d.e.f.g MX 10 mail.example.net.
    /// _dmarc.a.b.c.d.e.f.g TXT "v=DMARC1; p=none; rua=mailto:dmarc@example.com"
    /// ```
    ///
    /// # Reference
    /// RFC 9989 §4.10
    ///
    /// # Since
    /// 0.1.0
    "DMARC022", "author-domain-too-deep", Warning, Zone, Owner(check)
}

/// The walk takes longer names as they are once, then their last seven labels.
const DEEP: usize = 8;

fn check(owner: &Owner<'_>, out: &mut Sink<'_>) {
    let first = owner
        .of_type(RecordType::MX)
        .next()
        .or_else(|| owner.texts.iter().find(|t| t.kind == TextKind::Spf).map(|t| (t.number, t.entry)));
    let Some((number, entry)) = first.filter(|_| owner.role == Role::Plain && wire::depth(owner.name) > DEEP) else {
        return;
    };
    let Some(name) = wire::child(b"_dmarc", owner.name) else { return };
    if owner.ask(&name, RecordType::TXT).is_nothing() {
        out.report(
            owner.owner_spot(number, entry),
            format!("{} has {} labels", owner.shown(), wire::depth(owner.name)),
        )
        .sees("the policy of a name of seven labels or fewer; records between are not seen")
        .help(format!("publish a record at {}", wire::show(&name)));
    }
}
