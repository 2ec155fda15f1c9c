//! Questions on the terminal: on standard error, so that results alone go to standard output.

use std::fmt;

use console::{Style, Term};
use dialoguer::theme::Theme;
use dialoguer::{Confirm, Input, MultiSelect, Password, Select};
use secrecy::SecretString;

use crate::error::{Error, Result};
use crate::interview::asker::{Answer, Asker, Choice, EXPLAIN, GO_BACK, Kind, Question, back, stopped};
use crate::words::Words;
use crate::words::wrap::{cut, fold};

/// Choices shown at a time; of longer lists the prompt says the page.
const PAGE: usize = 12;

/// What can be typed.
const KEYS: &str = "Enter takes what stands in brackets; < goes back; Ctrl-C stops, and keeps what was answered";

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

    /// What a prompt failed with, in our words. A prompt that ends early leaves the cursor hidden.
    fn stopped(&self, error: dialoguer::Error) -> Error {
        let _ = self.term.show_cursor();
        let dialoguer::Error::IO(error) = error;
        if error.kind() == std::io::ErrorKind::Interrupted {
            let _ = self.term.write_line("");
            return stopped();
        }
        Error::usage("the terminal cannot be used for questions")
            .because(error)
            .hint("`mailproof setup --answers FILE` needs none")
    }

    fn help(&self, text: &str) {
        if !text.is_empty() {
            let _ =
                self.term.write_line(&format!("  {}", Style::new().for_stderr().dim().apply_to(self.words.text(text))));
        }
    }

    fn width(&self) -> usize {
        self.term.size_checked().map_or(80, |(_, columns)| usize::from(columns)).max(20)
    }

    /// `None` where the person wants to go back.
    fn prompt(&self, question: &Question<'_>) -> dialoguer::Result<Option<Answer>> {
        let words = self.words;
        let look = &Look { words };
        let text = words.text(&question.text);
        match (&question.kind, &question.default) {
            (Kind::YesNo, default) => {
                let confirm = Confirm::with_theme(look).with_prompt(text.as_ref());
                let confirm = match default {
                    Some(Answer::Yes(yes)) => confirm.default(*yes),
                    _ => confirm,
                };
                Ok(confirm.interact_on_opt(&self.term)?.map(Answer::Yes))
            }
            (Kind::One(choices), default) => {
                let proposed = match default {
                    Some(Answer::Text(id)) => choices.iter().position(|c| c.id == *id).unwrap_or(0),
                    _ => 0,
                };
                let select = Select::with_theme(look)
                    .with_prompt(text.as_ref())
                    .items(labels(choices, words, self.width()))
                    .default(proposed);
                let select = select.max_length(PAGE);
                Ok(select.interact_on_opt(&self.term)?.map(|at| Answer::Text(choices[at].id.clone())))
            }
            (Kind::Many(choices), default) => {
                let proposed = |c: &Choice| matches!(default, Some(Answer::List(ids)) if ids.contains(&c.id));
                let marks: Vec<bool> = choices.iter().map(proposed).collect();
                let select = MultiSelect::with_theme(look)
                    .with_prompt(text.as_ref())
                    .items(labels(choices, words, self.width()))
                    .defaults(&marks);
                let chosen = select.max_length(PAGE).interact_on_opt(&self.term)?;
                let ids = |chosen: Vec<usize>| chosen.into_iter().map(|i| choices[i].id.clone()).collect();
                Ok(chosen.map(|chosen| Answer::List(ids(chosen))))
            }
            (Kind::Text(_) | Kind::List(_), default) => {
                let proposed = default.as_ref().map(|answer| match answer {
                    Answer::List(entries) if entries.is_empty() => "none".to_string(),
                    Answer::List(entries) => entries.join(" "),
                    Answer::Text(text) => text.clone(),
                    Answer::Yes(yes) => yes.to_string(),
                });
                let input =
                    Input::<String>::with_theme(look).with_prompt(text.as_ref()).validate_with(|text: &String| {
                        match text.trim() {
                            GO_BACK => Ok(()),
                            EXPLAIN => Err(words.text(KEYS).into_owned()),
                            _ => question
                                .read(&Answer::Text(text.clone()))
                                .map(drop)
                                .map_err(|why| words.text(&why).into_owned()),
                        }
                    });
                let input = match proposed {
                    Some(text) => input.default(text),
                    None => input,
                };
                let typed = input.interact_text_on(&self.term)?;
                Ok((typed.trim() != GO_BACK).then_some(Answer::Text(typed)))
            }
        }
    }
}

