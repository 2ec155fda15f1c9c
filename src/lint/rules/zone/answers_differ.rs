//! Servers of different opinions.

use crate::lint::live::answers_shown;
use crate::lint::rules::prelude::*;

rule! {
    /// The zone's name servers give different records for mail: MX, DMARC, a DKIM key or another.
    ///
    /// # Why
    /// Which of them a receiver sees is a matter of chance. After a change it is a matter of minutes; when it lasts, a
    /// secondary no longer gets the zone. SPF has a rule of its own.
    ///
    /// # Reference
    /// RFC 1034 §4.3.5
    ///
    /// # Since
    /// 0.1.0
    "ZONE015", "answers-differ", Error, Live, Live(check)
}

fn check(view: &LiveView<'_>, out: &mut Sink<'_>) {
    let mut done: Vec<(&[u8], RecordType)> = Vec::new();
    for set in view.live.servers.iter().flat_map(|s| &s.sets) {
        let key = (set.owner.as_slice(), set.rtype);
        let spf = key == (view.live.domain.as_slice(), RecordType::TXT);
        if spf || done.contains(&key) {
            continue;
        }
        done.push(key);
        let answers = view.live.answers(key.0, key.1);
        if answers.len() > 1 {
            out.report(
                view.spot_of(key.0, key.1),
                format!("the name servers disagree about {} {}", set.name, set.rtype),
            )
            .at_name(key.0)
            .sees("one or the other, as it happens")
            .help(
                "see that every secondary gets the zone: one with an older serial has not, one with a newer never will",
            )
            .detail(answers_shown(&answers));
        }
    }
}
