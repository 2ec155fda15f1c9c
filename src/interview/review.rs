//! All answers on a page before anything is made, and the way back to each.

use std::collections::BTreeMap;

use unicode_width::UnicodeWidthStr;

use crate::error::Result;
use crate::interview::asker::{self, Answer, Asker, Kind, Question, is_back};
use crate::interview::detect::{Found, HostFacts, Machine};
use crate::interview::flow::{Draft, Offer, Scout, interview};
use crate::interview::remembered::Remembered;
use crate::model::name::Name;
use crate::model::spf::{SpfRecord, SpfTree};
use crate::words::wrap::{pad, wrap};

/// Where answers begin on the page, where questions leave room.
const ANSWERS: usize = 46;
/// What stands for going on.
const GO_ON: &str = "ok";

/// The interview, then its answers numbered: a person may change one, and goes on when all is right. `<` at a question
/// leads to the one before. Without a person, the interview alone.
///
/// # Errors
/// Those of [`interview`].
pub fn reviewed(asker: &mut Remembered<'_>, scout: &mut dyn Scout, offers: &[Offer]) -> Result<Draft> {
    let mut scout = Once { inner: scout, seen: BTreeMap::new() };
    loop {
        let draft = match interview(asker, &mut scout, offers) {
            Ok(draft) if asker.memory.is_none() => return Ok(draft),
            Err(e) if is_back(&e) && asker.memory.is_some() => {
                asker.back()?;
                continue;
            }
            other => other?,
        };
        asker.silent = false;
        match review(asker) {
            Ok(None) => return Ok(draft),
            Ok(Some(at)) => asker.change(at)?,
            Err(e) if is_back(&e) => asker.back()?,
            Err(e) => return Err(e),
        }
    }
}

/// Looks at each domain and host once, however often the questions are gone through.
struct Once<'a> {
    inner: &'a mut dyn Scout,
    seen: BTreeMap<Name, Found>,
}

impl Scout for Once<'_> {
    fn look(&mut self, domain: &Name) -> Result<Found> {
        if let Some(found) = self.seen.get(domain) {
            return Ok(found.clone());
        }
        let found = self.inner.look(domain)?;
        self.seen.insert(domain.clone(), found.clone());
        Ok(found)
    }

    fn host(&mut self, host: &Name) -> Result<HostFacts> {
        self.inner.host(host)
    }

    fn cost(&mut self, domain: &Name, record: &SpfRecord) -> Result<SpfTree> {
        self.inner.cost(domain, record)
    }

    fn machine(&self) -> Machine {
        self.inner.machine()
    }
}

/// Shows the page; which answer is to be changed, if one is.
fn review(asker: &mut Remembered<'_>) -> Result<Option<usize>> {
    let words = asker.words();
    let screen = asker.width().min(80);
    asker.say("\n  Your answers");
    for (i, told) in asker.told.clone().iter().enumerate() {
        let (text, answer) = (words.text(&told.text), words.text(&told.answer));
        let lines = if text.width() + 2 > ANSWERS || answer.width() + ANSWERS + 9 > screen {
            let mut lines = wrap(&text, screen.saturating_sub(9).max(12));
            let below = wrap(&answer, screen.saturating_sub(11).max(12));
            lines.extend(below.into_iter().map(|line| format!("  {line}")));
            lines
        } else {
            vec![format!("{}{answer}", pad(&text, ANSWERS))]
        };
        for (row, line) in lines.iter().enumerate() {
            let number = if row == 0 { (i + 1).to_string() } else { String::new() };
            asker.inner.say(&format!("    {number:>2}  {line}"));
        }
    }
    let count = asker.told.len();
    let check = |text: &str| match text.trim() {
        GO_ON => Ok(()),
        number if number.parse().is_ok_and(|n: usize| (1..=count).contains(&n)) => Ok(()),
        _ => Err(format!("is no number from 1 to {count}")),
    };
    let question = Question {
        id: "review".into(),
        text: "The number of an answer to change, or ok".into(),
        help: "Nothing is written yet.".into(),
        kind: Kind::Text(&check),
        default: Some(Answer::Text(GO_ON.into())),
    };
    let typed = asker::text(asker.inner, &question)?;
    Ok(typed.parse::<usize>().ok().map(|n| n - 1))
}
