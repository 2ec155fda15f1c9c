//! A line that is typed: wide characters and lines that are longer than the screen are drawn as they are.

use console::Key;
use unicode_width::UnicodeWidthChar;

use crate::words::wrap::fold;

/// What was typed so far, and where the cursor stands in it.
#[derive(Debug, Default)]
pub(super) struct Line {
    chars: Vec<char>,
    at: usize,
}

/// What a key means.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum Pressed {
    /// The line is changed, or nothing happened.
    Typed,
    /// Enter.
    Done,
    /// Escape.
    Back,
}

impl Line {
    pub(super) fn text(&self) -> String {
        self.chars.iter().collect()
    }

    pub(super) fn press(&mut self, key: &Key) -> Pressed {
        match key {
            Key::Enter => return Pressed::Done,
            Key::Escape => return Pressed::Back,
            Key::Char(typed) if !typed.is_control() => {
                self.chars.insert(self.at, *typed);
                self.at += 1;
            }
            Key::Backspace if self.at > 0 => {
                self.at -= 1;
                self.chars.remove(self.at);
            }
            Key::Del if self.at < self.chars.len() => drop(self.chars.remove(self.at)),
            Key::ArrowLeft => self.at = self.at.saturating_sub(1),
            Key::ArrowRight => self.at = (self.at + 1).min(self.chars.len()),
            Key::Home => self.at = 0,
            Key::End => self.at = self.chars.len(),
            // Control-U, as in shells.
            Key::Char('\u{15}') => *self = Line::default(),
            _ => {}
        }
        Pressed::Typed
    }

    /// The prompt and what was typed in lines narrower than `width`, and line and column of the cursor.
    pub(super) fn draw(&self, prompt: &str, width: usize) -> (Vec<String>, usize, usize) {
        let room = width.saturating_sub(1).max(8);
        let mut lines = fold(prompt.trim_end(), room);
        let mut last = lines.pop().unwrap_or_default();
        last.push(' ');
        let mut column = unicode_width::UnicodeWidthStr::width(last.as_str());
        let mut cursor = (lines.len(), column);
        for (i, typed) in self.chars.iter().enumerate() {
            let wide = typed.width().unwrap_or(0);
            if column + wide > room {
                lines.push(std::mem::take(&mut last));
                column = 0;
            }
            if i == self.at {
                cursor = (lines.len(), column);
            }
            last.push(*typed);
            column += wide;
        }
        if self.at == self.chars.len() {
            cursor = (lines.len(), column);
        }
        lines.push(last);
        (lines, cursor.0, cursor.1)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn typed_and_drawn() {
        let keys = |text: &str| text.chars().map(Key::Char).collect::<Vec<_>>();
        for (typed, width, want, cursor, why) in [
            (keys("ab"), 20, vec!["  Name: ab"], (0, 10), "as it is"),
            (
                [keys("ab"), vec![Key::ArrowLeft, Key::Backspace]].concat(),
                20,
                vec!["  Name: b"],
                (0, 8),
                "in its midst",
            ),
            (keys("0123456789abc"), 20, vec!["  Name: 0123456789a", "bc"], (1, 2), "longer than the screen"),
            (keys("日本語日本語"), 20, vec!["  Name: 日本語日本", "語"], (1, 2), "wide characters are not cut"),
            ([keys("abc"), vec![Key::Char('\u{15}')]].concat(), 20, vec!["  Name: "], (0, 8), "begun anew"),
            ([keys("abc"), vec![Key::Home, Key::Del]].concat(), 20, vec!["  Name: bc"], (0, 8), "from its beginning"),
        ] {
            let mut line = Line::default();
            typed.iter().for_each(|key| assert_eq!(line.press(key), Pressed::Typed, "{why}"));
            let (lines, row, column) = line.draw("  Name: ", width);
            assert_eq!((lines, (row, column)), (want.iter().map(ToString::to_string).collect(), cursor), "{why}");
        }
        let long = Line::default().draw("  A question of many words [proposed]: ", 24).0;
        assert_eq!(long, ["  A question of many", "  words [proposed]: "]);
        assert_eq!(
            (Line::default().press(&Key::Enter), Line::default().press(&Key::Escape)),
            (Pressed::Done, Pressed::Back)
        );
    }
}
