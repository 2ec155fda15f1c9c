//! What was expected, what the server said and what we say, message by message.

use serde::Serialize;

use crate::auth::judge::Judgement;
use crate::prove::cells::{Cell, Mechanism, Side, SixCells, Standing};
use crate::prove::inbound::answer::Answer;
use crate::prove::inbound::diagnosis::{Diagnosis, diagnose};
use crate::prove::inbound::expected::{Expected, Fate};
use crate::prove::inbound::probe::InboundProbe;

/// One message and the three verdicts.
#[derive(Clone, Debug, Serialize)]
pub struct Row {
    /// Which message.
    pub probe: InboundProbe,
    /// What it is.
    pub what: &'static str,
    /// What a good server says.
    pub expected: Expected,
    /// What this server says.
    pub server: Answer,
    /// What we say.
    pub ours: Judgement,
    /// Whether the server's answer is as it should be.
    pub met: bool,
}

/// The whole set at one server.
#[derive(Clone, Debug, Serialize)]
pub struct InboundTable {
    /// The server, as it was named.
    pub host: String,
    /// Its id in Authentication-Results.
    pub authserv_id: String,
    /// The messages.
    pub rows: Vec<Row>,
    /// What is wrong, by cause.
    pub diagnoses: Vec<Diagnosis>,
}

impl InboundTable {
    /// From the rows.
    pub fn new(host: &str, authserv_id: &str, rows: Vec<Row>) -> Self {
        let diagnoses = diagnose(&rows);
        InboundTable { host: host.into(), authserv_id: authserv_id.into(), rows, diagnoses }
    }

    /// Whether everything is as it should be.
    pub fn all_met(&self) -> bool {
        self.rows.iter().all(|r| r.met)
    }

    fn row(&self, probe: InboundProbe) -> Option<&Row> {
        self.rows.iter().find(|r| r.probe == probe)
    }

    /// The three cells of the receiving side, put into `cells`. Each is proven by mail that must *not* pass beside mail
    /// that must.
    pub fn fill(&self, cells: &mut SixCells) {
        for mechanism in Mechanism::ALL {
            let cell = self.cell(mechanism);
            match cells.cells.iter_mut().find(|c| c.mechanism == mechanism && c.side == Side::Receiving) {
                Some(old) => *old = cell,
                None => cells.cells.push(cell),
            }
        }
    }

    fn cell(&self, mechanism: Mechanism) -> Cell {
        let told = |probe, read: fn(&Answer) -> Option<&String>| {
            self.row(probe).and_then(|r| read(&r.server)).map(String::as_str).unwrap_or_default().to_string()
        };
        let dmarc = |a: &Answer| a.fate == Fate::Delivered && a.dmarc.as_deref() == Some("pass");
        let good = match mechanism {
            Mechanism::Spf => {
                // By SPF alone the unsigned message passes DMARC; by its lack the forged one does not.
                let unsigned = self.row(InboundProbe::Unsigned).is_some_and(|r| r.met);
                unsigned && self.row(InboundProbe::Forwarded).is_some_and(|r| r.server.spf.as_deref() != Some("pass"))
            }
            Mechanism::Dkim => {
                let dkim: fn(&Answer) -> Option<&String> = |a| a.dkim.as_ref();
                let passes = |p| told(p, dkim) == "pass" && self.row(p).is_some_and(|r| dmarc(&r.server));
                let changed = self.row(InboundProbe::BodyChanged).is_some_and(|r| r.met);
                passes(InboundProbe::Authentic) && passes(InboundProbe::Forwarded) && changed
            }
            Mechanism::Dmarc => {
                let forged = [InboundProbe::Spoofed, InboundProbe::ForgedResults, InboundProbe::ForgedSpf];
                forged.iter().all(|p| self.row(*p).is_some_and(|r| r.met))
                    && self.row(InboundProbe::Authentic).is_some_and(|r| r.met)
            }
        };
        let mut causes: Vec<String> =
            self.diagnoses.iter().filter(|d| d.mechanism == mechanism).map(Diagnosis::sentence).collect();
        let standing = match (good, causes.is_empty()) {
            (true, true) => Standing::Proven,
            (true, false) | (false, false) => Standing::Broken,
            (false, true) => {
                causes = self.diagnoses.iter().take(1).map(Diagnosis::sentence).collect();
                if causes.is_empty() { Standing::NotJudged } else { Standing::Broken }
            }
        };
        let detail = match (standing, mechanism) {
            (Standing::Proven, Mechanism::Dmarc) => "refuses",
            _ => "",
        };
        Cell { mechanism, side: Side::Receiving, standing, detail: detail.into(), causes }
    }
}
