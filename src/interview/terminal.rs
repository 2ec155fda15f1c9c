//! Questions on the terminal: on standard error, so that results alone go to standard output.

mod canvas;
mod line;
mod list;

use std::fmt;
use std::io;

use console::{Key, Style, Term};
use dialoguer::Password;
use dialoguer::theme::Theme;
use secrecy::SecretString;

use crate::error::{Error, Result};
use crate::interview::asker::{Answer, Asker, Choice, EXPLAIN, GO_BACK, Kind, Question, back, stopped};
use crate::interview::terminal::canvas::Canvas;
use crate::interview::terminal::line::{Line, Pressed};
use crate::interview::terminal::list::List;
use crate::words::Words;
use crate::words::wrap::fold;

/// What can be typed where a text is asked for.
const KEYS: &str = "Enter takes what stands in brackets; < goes back; Ctrl-C stops, and keeps what was answered";
/// What can be pressed in a list.
const ONE_KEYS: &str = "Arrow keys or a first letter move, Enter takes the entry; < or Esc goes back; Ctrl-C stops, and \
                        keeps what was answered";
/// And in one of which several can be taken.
const MANY_KEYS: &str = "Arrow keys or a first letter move, space marks and unmarks, Enter goes on with what is marked; < \
                         or Esc goes back; Ctrl-C stops, and keeps what was answered";
/// And where yes or no is asked for.
const YES_KEYS: &str = "y or n answers, Enter takes the capital one; < or Esc goes back";

/// A person at a terminal.
pub struct Terminal {
    term: Term,
    words: Words,
}

impl Terminal {
    /// The terminal behind standard error; `words` speak to the person.
    pub fn new(words: Words) -> Self {
        Terminal { term: Term::stderr(), words }
    }

    /// What a prompt failed with, in our words.
    fn stopped(&self, error: io::Error) -> Error {
        let _ = self.term.show_cursor();
        if error.kind() == io::ErrorKind::Interrupted {
            let _ = self.term.write_line("");
            return stopped();
        }
        Error::usage("the terminal cannot be used for questions")
            .because(error)
            .hint("`mailproof setup --answers FILE` needs none")
    }

    /// Text beside a question, dim where there are colours.
    fn aside(&self, text: &str) {
        let text = self.words.text(text);
        for line in fold(&format!("  {text}"), self.width() - 1) {
            let _ = self.term.write_line(&Style::new().for_stderr().dim().apply_to(line).to_string());
        }
    }

    fn width(&self) -> usize {
        self.term.size_checked().map_or(80, |(_, columns)| usize::from(columns)).max(20)
    }

    fn height(&self) -> usize {
        self.term.size_checked().map_or(24, |(rows, _)| usize::from(rows)).max(8)
    }

    /// `None` where the person wants to go back.
    fn prompt(&self, question: &Question<'_>) -> io::Result<Option<Answer>> {
        match (&question.kind, &question.default) {
            (Kind::YesNo, default) => self.yes_or_no(question, default.as_ref() == Some(&Answer::Yes(true))),
            (Kind::One(choices), default) => {
                let proposed = match default {
                    Some(Answer::Text(id)) => choices.iter().position(|c| c.id == *id).unwrap_or(0),
                    _ => 0,
                };
                let list = self.list(question, choices, proposed, None)?;
                Ok(list.map(|list| Answer::Text(choices[list.at].id.clone())))
            }
            (Kind::Many(choices), default) => {
                let proposed = |c: &Choice| matches!(default, Some(Answer::List(ids)) if ids.contains(&c.id));
                let marks: Vec<bool> = choices.iter().map(proposed).collect();
                let first = marks.iter().position(|marked| *marked).unwrap_or(0);
                let list = self.list(question, choices, first, Some(marks))?;
                let marked = |list: List| {
                    let marks = list.marks.unwrap_or_default();
                    choices.iter().zip(marks).filter(|(_, marked)| *marked).map(|(c, _)| c.id.clone()).collect()
                };
                Ok(list.map(|list| Answer::List(marked(list))))
            }
            (Kind::Text(_) | Kind::List(_), _) => self.text(question),
        }
    }

    fn text(&self, question: &Question<'_>) -> io::Result<Option<Answer>> {
        let text = self.words.text(&question.text);
        let proposed = question.default.as_ref().map(|answer| match answer {
            Answer::List(entries) if entries.is_empty() => "none".to_string(),
            Answer::List(entries) => entries.join(" "),
            Answer::Text(text) => text.clone(),
            Answer::Yes(yes) => yes.to_string(),
        });
        let prompt = match &proposed {
            Some(proposed) => format!("  {text} [{proposed}]: "),
            None => format!("  {text}: "),
        };
        loop {
            let mut canvas = Canvas::new(&self.term);
            let mut line = Line::default();
            let pressed = loop {
                let (lines, row, column) = line.draw(&prompt, self.width());
                canvas.draw(&lines, row, column)?;
                match line.press(&self.term.read_key()?) {
                    Pressed::Typed => {}
                    other => break other,
                }
            };
            let typed = line.text();
            let typed = match (typed.trim(), &proposed) {
                ("", Some(proposed)) => proposed.clone(),
                (typed, _) => typed.to_string(),
            };
            if pressed == Pressed::Back || typed == GO_BACK {
                canvas.end(&[])?;
                return Ok(None);
            }
            if typed.is_empty() {
                canvas.end(&[])?;
                continue;
            }
            let trouble = match typed.as_str() {
                EXPLAIN => Some(KEYS.to_string()),
                _ => question.read(&Answer::Text(typed.clone())).err(),
            };
            match trouble {
                Some(why) => {
                    canvas.end(&[])?;
                    fold(&format!("  {}", self.words.text(&why)), self.width() - 1)
                        .iter()
                        .try_for_each(|line| self.term.write_line(line))?;
                }
                None => {
                    self.told(canvas, question, &typed)?;
                    return Ok(Some(Answer::Text(typed)));
                }
            }
        }
    }

