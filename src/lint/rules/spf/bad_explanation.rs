//! An explanation that is none.

use crate::lint::rules::prelude::*;
use crate::lint::run::decode;
use crate::model::spf::MacroString;

rule! {
    /// The name that `exp` points to does not have exactly one TXT record in US-ASCII.
    ///
    /// # Why
    /// The explanation is then dropped: the sender is told nothing, or the receiver's own words.
    ///
    /// # Bad
    /// ```zone
    /// @ SOA ns.example.com. hostmaster 1 7200 900 1209600 300
    /// @ TXT "v=spf1 mx -all exp=why.example.com"
    /// ```
    /// ```zone
    /// @ TXT "v=spf1 mx -all exp=why.example.com"
    /// why TXT "caf\195\169s are not allowed to send"
    /// ```
    ///
    /// # Good
    /// ```zone
    /// @ TXT "v=spf1 mx -all exp=why.example.com"
    /// why TXT "%{i} may not send mail for %{d}"
    /// ```
    ///
    /// # Reference
    /// RFC 7208 §6.2
    ///
    /// # Since
    /// 0.1.0
    "SPF031", "bad-explanation", Warning, Zone, Spf(check)
}

fn check(spf: &SpfText<'_>, out: &mut Sink<'_>) {
    let Some((term, target)) = spf.record.explanation() else { return };
    let Some(name) = target.literal().and_then(wire::from_text) else { return };
    let message = match spf.ask(&name, RecordType::TXT) {
        Answer::Unknown(at) => return out.unseen(&at),
        Answer::Nothing => "there is no text at this name",
        Answer::Found(known) => match known.as_slice() {
            [one] => {
                let Some(text) = decode(one.zone, one.entry) else { return };
                match MacroString::explanation(&text.octets) {
                    Ok(_) => return,
                    Err(_) => "the text there has a bad macro, or is not US-ASCII",
                }
            }
            _ => "there is more than one text at this name",
        },
    };
    out.report(spf.at(term.span), message)
        .sees("no explanation of yours reaches the sender")
        .help("publish one TXT record in US-ASCII there, or remove `exp`");
}
