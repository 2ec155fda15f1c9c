//! The class of a message: which of the three it shows.

use serde::{Deserialize, Serialize};

use crate::auth::dmarc::DmarcResult;

/// What a message shows of SPF, DKIM and DMARC.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Class {
    /// SPF and DKIM pass, and DMARC passes.
    All,
    /// DMARC passes by one of the two.
    DmarcByOne,
    /// SPF and DKIM pass; the author domain has no DMARC.
    SpfDkim,
    /// SPF alone passes; no DMARC.
    SpfOnly,
    /// DKIM alone passes; no DMARC.
    DkimOnly,
    /// Nothing passes, and nothing is promised.
    None,
    /// The author domain disowns it: DMARC fails, or there is none and its own SPF record says `-all`; or it has
    /// several authors at once.
    Forged,
    /// It cannot be decided: DNS did not answer, or all hangs on SPF and the client's address is not known.
    Undecided,
}

impl Class {
    /// All, in the order in which they are shown.
    pub const ALL: [Class; 8] = [
        Class::All,
        Class::DmarcByOne,
        Class::SpfDkim,
        Class::SpfOnly,
        Class::DkimOnly,
        Class::None,
        Class::Forged,
        Class::Undecided,
    ];

    /// Its place in [`Class::ALL`].
    pub fn index(self) -> usize {
        self as usize
    }

    /// The word in JSON and CSV.
    pub fn slug(self) -> &'static str {
        match self {
            Class::All => "all",
            Class::DmarcByOne => "dmarc_by_one",
            Class::SpfDkim => "spf_dkim",
            Class::SpfOnly => "spf_only",
            Class::DkimOnly => "dkim_only",
            Class::None => "none",
            Class::Forged => "forged",
            Class::Undecided => "undecided",
        }
    }
}

/// What decides.
#[derive(Clone, Copy, Debug)]
pub struct Evidence {
    /// Whether SPF passed; unknown where nobody could judge it.
    pub spf: Option<bool>,
    /// SPF failed hard for a domain of the author's organisation.
    pub spf_disowns: bool,
    /// A signature passed.
    pub dkim: bool,
    /// A signature of the author's organisation could not be judged any more: its key is gone.
    pub dkim_lost: bool,
    /// DMARC, of both witnesses together.
    pub dmarc: DmarcResult,
}

/// The class for `evidence`.
pub fn classify(evidence: Evidence) -> Class {
    let spf = evidence.spf == Some(true);
    match evidence.dmarc {
        DmarcResult::Pass if spf && evidence.dkim => Class::All,
        DmarcResult::Pass => Class::DmarcByOne,
        DmarcResult::TempError => Class::Undecided,
        DmarcResult::PermError => Class::Forged,
        DmarcResult::Fail if evidence.spf.is_none() || evidence.dkim_lost => Class::Undecided,
        DmarcResult::Fail => Class::Forged,
        DmarcResult::None => match (spf, evidence.dkim) {
            (true, true) => Class::SpfDkim,
            (true, false) => Class::SpfOnly,
            (false, true) => Class::DkimOnly,
            (false, false) if evidence.spf_disowns => Class::Forged,
            (false, false) if evidence.spf.is_none() => Class::Undecided,
            (false, false) => Class::None,
        },
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use DmarcResult::{Fail, None as NoPolicy, Pass, PermError, TempError};

    #[test]
    fn classes() {
        let rows = [
            // (SPF, SPF disowns, DKIM, its key is gone, DMARC, class, why)
            (Some(true), false, true, false, Pass, Class::All, "all three"),
            (Some(true), false, false, false, Pass, Class::DmarcByOne, "by SPF"),
            (None, false, true, false, Pass, Class::DmarcByOne, "by DKIM; SPF unknown"),
            (Some(false), false, true, false, Pass, Class::DmarcByOne, "by DKIM, forwarded"),
            (Some(true), false, true, false, NoPolicy, Class::SpfDkim, "no DMARC"),
            (Some(true), false, false, false, NoPolicy, Class::SpfOnly, "SPF alone"),
            (Some(false), false, true, false, NoPolicy, Class::DkimOnly, "DKIM alone"),
            (Some(false), false, false, false, NoPolicy, Class::None, "nothing"),
            (Some(false), true, false, false, NoPolicy, Class::Forged, "its own record says -all"),
            (Some(false), true, true, false, NoPolicy, Class::DkimOnly, "a signature outweighs that: forwarded"),
            (Some(false), false, false, false, Fail, Class::Forged, "DMARC fails"),
            (Some(true), false, true, false, Fail, Class::Forged, "both pass for somebody else"),
            (None, false, false, false, Fail, Class::Undecided, "SPF might have passed"),
            (Some(false), false, false, true, Fail, Class::Undecided, "the signature might have passed"),
            (None, false, false, false, NoPolicy, Class::Undecided, "SPF might have passed"),
            (Some(true), false, true, false, TempError, Class::Undecided, "no answer"),
            (Some(true), false, true, false, PermError, Class::Forged, "several authors"),
        ];
        for (spf, spf_disowns, dkim, dkim_lost, dmarc, want, why) in rows {
            assert_eq!(classify(Evidence { spf, spf_disowns, dkim, dkim_lost, dmarc }), want, "{why}");
        }
        for (i, class) in Class::ALL.iter().enumerate() {
            assert_eq!(class.index(), i);
        }
    }
}