    fn list(
        &self,
        question: &Question<'_>,
        choices: &[Choice],
        at: usize,
        marks: Option<Vec<bool>>,
    ) -> io::Result<Option<List>> {
        let labels: Vec<String> = choices.iter().map(|c| self.words.lines(&c.label).into_owned()).collect();
        let (keys, hint) = match marks {
            Some(_) => (MANY_KEYS, "  (space marks, enter goes on, ? explains)"),
            None => (ONE_KEYS, ""),
        };
        let keys = [format!("  {}", self.words.text(keys))];
        let prompt = format!("  {}{}", self.words.text(&question.text), self.words.lines(hint));
        let mut list = List::new(labels.clone(), at, marks);
        let mut canvas = Canvas::new(&self.term);
        self.term.hide_cursor()?;
        let pressed = loop {
            let lines = list.draw(&prompt, &keys, self.width(), self.height());
            canvas.draw(&lines, lines.len() - 1, 0)?;
            match list.press(&self.term.read_key()?) {
                Pressed::Typed => {}
                other => break other,
            }
        };
        self.term.show_cursor()?;
        if pressed == Pressed::Back {
            canvas.end(&[])?;
            return Ok(None);
        }
        let short = |label: &String| label.split("  ").next().unwrap_or_default().to_string();
        let chosen = match &list.marks {
            None => short(&labels[list.at]),
            Some(marks) => {
                let all: Vec<String> = labels.iter().zip(marks).filter(|(_, m)| **m).map(|(l, _)| short(l)).collect();
                if all.is_empty() { "none".into() } else { all.join(", ") }
            }
        };
        self.told(canvas, question, &chosen)?;
        Ok(Some(list))
    }

    fn yes_or_no(&self, question: &Question<'_>, proposed: bool) -> io::Result<Option<Answer>> {
        let keys = if proposed { "[Y/n]" } else { "[y/N]" };
        let prompt = format!("  {}  {keys} ", self.words.text(&question.text));
        let mut canvas = Canvas::new(&self.term);
        let (lines, row, column) = Line::default().draw(&prompt, self.width());
        canvas.draw(&lines, row, column)?;
        let yes = loop {
            match self.term.read_key()? {
                Key::Char('y' | 'Y') => break Some(true),
                Key::Char('n' | 'N') => break Some(false),
                Key::Enter => break Some(proposed),
                Key::Escape | Key::Char('<') => break None,
                Key::Char('?') => {
                    canvas.end(&[])?;
                    self.aside(YES_KEYS);
                    canvas = Canvas::new(&self.term);
                    canvas.draw(&lines, row, column)?;
                }
                _ => {}
            }
        };
        match yes {
            Some(yes) => {
                self.told(canvas, question, if yes { "yes" } else { "no" })?;
                Ok(Some(Answer::Yes(yes)))
            }
            None => {
                canvas.end(&[])?;
                Ok(None)
            }
        }
    }

    /// Leaves the question with its answer on the screen.
    fn told(&self, canvas: Canvas<'_>, question: &Question<'_>, answer: &str) -> io::Result<()> {
        let text = self.words.text(&question.text);
        let colon = if text.ends_with(['?', '？']) { "" } else { ":" };
        let answer = match &question.kind {
            Kind::Text(_) | Kind::List(_) => answer.into(),
            _ => self.words.text(answer),
        };
        canvas.end(&fold(&format!("  {text}{colon} {answer}"), self.width() - 1))
    }
}

impl Asker for Terminal {
    fn ask(&mut self, question: &Question<'_>) -> Result<Answer> {
        if !question.help.is_empty() {
            self.aside(&question.help);
        }
        loop {
            let answer = self.prompt(question).map_err(|e| self.stopped(e))?.ok_or_else(back)?;
            match question.read(&answer) {
                Ok(answer) => return Ok(answer),
                Err(why) => self.say(&format!("  {why}")),
            }
        }
    }

    fn secret(&mut self, text: &str, env: &str) -> Result<SecretString> {
        self.aside(&format!("It is not kept. Set {env} to be asked no more."));
        let prompt = Password::with_theme(&Look).with_prompt(self.words.text(text));
        let typed = prompt.interact_on(&self.term);
        typed.map(SecretString::from).map_err(|dialoguer::Error::IO(error)| self.stopped(error))
    }

    fn say(&mut self, text: &str) {
        for line in self.words.lines(text).split('\n').flat_map(|line| fold(line, self.width())) {
            let _ = self.term.write_line(&line);
        }
    }

    fn width(&self) -> usize {
        Terminal::width(self)
    }

    fn words(&self) -> Words {
        self.words
    }
}

/// How the prompt for a secret looks: two spaces in, as all others.
struct Look;

impl Theme for Look {
    fn format_prompt(&self, f: &mut dyn fmt::Write, prompt: &str) -> fmt::Result {
        write!(f, "  {prompt}")
    }

    fn format_input_prompt_selection(&self, f: &mut dyn fmt::Write, prompt: &str, hidden: &str) -> fmt::Result {
        write!(f, "  {prompt}: {hidden}")
    }

    fn format_error(&self, f: &mut dyn fmt::Write, error: &str) -> fmt::Result {
        write!(f, "  {error}")
    }
}
