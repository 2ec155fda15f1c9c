//! Answers from a file: the wizard without a person.

use std::collections::BTreeMap;
use std::path::Path;

use secrecy::SecretString;
use serde_yaml::Value;

use crate::error::{Error, Result};
use crate::interview::asker::{Answer, Asker, Question};
use crate::interview::ids;
use crate::profile::tree::{self, Step};

/// The largest answers file that is read, in octets.
const MAX_SIZE: usize = 1_000_000;

/// An asker that reads answers. A question that the file does not answer takes what is proposed, if anything is.
pub struct Scripted<'a> {
    shown: String,
    answers: BTreeMap<String, Answer>,
    tell: &'a mut dyn FnMut(&str),
}

impl<'a> Scripted<'a> {
    /// Reads the answers in `text`, a YAML mapping of question ids to answers; `path` is for messages, `tell` gets what
    /// is said between questions.
    ///
    /// # Errors
    /// A configuration error with line and column: no mapping, an id that no question has, an answer that is none.
    pub fn read(text: &str, path: &Path, tell: &'a mut dyn FnMut(&str)) -> Result<Self> {
        let shown = path.display().to_string();
        if text.len() > MAX_SIZE {
            return Err(Error::config(format!("{shown} is larger than an answers file may be ({MAX_SIZE} octets)")));
        }
        let tree = tree::read(text).map_err(|broken| {
            let at = broken.position.map(|p| format!("{}:{}: ", p.line, p.column)).unwrap_or_else(|| " ".into());
            Error::config(format!("{shown}:{at}{}", broken.message))
        })?;
        let Value::Mapping(map) = tree else {
            return Err(Error::config(format!("{shown} is no mapping of question ids to answers"))
                .hint("write lines such as `domain: example.com`"));
        };
        let mut answers = BTreeMap::new();
        for (id, value) in map.iter().filter_map(|(k, v)| Some((k.as_str()?, v))) {
            let at = |key: bool| {
                let position = tree::locate(text, &[Step::Key(id.into())], key);
                position.map(|p| format!("{shown}:{}:{}", p.line, p.column)).unwrap_or_else(|| shown.clone())
            };
            if !ids::known(id) {
                let guess = ids::guess(id).map(|g| format!("; did you mean `{g}`?")).unwrap_or_default();
                return Err(Error::config(format!("{}: no question has the id `{}`{guess}", at(true), tree::clip(id)))
                    .hint("`mailproof setup --questions` lists them"));
            }
            let answer = answer(value).ok_or_else(|| {
                Error::config(format!(
                    "{}: the answer to `{id}` must be a text, yes or no, or a list of texts",
                    at(false)
                ))
            })?;
            answers.insert(id.to_string(), answer);
        }
        Ok(Scripted { shown, answers, tell })
    }
}

fn answer(value: &Value) -> Option<Answer> {
    let scalar = |value: &Value| match value {
        Value::String(text) => Some(text.clone()),
        Value::Number(n) => Some(n.to_string()),
        _ => None,
    };
    match value {
        Value::Bool(yes) => Some(Answer::Yes(*yes)),
        Value::Sequence(entries) => entries.iter().map(scalar).collect::<Option<_>>().map(Answer::List),
        Value::Null => Some(Answer::List(Vec::new())),
        other => scalar(other).map(Answer::Text),
    }
}

impl Asker for Scripted<'_> {
    fn ask(&mut self, question: &Question<'_>) -> Result<Answer> {
        let id = &question.id;
        match (self.answers.get(id), &question.default) {
            (Some(answer), _) => question
                .read(answer)
                .map_err(|why| Error::config(format!("{}: the answer to `{id}` cannot be used: {why}", self.shown))),
            (None, Some(default)) => Ok(default.clone()),
            (None, None) => Err(Error::config(format!("{} has no answer for `{id}`: {}", self.shown, question.text))
                .hint(format!("add a line `{id}: …`"))),
        }
    }

    fn settle(&mut self, question: &Question<'_>) -> Result<Answer> {
        self.ask(question)
    }

    fn secret(&mut self, text: &str, env: &str) -> Result<SecretString> {
        Err(Error::config(format!("{text} is needed, and nobody is there to ask")).hint(format!("set {env}")))
    }

    fn say(&mut self, text: &str) {
        (self.tell)(text);
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::interview::asker::Kind;

    #[test]
    fn files_of_answers() {
        let any = |_: &str| Ok(());
        let ask = |text: &str, id: &str, default: Option<&str>| {
            let mut tell = |_: &str| {};
            let mut asker = Scripted::read(text, Path::new("a.yaml"), &mut tell).map_err(|e| e.to_string())?;
            let default = default.map(|d| Answer::Text(d.into()));
            let question =
                Question { id: id.into(), text: "What".into(), help: String::new(), kind: Kind::Text(&any), default };
            asker.ask(&question).map_err(|e| e.to_string())
        };
        for (text, id, default, want) in [
            ("domain: example.com\n", "domain", None, Ok("example.com")),
            ("setting.port: 53\n", "setting.port", None, Ok("53")),
            ("domain: example.com\n", "keys", Some("rsa2048"), Ok("rsa2048")),
            ("domain: example.com\n", "keys", None, Err("a.yaml has no answer for `keys`: What")),
            ("domian: x\n", "domain", None, Err("a.yaml:1:1: no question has the id `domian`; did you mean `domain`?")),
            ("domain: {a: b}\n", "domain", None, Err("a.yaml:1:9: the answer to `domain` must be")),
            ("domain: [a, b]\n", "domain", None, Err("not a list")),
            ("- domain\n", "domain", None, Err("no mapping")),
            ("domain: a\ndomain: b\n", "domain", None, Err("a.yaml:2:1: `domain` is given twice")),
            ("domain: [", "domain", None, Err("not valid YAML")),
        ] {
            match (ask(text, id, default), want) {
                (Ok(Answer::Text(got)), Ok(want)) => assert_eq!(got, want),
                (Err(got), Err(want)) => assert!(got.contains(want), "{text}: {got}"),
                (got, want) => panic!("{text}: {got:?}, wanted {want:?}"),
            }
        }
    }
}
