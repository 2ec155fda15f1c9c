//! Strings that join into another term.

use crate::lint::rules::prelude::*;

rule! {
    /// Two strings of one TXT record join without a space, and make another term than each of them shows.
    ///
    /// # Why
    /// Receivers join the strings as they are. `"… ip4:192.0.2.1" "1 -all"` is 192.0.2.11; `"… a" "mx …"` is the unknown
    /// mechanism `amx`.
    ///
    /// # Bad
    /// ```zone
    /// @ TXT "v=spf1 ip4:192.0.2.1" "1 -all"
    /// ```
    /// ```zone
    /// @ TXT "v=spf1 ip4:192.0.2.0/24" "include:_spf.example.net -all"
    /// ```
    ///
    /// # Good
    /// ```zone
    /// @ TXT "v=spf1 ip4:192.0.2.1 " "include:_spf.example.net -all"
    /// ```
    ///
    /// # Reference
    /// RFC 7208 §3.3
    ///
    /// # Since
    /// 0.1.0
    "SPF005", "glued-strings", Error, Record, Spf(check)
}

/// So many joints are looked at: records have one or two, hostile ones thousands.
const MOST: usize = 32;

fn check(spf: &SpfText<'_>, out: &mut Sink<'_>) {
    let octets = spf.octets();
    let mut start = 0usize;
    for joint in spf.joints().iter().take(MOST) {
        let at = *joint as usize;
        // A string of full length was cut by a tool, which joins it again as it was.
        let full = at - start >= 255;
        start = at;
        let (Some(before), Some(after)) = (at.checked_sub(1).and_then(|i| octets.get(i)), octets.get(at)) else {
            continue;
        };
        if full || *before == b' ' || *after == b' ' {
            continue;
        }
        let begin = octets[..at].iter().rposition(|b| *b == b' ').map_or(0, |i| i + 1);
        let end = octets[at..].iter().position(|b| *b == b' ').map_or(octets.len(), |i| at + i);
        let (left, right) = (spf.slice(Span::new(begin, at)), spf.slice(Span::new(at, end)));
        // Cut in the middle of a word that is whole only when joined: that is how it was meant.
        let broken = spf.faults.iter().any(|f| (f.span.start as usize) < end && f.span.end as usize > begin);
        if !broken && !stands_alone(&left, &right) {
            continue;
        }
        out.report(
            spf.at(Span::new(begin, end)),
            format!("two strings join here: `{left}` and `{right}` become `{left}{right}`"),
        )
        .sees(if broken {
            format!("permerror: `{left}{right}` is no term")
        } else {
            format!("it reads `{left}{right}`")
        })
        .help("end the first string with a space, or keep the term in one string")
        .fix(whole(&right).then(|| spf.replace("part the two terms with a space", Span::new(at, at), " ")).flatten());
    }
}

/// Whether the halves of a term at a joint both make sense, so that it is not plain which was meant.
fn stands_alone(left: &str, right: &str) -> bool {
    let number = right.bytes().all(|b| b.is_ascii_digit() || b == b'/' || b == b'.');
    whole(left) && (number || whole(right))
}

/// Whether a text is a term by itself.
fn whole(term: &str) -> bool {
    matches!(SpfRecord::read(format!("v=spf1 {term}").as_bytes()), Reading::Ours(_))
}
