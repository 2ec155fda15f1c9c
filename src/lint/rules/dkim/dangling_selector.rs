//! A selector that leads nowhere.

use crate::lint::rules::prelude::*;

rule! {
    /// A selector is an alias, and nothing is at its end.
    ///
    /// # Why
    /// Verifiers follow the alias and find no key. It happens when a service is left and its records stay.
    ///
    /// # Bad
    /// ```zone
    /// @ SOA ns.example.com. hostmaster 1 7200 900 1209600 300
    /// s1._domainkey CNAME gone.example.com.
    /// ```
    ///
    /// # Good
    /// ```zone
    /// @ SOA ns.example.com. hostmaster 1 7200 900 1209600 300
    /// s1._domainkey CNAME s1.keys.example.com.
    /// s1.keys TXT "v=DKIM1; p="
    /// ```
    ///
    /// # Reference
    /// RFC 6376 §3.6.2.2
    ///
    /// # Since
    /// 0.1.0
    "DKIM020", "dangling-selector", Error, Zone, Owner(check)
}

fn check(owner: &Owner<'_>, out: &mut Sink<'_>) {
    if owner.role != Role::Selector {
        return;
    }
    for (number, entry) in owner.of_type(RecordType::CNAME) {
        match owner.ask(owner.name, RecordType::TXT) {
            Answer::Found(_) => {}
            Answer::Unknown(at) => out.unseen(&at),
            Answer::Nothing => {
                let chain = chain(owner);
                out.report(owner.data_spot(number, entry), format!("nothing is at the end of {chain}"))
                    .sees("no key: permerror for every signature with this selector")
                    .help("remove the alias, or publish the key at its end");
            }
        }
    }
}

/// The aliases from here to the dead end.
fn chain(owner: &Owner<'_>) -> String {
    let mut names = vec![owner.shown()];
    let mut name = owner.name.to_vec();
    for _ in 0..10 {
        let answer = owner.ask(&name, RecordType::CNAME);
        let Some(target) = answer.records().first().and_then(|k| Some(k.zone.name(k.entry.target?).to_vec())) else {
            break;
        };
        names.push(wire::show(&target));
        name = target;
    }
    names.join(" > ")
}
