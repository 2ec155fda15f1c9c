//! An asker that does not ask twice: answers given by flags or in an earlier run are taken as they are.

use std::collections::BTreeMap;

use secrecy::SecretString;
use unicode_width::UnicodeWidthStr;

use crate::error::{Error, Result};
use crate::interview::asker::{Answer, Asker, Kind, Question};
use crate::interview::memory::Memory;
use crate::profile::tree::clip;
use crate::words::Words;

/// A question and its answer, for the page that shows them all.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Told {
    /// The question's id.
    pub id: String,
    /// What was asked.
    pub text: String,
    /// The answer, as people read it.
    pub answer: String,
    /// Whether a person was asked.
    asked: bool,
}

/// Puts memory in front of another asker, and every new answer into the memory.
pub struct Remembered<'a> {
    /// Who is asked what is not known yet.
    pub inner: &'a mut dyn Asker,
    /// Answers given on the command line, by id.
    pub given: BTreeMap<String, Answer>,
    /// Where answers are kept; `None` keeps none.
    pub memory: Option<Memory>,
    /// All answers of this run, in the order of the questions.
    pub told: Vec<Told>,
    /// Whether what was seen before is not told again: on the way back to a question.
    pub silent: bool,
    /// Answers that are being changed: they are asked for though they were seen to be so, and proposed anew.
    again: BTreeMap<String, Option<Answer>>,
}

impl<'a> Remembered<'a> {
    /// Asks `inner` for what neither the command line nor an earlier run says.
    pub fn new(inner: &'a mut dyn Asker, given: BTreeMap<String, Answer>, memory: Option<Memory>) -> Self {
        Remembered { inner, given, memory, told: Vec::new(), silent: false, again: BTreeMap::new() }
    }

    /// Begins again, up to the last question that a person answered.
    ///
    /// # Errors
    /// When the memory cannot be written.
    pub fn back(&mut self) -> Result<()> {
        match self.told.iter().rposition(|t| t.asked && !self.given.contains_key(&t.id)) {
            Some(at) => self.change(at),
            None => {
                self.told.clear();
                self.silent = true;
                Ok(())
            }
        }
    }

    /// Begins again, up to the question that is number `at` of [`told`](Self::told).
    ///
    /// # Errors
    /// When the memory cannot be written.
    pub fn change(&mut self, at: usize) -> Result<()> {
        if let Some(told) = self.told.get(at) {
            let before = self.memory.as_ref().and_then(|m| m.answer(&told.id)).cloned();
            self.again.insert(told.id.clone(), before);
            self.given.remove(&told.id);
            if let Some(memory) = &mut self.memory {
                memory.drop_answer(&told.id)?;
            }
        }
        self.told.clear();
        self.silent = true;
        Ok(())
    }

    fn keep(&mut self, question: &Question<'_>, answer: &Answer, asked: bool) {
        let answer = shown(question, answer);
        self.told.push(Told { id: question.id.clone(), text: question.text.clone(), answer, asked });
    }
}

/// An answer as people read it: what a list calls a choice, not its id.
fn shown(question: &Question<'_>, answer: &Answer) -> String {
    let label = |id: &String| match &question.kind {
        Kind::One(choices) | Kind::Many(choices) => {
            let choice = choices.iter().find(|c| c.id == *id).map(|c| c.label.split("  ").next().unwrap_or_default());
            choice.unwrap_or(id).to_string()
        }
        _ => id.clone(),
    };
    match answer {
        Answer::Yes(yes) => if *yes { "yes" } else { "no" }.to_string(),
        Answer::Text(text) => label(text),
        Answer::List(entries) if entries.is_empty() => "none".to_string(),
        Answer::List(entries) => entries.iter().map(label).collect::<Vec<_>>().join(", "),
    }
}

impl Asker for Remembered<'_> {
    fn ask(&mut self, question: &Question<'_>) -> Result<Answer> {
        if let Some(given) = self.given.get(&question.id) {
            let answer = question.read(given).map_err(|why| Error::usage(format!("`{}`: {why}", question.id)))?;
            self.keep(question, &answer, false);
            return Ok(answer);
        }
        // An answer that does not fit any more, because another one changed, is asked for again.
        let before = self.memory.as_ref().and_then(|m| m.answer(&question.id)).map(|a| question.read(a));
        if let Some(Ok(answer)) = before {
            if !self.silent {
                let colon = if question.text.ends_with('?') { "" } else { ":" };
                let words = self.inner.words();
                let text = format!("{}{colon}", words.text(&question.text));
                let shown = words.text(&clip(&shown(question, &answer))).into_owned();
                let gap = if text.width() + shown.width() > 60 { "\n    " } else { " " };
                self.inner.say(&format!("  {text}{gap}{shown}  {}", words.text("(as before)")));
            }
            self.keep(question, &answer, true);
            return Ok(answer);
        }
        self.silent = false;
        let proposed = self.again.get(&question.id).cloned().flatten().filter(|a| question.read(a).is_ok());
        let anew = Question {
            id: question.id.clone(),
            text: question.text.clone(),
            help: question.help.clone(),
            kind: question.kind,
            default: proposed.or_else(|| question.default.clone()),
        };
        let answer = self.inner.ask(&anew)?;
        if let Some(memory) = &mut self.memory {
            memory.keep_answer(&question.id, &answer)?;
        }
        self.keep(question, &answer, true);
        Ok(answer)
    }

    fn settle(&mut self, question: &Question<'_>) -> Result<Answer> {
        let told = self.given.contains_key(&question.id) || self.again.contains_key(&question.id);
        let told = told || self.memory.as_ref().is_some_and(|m| m.answer(&question.id).is_some());
        if told || question.default.is_none() {
            return self.ask(question);
        }
        let answer = self.inner.settle(question)?;
        self.keep(question, &answer, false);
        Ok(answer)
    }

    fn secret(&mut self, text: &str, env: &str) -> Result<SecretString> {
        self.inner.secret(text, env)
    }

    fn say(&mut self, text: &str) {
        if !self.silent {
            self.inner.say(text);
        }
    }

    fn width(&self) -> usize {
        self.inner.width()
    }

    fn words(&self) -> Words {
        self.inner.words()
    }
}
