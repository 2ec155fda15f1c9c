//! A part of the screen that is drawn again and again: a question and what is typed or chosen so far.

use std::io;

use console::Term;

/// Lines that begin where the cursor was at first. None may be as wide as the screen, and there may not be more of them
/// than it has.
pub(super) struct Canvas<'a> {
    term: &'a Term,
    /// The line of the cursor, counted from the first one drawn.
    row: usize,
}

impl<'a> Canvas<'a> {
    pub(super) fn new(term: &'a Term) -> Self {
        Canvas { term, row: 0 }
    }

    /// Draws `lines` in the place of those before, and leaves the cursor in line `row` and `column`.
    pub(super) fn draw(&mut self, lines: &[String], row: usize, column: usize) -> io::Result<()> {
        self.clear()?;
        self.term.write_str(&lines.join("\n"))?;
        self.term.move_cursor_up(lines.len().saturating_sub(1).saturating_sub(row))?;
        self.term.write_str("\r")?;
        self.term.move_cursor_right(column)?;
        self.row = row;
        self.term.flush()
    }

    /// Ends with `lines`, below which the conversation goes on.
    pub(super) fn end(mut self, lines: &[String]) -> io::Result<()> {
        self.clear()?;
        lines.iter().try_for_each(|line| self.term.write_line(line))
    }

    fn clear(&mut self) -> io::Result<()> {
        self.term.move_cursor_up(self.row)?;
        self.term.write_str("\r")?;
        self.term.clear_to_end_of_screen()?;
        self.row = 0;
        Ok(())
    }
}
