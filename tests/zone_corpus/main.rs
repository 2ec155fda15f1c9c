//! Master files that nobody here wrote, against parsers that nobody here wrote.

#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, clippy::print_stderr)]

mod bind;
mod editing;
mod fuzz;
mod octodns;
mod oracles;
mod parts;
mod reading;

use std::path::PathBuf;

/// The corpus beside the project, or `None` with a line that says what is skipped.
pub fn corpus(folder: &str) -> Option<PathBuf> {
    let path = PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("../shared/corpus").join(folder);
    if path.is_dir() {
        return Some(path);
    }
    eprintln!("SKIPPED: the corpus folder {folder} is not here");
    None
}
