//! An asker that does not ask twice: answers given by flags or in an earlier run are taken as they are.

use std::collections::BTreeMap;

use secrecy::SecretString;
use unicode_width::UnicodeWidthStr;

use crate::error::{Error, Result};
use crate::interview::asker::{Answer, Asker, Question};
use crate::interview::memory::Memory;
use crate::profile::tree::clip;
use crate::words::Words;

/// Puts memory in front of another asker, and every new answer into the memory.
pub struct Remembered<'a> {
    /// Who is asked what is not known yet.
    pub inner: &'a mut dyn Asker,
    /// Answers given on the command line, by id.
    pub given: BTreeMap<String, Answer>,
    /// Where answers are kept; `None` keeps none.
    pub memory: Option<Memory>,
}

impl Asker for Remembered<'_> {
    fn ask(&mut self, question: &Question<'_>) -> Result<Answer> {
        if let Some(given) = self.given.get(&question.id) {
            return question.read(given).map_err(|why| Error::usage(format!("`{}`: {why}", question.id)));
        }
        // An answer that does not fit any more, because another one changed, is asked for again.
        let before = self.memory.as_ref().and_then(|m| m.answer(&question.id)).map(|a| question.read(a));
        if let Some(Ok(answer)) = before {
            let shown = match &answer {
                Answer::Yes(yes) => if *yes { "yes" } else { "no" }.to_string(),
                Answer::Text(text) => text.clone(),
                Answer::List(entries) if entries.is_empty() => "none".to_string(),
                Answer::List(entries) => entries.join(", "),
            };
            let colon = if question.text.ends_with('?') { "" } else { ":" };
            let words = self.inner.words();
            let (text, shown) =
                (format!("{}{colon}", words.text(&question.text)), words.text(&clip(&shown)).into_owned());
            let gap = if text.width() + shown.width() > 60 { "\n    " } else { " " };
            self.inner.say(&format!("  {text}{gap}{shown}  {}", words.text("(as before)")));
            return Ok(answer);
        }
        let answer = self.inner.ask(question)?;
        if let Some(memory) = &mut self.memory {
            memory.keep_answer(&question.id, &answer)?;
        }
        Ok(answer)
    }

    fn settle(&mut self, question: &Question<'_>) -> Result<Answer> {
        let told = self.given.contains_key(&question.id);
        let told = told || self.memory.as_ref().is_some_and(|m| m.answer(&question.id).is_some());
        if told || question.default.is_none() { self.ask(question) } else { self.inner.settle(question) }
    }

    fn secret(&mut self, text: &str, env: &str) -> Result<SecretString> {
        self.inner.secret(text, env)
    }

    fn say(&mut self, text: &str) {
        self.inner.say(text);
    }

    fn words(&self) -> Words {
        self.inner.words()
    }
}
