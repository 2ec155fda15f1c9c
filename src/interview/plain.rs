//! Questions line by line: no cursor moves, nothing is drawn twice, choices are numbers or ids. For screen readers and
//! terminals that can do no more.

use std::io::{self, BufRead, Write};

use console::Term;
use secrecy::SecretString;

use crate::error::{Error, ErrorKind, Result};
use crate::interview::asker::{self, Answer, Asker, Choice, EXPLAIN, GO_BACK, Kind, Question, back, stopped};
use crate::words::Words;
use crate::words::wrap::fold;

/// A person who reads line by line.
pub struct Plain {
    words: Words,
}

impl Plain {
    /// Whoever types on standard input and reads standard error.
    pub fn new(words: Words) -> Self {
        Plain { words }
    }

    fn tell(&self, text: &str) {
        let width = Term::stderr().size_checked().map_or(80, |(_, columns)| usize::from(columns)).max(20);
        for line in fold(text, width - 1) {
            let _ = writeln!(io::stderr().lock(), "{line}");
        }
    }

    fn explain(&self, question: &Question<'_>) {
        if !question.help.is_empty() {
            self.tell(&self.words.text(&question.help));
        }
        self.tell(&self.words.text(match &question.kind {
            Kind::One(_) => "Type a number or an id. Enter alone takes what is proposed; < goes back.",
            Kind::Many(_) => {
                "Type numbers or ids with spaces between, or none. Enter alone takes what is proposed; < goes back."
            }
            Kind::YesNo => "Type yes or no. Enter alone takes what is proposed; < goes back.",
            Kind::List(_) => {
                "Type entries with spaces between, or none. Enter alone takes what is proposed; < goes back."
            }
            Kind::Text(_) => "Enter alone takes what is proposed; < goes back.",
        }));
    }

    fn proposed(&self, question: &Question<'_>) -> Option<String> {
        Some(match question.default.as_ref()? {
            Answer::Yes(yes) => self.words.text(if *yes { "yes" } else { "no" }).into_owned(),
            Answer::Text(text) => text.clone(),
            Answer::List(entries) if entries.is_empty() => "none".into(),
            Answer::List(entries) => entries.join(" "),
        })
    }
}

/// What was typed as an answer: numbers become the ids of their choices.
fn answer(text: &str, question: &Question<'_>) -> Answer {
    let id = |word: &str, choices: &[Choice]| {
        let numbered = word.parse::<usize>().ok().and_then(|n| choices.get(n.checked_sub(1)?));
        numbered.map_or_else(|| word.to_string(), |choice| choice.id.clone())
    };
    match &question.kind {
        Kind::One(choices) => Answer::Text(id(text, choices)),
        Kind::Many(_) if text == "none" => Answer::List(Vec::new()),
        Kind::Many(choices) => Answer::List(asker::words(text).map(|word| id(word, choices)).collect()),
        _ => Answer::Text(text.into()),
    }
}

/// A line, or the interruption that came before it. Reading cannot be stopped, so a thread reads and another waits.
fn line() -> Result<String> {
    let broken = |e: io::Error| Error::usage("the terminal cannot be used for questions").because(e);
    let (sender, receiver) = tokio::sync::oneshot::channel();
    std::thread::spawn(move || {
        let mut text = String::new();
        let _ = sender.send(io::stdin().lock().read_line(&mut text).map(|octets| (octets, text)));
    });
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().map_err(broken)?;
    let read = runtime.block_on(async {
        tokio::select! {
            read = receiver => read.ok(),
            _ = tokio::signal::ctrl_c() => None,
        }
    });
    match read {
        Some(Ok((octets, text))) if octets > 0 => Ok(text.trim().to_string()),
        Some(Err(e)) => Err(broken(e)),
        _ => Err(stopped()),
    }
}

impl Asker for Plain {
    fn ask(&mut self, question: &Question<'_>) -> Result<Answer> {
        let words = self.words;
        if !question.help.is_empty() {
            self.tell(&words.text(&question.help));
        }
        if let Kind::One(choices) | Kind::Many(choices) = &question.kind {
            self.tell(&words.text(&question.text));
            for (i, choice) in choices.iter().enumerate() {
                let label = words.lines(&choice.label);
                let parts: Vec<&str> = label.split("  ").map(str::trim).filter(|part| !part.is_empty()).collect();
                let label = parts.join(", ");
                self.tell(&format!("{}. {label} ({})", i + 1, choice.id));
            }
        }
        loop {
            let proposed = self.proposed(question).map(|text| format!(" [{text}]")).unwrap_or_default();
            let _ = write!(io::stderr().lock(), "{}{proposed}: ", words.text(&question.text));
            let _ = io::stderr().lock().flush();
            let typed = line()?;
            let read = match (typed.as_str(), &question.default) {
                (GO_BACK, _) => return Err(back()),
                (EXPLAIN, _) => {
                    self.explain(question);
                    continue;
                }
                ("", Some(default)) => return Ok(default.clone()),
                (text, _) => question.read(&answer(text, question)),
            };
            match read {
                Ok(answer) => return Ok(answer),
                Err(why) => self.tell(&words.text(&why)),
            }
        }
    }

    fn secret(&mut self, text: &str, env: &str) -> Result<SecretString> {
        self.tell(&self.words.text(&format!("It is not kept. Set {env} to be asked no more.")));
        let _ = write!(io::stderr().lock(), "{}: ", self.words.text(text));
        let typed = Term::stderr().read_secure_line();
        let stopped = |_| Error::new(ErrorKind::Interrupted, "stopped");
        typed.map(SecretString::from).map_err(stopped)
    }

    fn say(&mut self, text: &str) {
        for line in self.words.lines(text).lines().filter(|line| !line.trim().is_empty()) {
            self.tell(line.trim());
        }
    }

    fn words(&self) -> Words {
        self.words
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_and_ids() {
        let choices = [Choice::new("google", "G"), Choice::new("ses", "S")];
        let list = |ids: &[&str]| Answer::List(ids.iter().map(|id| id.to_string()).collect());
        let text = |text: &str| Answer::Text(text.into());
        for (kind, typed, want) in [
            (Kind::One(&choices), "2", text("ses")),
            (Kind::One(&choices), "google", text("google")),
            (Kind::One(&choices), "3", text("3")),
            (Kind::One(&choices), "0", text("0")),
            (Kind::Many(&choices), "1, ses", list(&["google", "ses"])),
            (Kind::Many(&choices), "none", list(&[])),
            (Kind::YesNo, "yes", text("yes")),
        ] {
            let question = Question { id: "q".into(), text: "Q".into(), help: String::new(), kind, default: None };
            assert_eq!(answer(typed, &question), want, "{typed}");
        }
    }
}
