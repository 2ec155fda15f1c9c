//! Questions, answers, and who asks.

use secrecy::SecretString;
use serde::{Deserialize, Serialize};

use crate::error::{Error, ErrorKind, Result};
use crate::words::Words;

/// An answer, in the form in which answers files and the memory of a run hold it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(untagged)]
pub enum Answer {
    /// Yes or no.
    Yes(bool),
    /// A text, or the id of a choice.
    Text(String),
    /// Several.
    List(Vec<String>),
}

/// Something to choose.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Choice {
    /// What answers files call it.
    pub id: String,
    /// What people read.
    pub label: String,
}

impl Choice {
    /// A choice.
    pub fn new(id: impl Into<String>, label: impl Into<String>) -> Self {
        Choice { id: id.into(), label: label.into() }
    }
}

/// What kind of answer a question takes. Checks answer with the rest of a sentence that begins with the text.
#[derive(Clone, Copy)]
pub enum Kind<'a> {
    /// A text.
    Text(&'a dyn Fn(&str) -> Result<(), String>),
    /// Any number of texts, none included.
    List(&'a dyn Fn(&str) -> Result<(), String>),
    /// One of these.
    One(&'a [Choice]),
    /// Any number of these, none included.
    Many(&'a [Choice]),
    /// Yes or no.
    YesNo,
}

/// A question.
pub struct Question<'a> {
    /// Its id: the key in answers files, see [`crate::interview::ids`].
    pub id: String,
    /// What is asked, short.
    pub text: String,
    /// A line that explains it, of at most 76 columns; may be empty.
    pub help: String,
    /// What is taken for an answer.
    pub kind: Kind<'a>,
    /// What is proposed.
    pub default: Option<Answer>,
}

impl Question<'_> {
    /// The answer in the form that the question wants: a list may be given as one text, with spaces or commas between,
    /// and as `none`; yes and no as words.
    ///
    /// # Errors
    /// Why it is no answer, as a clause.
    pub fn read(&self, answer: &Answer) -> Result<Answer, String> {
        match (&self.kind, answer) {
            (Kind::Text(check), Answer::Text(text)) => {
                check(text).map_err(|why| format!("`{text}` {why}"))?;
                Ok(Answer::Text(text.trim().into()))
            }
            (Kind::List(check), _) => {
                let entries = entries(answer)?;
                for entry in &entries {
                    check(entry).map_err(|why| format!("`{entry}` {why}"))?;
                }
                Ok(Answer::List(entries))
            }
            (Kind::One(choices), Answer::Text(text)) => {
                known(text, choices)?;
                Ok(answer.clone())
            }
            (Kind::Many(choices), _) => {
                let entries = entries(answer)?;
                entries.iter().try_for_each(|e| known(e, choices))?;
                Ok(Answer::List(entries))
            }
            (Kind::YesNo, Answer::Yes(yes)) => Ok(Answer::Yes(*yes)),
            (Kind::YesNo, Answer::Text(text)) => match text.to_ascii_lowercase().as_str() {
                "yes" | "y" | "true" => Ok(Answer::Yes(true)),
                "no" | "n" | "false" => Ok(Answer::Yes(false)),
                _ => Err(format!("`{text}` is neither yes nor no")),
            },
            (Kind::YesNo, Answer::List(_)) => Err("it takes yes or no, not a list".into()),
            (Kind::Text(_) | Kind::One(_), Answer::List(_)) => Err("it takes one answer, not a list".into()),
            (Kind::Text(_) | Kind::One(_), Answer::Yes(_)) => Err("it takes a text, not yes or no".into()),
        }
    }
}

fn entries(answer: &Answer) -> Result<Vec<String>, String> {
    match answer {
        Answer::List(entries) => Ok(entries.clone()),
        Answer::Text(text) if text.trim() == "none" => Ok(Vec::new()),
        Answer::Text(text) => Ok(words(text).map(str::to_string).collect()),
        Answer::Yes(_) => Err("it takes a list, not yes or no".into()),
    }
}

/// The entries of a list that is given as one text.
pub(super) fn words(text: &str) -> impl Iterator<Item = &str> {
    text.split([' ', ',', '\t', '、', '\u{3000}']).filter(|entry| !entry.is_empty())
}

fn known(id: &str, choices: &[Choice]) -> Result<(), String> {
    if choices.iter().any(|c| c.id == id) {
        return Ok(());
    }
    let ids: Vec<&str> = choices.iter().map(|c| c.id.as_str()).collect();
    let guess = crate::model::typo::nearest(id, &ids).map(|g| format!("; did you mean `{g}`?")).unwrap_or_default();
    Err(format!("`{id}` is not one of {}{guess}", ids.join(", ")))
}

/// What leads back to the question before, where a text is typed.
pub(super) const GO_BACK: &str = "<";
/// What asks for more about a question, where a text is typed.
pub(super) const EXPLAIN: &str = "?";

/// What an asker answers where a person stops.
pub(super) fn stopped() -> Error {
    Error::new(ErrorKind::Interrupted, "stopped").hint("what you answered is kept: `mailproof setup` goes on from here")
}

const BACK: &str = "back to the question before";

/// What an asker answers where a person wants to go back to the question before.
pub fn back() -> Error {
    Error::new(ErrorKind::Interrupted, BACK)
}

/// Whether `error` is that.
pub fn is_back(error: &Error) -> bool {
    error.kind() == ErrorKind::Interrupted && error.message() == BACK
}

/// Whoever puts questions: a terminal, an answers file.
pub trait Asker {
    /// The answer, already in the form that [`Question::read`] gives it.
    ///
    /// # Errors
    /// Interrupted by the person, [`back`] among that; or, without a person, a configuration error that names the
    /// question.
    fn ask(&mut self, question: &Question<'_>) -> Result<Answer>;

    /// The answer to a question whose proposal was seen to be so: a person is not asked, and may change it afterwards.
    /// An answer that was given beforehand counts; what has no proposal is asked.
    ///
    /// # Errors
    /// As [`Asker::ask`].
    fn settle(&mut self, question: &Question<'_>) -> Result<Answer> {
        match &question.default {
            Some(default) => Ok(default.clone()),
            None => self.ask(question),
        }
    }

    /// A secret, never kept; `env` is the variable that would have held it.
    ///
    /// # Errors
    /// As [`Asker::ask`].
    fn secret(&mut self, text: &str, env: &str) -> Result<SecretString>;

    /// Tells something between questions.
    fn say(&mut self, text: &str);

    /// How many columns the person sees.
    fn width(&self) -> usize {
        80
    }

    /// Who speaks to the person.
    fn words(&self) -> Words {
        Words::default()
    }
}

/// Whether a question has to be put to a person.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Need {
    /// Yes.
    Ask,
    /// No: what is proposed was seen to be so, or suits nearly everybody ([`Asker::settle`]).
    Settle,
}

impl Need {
    /// Settled where `seen`.
    pub fn unless(seen: bool) -> Self {
        if seen { Need::Settle } else { Need::Ask }
    }

    fn put(self, asker: &mut dyn Asker, question: &Question<'_>) -> Result<Answer> {
        match self {
            Need::Ask => asker.ask(question),
            Need::Settle => asker.settle(question),
        }
    }

    /// The answer to a question of kind text or one.
    ///
    /// # Errors
    /// As [`Asker::ask`].
    pub fn text(self, asker: &mut dyn Asker, question: &Question<'_>) -> Result<String> {
        match self.put(asker, question)? {
            Answer::Text(text) => Ok(text),
            Answer::List(entries) => Ok(entries.join(" ")),
            Answer::Yes(yes) => Ok(if yes { "yes" } else { "no" }.into()),
        }
    }

    /// The answer to a question of kind list or many.
    ///
    /// # Errors
    /// As [`Asker::ask`].
    pub fn list(self, asker: &mut dyn Asker, question: &Question<'_>) -> Result<Vec<String>> {
        match self.put(asker, question)? {
            Answer::List(entries) => Ok(entries),
            Answer::Text(text) => Ok(vec![text]),
            Answer::Yes(_) => Ok(Vec::new()),
        }
    }

    /// The answer to a question of kind yes or no.
    ///
    /// # Errors
    /// As [`Asker::ask`].
    pub fn yes(self, asker: &mut dyn Asker, question: &Question<'_>) -> Result<bool> {
        Ok(self.put(asker, question)? == Answer::Yes(true))
    }
}

/// The answer to a question of kind text or one.
///
/// # Errors
/// As [`Asker::ask`].
pub fn text(asker: &mut dyn Asker, question: &Question<'_>) -> Result<String> {
    Need::Ask.text(asker, question)
}

/// The answer to a question of kind list or many.
///
/// # Errors
/// As [`Asker::ask`].
pub fn list(asker: &mut dyn Asker, question: &Question<'_>) -> Result<Vec<String>> {
    Need::Ask.list(asker, question)
}

/// The answer to a question of kind yes or no.
///
/// # Errors
/// As [`Asker::ask`].
pub fn yes(asker: &mut dyn Asker, question: &Question<'_>) -> Result<bool> {
    Need::Ask.yes(asker, question)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn answers_in_the_forms_people_give_them() {
        let short = |text: &str| if text.len() < 9 { Ok(()) } else { Err("is long".into()) };
        let choices = [Choice::new("google", "G"), Choice::new("ses", "S")];
        let text = |t: &str| Answer::Text(t.into());
        let list = |t: &[&str]| Answer::List(t.iter().map(|s| s.to_string()).collect());
        let question = |kind| Question { id: "q".into(), text: "Q".into(), help: String::new(), kind, default: None };
        let rows: Vec<(Question, Answer, Result<Answer, &str>)> = vec![
            (question(Kind::Text(&short)), text(" a "), Ok(text("a"))),
            (question(Kind::Text(&short)), text("a much longer"), Err("is long")),
            (question(Kind::Text(&short)), list(&["a"]), Err("not a list")),
            (question(Kind::List(&short)), text("a, b c"), Ok(list(&["a", "b", "c"]))),
            (question(Kind::List(&short)), text("none"), Ok(list(&[]))),
            (question(Kind::List(&short)), list(&["a", "much longer"]), Err("is long")),
            (question(Kind::One(&choices)), text("ses"), Ok(text("ses"))),
            (question(Kind::One(&choices)), text("gogle"), Err("did you mean `google`")),
            (question(Kind::Many(&choices)), text("ses google"), Ok(list(&["ses", "google"]))),
            (question(Kind::Many(&choices)), Answer::Yes(true), Err("a list")),
            (question(Kind::YesNo), text("No"), Ok(Answer::Yes(false))),
            (question(Kind::YesNo), text("maybe"), Err("neither")),
        ];
        for (question, answer, want) in rows {
            match (question.read(&answer), want) {
                (Ok(got), Ok(want)) => assert_eq!(got, want),
                (Err(got), Err(want)) => assert!(got.contains(want), "{answer:?}: {got}"),
                (got, want) => panic!("{answer:?}: {got:?}, wanted {want:?}"),
            }
        }
    }
}