/// A choice that is wider than the screen would be drawn over.
fn labels(choices: &[Choice], words: Words, width: usize) -> Vec<String> {
    choices.iter().map(|c| cut(&words.lines(&c.label), width.saturating_sub(9))).collect()
}

impl Asker for Terminal {
    fn ask(&mut self, question: &Question<'_>) -> Result<Answer> {
        self.help(&question.help);
        loop {
            let answer = self.prompt(question).map_err(|e| self.stopped(e))?.ok_or_else(back)?;
            match question.read(&answer) {
                Ok(answer) => return Ok(answer),
                Err(why) => self.say(&format!("  {why}")),
            }
        }
    }

    fn secret(&mut self, text: &str, env: &str) -> Result<SecretString> {
        self.help(&format!("It is not kept. Set {env} to be asked no more."));
        let look = Look { words: self.words };
        let prompt = Password::with_theme(&look).with_prompt(self.words.text(text));
        prompt.interact_on(&self.term).map(SecretString::from).map_err(|e| self.stopped(e))
    }

    fn say(&mut self, text: &str) {
        for line in self.words.lines(text).split('\n').flat_map(|line| fold(line, self.width())) {
            let _ = self.term.write_line(&line);
        }
    }

    fn words(&self) -> Words {
        self.words
    }
}

/// How prompts look: two spaces in, plain characters, readable without colour.
struct Look {
    words: Words,
}

impl Theme for Look {
    fn format_prompt(&self, f: &mut dyn fmt::Write, prompt: &str) -> fmt::Result {
        write!(f, "  {prompt}")
    }

    fn format_error(&self, f: &mut dyn fmt::Write, error: &str) -> fmt::Result {
        write!(f, "  {error}")
    }

    fn format_confirm_prompt(&self, f: &mut dyn fmt::Write, prompt: &str, default: Option<bool>) -> fmt::Result {
        let keys = match default {
            None => "[y/n]",
            Some(true) => "[Y/n]",
            Some(false) => "[y/N]",
        };
        write!(f, "  {prompt}  {keys} ")
    }

    fn format_confirm_prompt_selection(
        &self,
        f: &mut dyn fmt::Write,
        prompt: &str,
        selection: Option<bool>,
    ) -> fmt::Result {
        write!(f, "  {prompt}  {}", self.words.text(if selection == Some(true) { "yes" } else { "no" }))
    }

    fn format_input_prompt(&self, f: &mut dyn fmt::Write, prompt: &str, default: Option<&str>) -> fmt::Result {
        match default {
            Some(default) => write!(f, "  {prompt} [{default}]: "),
            None => write!(f, "  {prompt}: "),
        }
    }

    fn format_input_prompt_selection(&self, f: &mut dyn fmt::Write, prompt: &str, selected: &str) -> fmt::Result {
        write!(f, "  {prompt}: {selected}")
    }

    fn format_multi_select_prompt(&self, f: &mut dyn fmt::Write, prompt: &str) -> fmt::Result {
        write!(f, "  {prompt}  {}", self.words.text("(space marks, enter goes on)"))
    }

    fn format_multi_select_prompt_selection(
        &self,
        f: &mut dyn fmt::Write,
        prompt: &str,
        selections: &[&str],
    ) -> fmt::Result {
        let short: Vec<&str> = selections.iter().map(|s| s.split("  ").next().unwrap_or(s)).collect();
        write!(f, "  {prompt}: {}", if short.is_empty() { self.words.text("none").into() } else { short.join(", ") })
    }

    fn format_select_prompt_selection(&self, f: &mut dyn fmt::Write, prompt: &str, selected: &str) -> fmt::Result {
        write!(f, "  {prompt}: {}", selected.split("  ").next().unwrap_or(selected))
    }

    fn format_select_prompt_item(&self, f: &mut dyn fmt::Write, text: &str, active: bool) -> fmt::Result {
        write!(f, "  {} {text}", if active { ">" } else { " " })
    }

    fn format_multi_select_prompt_item(
        &self,
        f: &mut dyn fmt::Write,
        text: &str,
        checked: bool,
        active: bool,
    ) -> fmt::Result {
        write!(f, "  {} [{}] {text}", if active { ">" } else { " " }, if checked { "x" } else { " " })
    }
}
