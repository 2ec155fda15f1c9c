//! The six cells: SPF, DKIM and DMARC, each on the sending and on the receiving side.

use serde::Serialize;

/// One of the three mechanisms.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum Mechanism {
    /// Who may send (RFC 7208).
    Spf,
    /// Who signed (RFC 6376).
    Dkim,
    /// What to do otherwise (RFC 9989).
    Dmarc,
}

impl Mechanism {
    /// In the order of the table.
    pub const ALL: [Mechanism; 3] = [Mechanism::Spf, Mechanism::Dkim, Mechanism::Dmarc];

    /// Its name, as the field writes it.
    pub fn name(self) -> &'static str {
        match self {
            Mechanism::Spf => "SPF",
            Mechanism::Dkim => "DKIM",
            Mechanism::Dmarc => "DMARC",
        }
    }

    /// What it answers.
    pub fn question(self) -> &'static str {
        match self {
            Mechanism::Spf => "who may send",
            Mechanism::Dkim => "who signed",
            Mechanism::Dmarc => "what to do otherwise",
        }
    }
}

/// One of the two sides.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum Side {
    /// What the domain publishes and its servers sign.
    Sending,
    /// What a server does with mail that arrives.
    Receiving,
}

/// How a cell stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Standing {
    /// A message was sent and judged.
    Proven,
    /// A message was judged under this DNS without being sent.
    WouldPass,
    /// Seen in DNS and found right; only a message of the service that sends would prove it.
    Published,
    /// The domain never sends, so that there is nothing to prove.
    Unneeded,
    /// Nothing was there to judge by, or nobody judged.
    NotJudged,
    /// The record or signature is not there.
    Missing,
    /// It is there and does not work.
    Broken,
}

impl Standing {
    /// The sign in front of the word: colour only underlines it.
    pub fn sign(self) -> &'static str {
        match self {
            Standing::Proven | Standing::WouldPass => "ok",
            Standing::Published | Standing::Unneeded | Standing::NotJudged => "--",
            Standing::Missing | Standing::Broken => "!!",
        }
    }

    /// The word.
    pub fn word(self) -> &'static str {
        match self {
            Standing::Proven => "proven",
            Standing::WouldPass => "would pass",
            Standing::Published => "published",
            Standing::Unneeded => "not needed",
            Standing::NotJudged => "not judged",
            Standing::Missing => "missing",
            Standing::Broken => "broken",
        }
    }

    /// Whether something is wrong with it, or may be.
    pub fn is_fault(self) -> bool {
        matches!(self, Standing::NotJudged | Standing::Missing | Standing::Broken)
    }

    /// Whether nothing is to be done about it.
    pub fn is_good(self) -> bool {
        matches!(self, Standing::Proven | Standing::WouldPass)
    }
}

/// One cell of the table.
#[derive(Clone, Debug, Serialize)]
pub struct Cell {
    /// Which mechanism.
    pub mechanism: Mechanism,
    /// Which side.
    pub side: Side,
    /// How it stands.
    pub standing: Standing,
    /// A word or two beside the standing, such as `2 keys` or `reject`.
    pub detail: String,
    /// Why it stands so, in sentences; empty when it is good and nothing is to be added.
    pub causes: Vec<String>,
}

/// The table of one domain.
#[derive(Clone, Debug, Serialize)]
pub struct SixCells {
    /// The domain.
    pub domain: String,
    /// Mechanisms in order, the sending side of each before the receiving one.
    pub cells: Vec<Cell>,
}

impl SixCells {
    /// How many cells are good.
    pub fn good(&self) -> usize {
        self.cells.iter().filter(|c| c.standing.is_good()).count()
    }

    /// Whether all are.
    pub fn all_good(&self) -> bool {
        self.good() == self.cells.len()
    }

    /// Whether something is wrong, or may be: what cannot be proven from here, or need not, is not.
    pub fn has_faults(&self) -> bool {
        self.cells.iter().any(|c| c.standing.is_fault())
    }

    /// The cell of a mechanism and side.
    pub fn get(&self, mechanism: Mechanism, side: Side) -> Option<&Cell> {
        self.cells.iter().find(|c| c.mechanism == mechanism && c.side == side)
    }
}
