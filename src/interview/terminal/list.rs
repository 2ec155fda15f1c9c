//! A list to choose from: one entry, or any number of them.

use console::Key;

use crate::interview::terminal::line::Pressed;
use crate::words::wrap::{cut, fold};

/// Entries that are shown at a time, where the screen is high enough.
const PAGE: usize = 12;

/// A list and what is chosen in it.
pub(super) struct List {
    labels: Vec<String>,
    /// The entry that is pointed at.
    pub(super) at: usize,
    /// Which are marked, where several can be.
    pub(super) marks: Option<Vec<bool>>,
    /// Whether the keys are explained.
    pub(super) explained: bool,
}

impl List {
    pub(super) fn new(labels: Vec<String>, at: usize, marks: Option<Vec<bool>>) -> Self {
        List { labels, at, marks, explained: false }
    }

    pub(super) fn press(&mut self, key: &Key) -> Pressed {
        let last = self.labels.len().saturating_sub(1);
        match key {
            Key::Enter => return Pressed::Done,
            Key::Escape | Key::Char('<') => return Pressed::Back,
            Key::Char('?') => self.explained = !self.explained,
            Key::Char(' ') => match &mut self.marks {
                Some(marks) => marks[self.at] = !marks[self.at],
                None => return Pressed::Done,
            },
            Key::ArrowDown | Key::Tab => self.at = if self.at == last { 0 } else { self.at + 1 },
            Key::ArrowUp | Key::BackTab => self.at = self.at.checked_sub(1).unwrap_or(last),
            Key::PageDown | Key::ArrowRight => self.at = (self.at + PAGE).min(last),
            Key::PageUp | Key::ArrowLeft => self.at = self.at.saturating_sub(PAGE),
            Key::Home => self.at = 0,
            Key::End => self.at = last,
            Key::Char(letter) => self.go_to(*letter),
            _ => {}
        }
        Pressed::Typed
    }

    /// The next entry that begins with `letter`.
    fn go_to(&mut self, letter: char) {
        let begins = |label: &String| label.to_lowercase().starts_with(&letter.to_lowercase().to_string());
        let count = self.labels.len();
        let found = (1..=count).map(|step| (self.at + step) % count).find(|i| begins(&self.labels[*i]));
        self.at = found.unwrap_or(self.at);
    }

    /// The prompt with the page of the entry that is pointed at, in lines narrower than `width` and at most `height`.
    pub(super) fn draw(&self, prompt: &str, keys: &[String], width: usize, height: usize) -> Vec<String> {
        let room = width.saturating_sub(1).max(8);
        let mut head: Vec<String> = fold(prompt, room);
        if self.explained {
            head.splice(0..0, keys.iter().flat_map(|line| fold(line, room)));
        }
        let page = PAGE.min(height.saturating_sub(head.len() + 1)).max(3);
        let pages = self.labels.len().div_ceil(page);
        if pages > 1
            && let Some(last) = head.last_mut()
        {
            let shown = format!("  [{}/{pages}]", self.at / page + 1);
            match unicode_width::UnicodeWidthStr::width(last.as_str()) + shown.len() <= room {
                true => last.push_str(&shown),
                false => head.push(shown),
            }
        }
        let first = self.at / page * page;
        let entries = self.labels.iter().enumerate().skip(first).take(page).map(|(i, label)| {
            let pointer = if i == self.at { ">" } else { " " };
            let mark = self.marks.as_ref().map_or("", |marks| if marks[i] { "[x] " } else { "[ ] " });
            cut(&format!("  {pointer} {mark}{label}"), room)
        });
        head.extend(entries);
        head.push(String::new());
        head
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn list(count: usize, marks: bool) -> List {
        let names = ["Amazon", "Brevo", "SendGrid", "Sakura"];
        let labels = (0..count).map(|i| format!("{} {i}", names[i % names.len()])).collect();
        List::new(labels, 0, marks.then(|| vec![false; count]))
    }

    #[test]
    fn moved_marked_and_explained() {
        let mut some = list(30, true);
        for (key, at, why) in [
            (Key::ArrowUp, 29, "round to the end"),
            (Key::ArrowDown, 0, "and back"),
            (Key::PageDown, 12, "a page"),
            (Key::Char('S'), 14, "the next with that letter"),
            (Key::Char('s'), 15, "and the one after"),
            (Key::Char('x'), 15, "no entry has it"),
            (Key::Home, 0, "the first"),
        ] {
            assert_eq!(some.press(&key), Pressed::Typed, "{why}");
            assert_eq!(some.at, at, "{why}");
        }
        some.press(&Key::Char(' '));
        assert_eq!(some.marks.as_ref().unwrap().iter().filter(|m| **m).count(), 1);
        assert_eq!(some.press(&Key::Char('?')), Pressed::Typed);
        let keys = ["  Space marks.".to_string()];
        let drawn = some.draw("  Which?", &keys, 40, 24);
        assert_eq!(drawn[..3], ["  Space marks.", "  Which?  [1/3]", "  > [x] Amazon 0"]);
        assert_eq!(drawn.len(), 2 + PAGE + 1);
        assert!(some.draw("  Which?", &keys, 40, 10).len() <= 10, "no higher than the screen");
        assert!(some.draw("  Which of all these?", &keys, 20, 24).iter().all(|l| l.chars().count() < 20));
        assert_eq!(some.press(&Key::Char('<')), Pressed::Back);
        assert_eq!(list(3, false).press(&Key::Char(' ')), Pressed::Done, "one is enough");
        assert_eq!(
            list(3, false).draw("  Which?", &[], 40, 24),
            ["  Which?", "  > Amazon 0", "    Brevo 1", "    SendGrid 2", ""]
        );
    }
}
