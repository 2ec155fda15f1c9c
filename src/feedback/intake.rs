//! The reports of a file, whatever it is: XML, JSON, gzip, zip, a message, an mbox, each of these compressed.

use std::fs::File;
use std::io::Read;
use std::path::Path;

use super::damage::Damage;
use super::limits;
use super::parts::reports_in_message;
use super::report::{Looks, Report, looks, read_document};
use super::unpack::{is_gzip, is_zip, unpack};
use crate::mail::mailbox::Letters;
use crate::model::message::Message;

/// What was found at a place.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Found {
    /// Which message of the file, counted from 1; nothing where it is no mailbox.
    pub message: Option<u64>,
    /// The member of a zip archive.
    pub member: Option<String>,
    /// The report, or why there is none; nothing where a message has no report in it.
    pub outcome: Option<Result<Report, Damage>>,
}

/// Reads the file at `path` and hands over what is found as it comes; `take` says whether to go on.
///
/// # Errors
/// When the file cannot be read at all.
pub fn read_file(path: &Path, mut take: impl FnMut(Found) -> bool) -> std::io::Result<()> {
    let mut start = [0; 4];
    let length = File::open(path)?.read(&mut start)?;
    let mut letters = Letters::open(path)?;
    let peeked = match letters.peek() {
        Ok(peeked) => peeked,
        Err(e) => {
            let damage = Damage::new(format!("it cannot be unpacked: {e}"));
            take(Found { message: None, member: None, outcome: Some(Err(damage)) });
            return Ok(());
        }
    };
    let document = is_zip(&start[..length]) || looks(peeked) != Looks::Other || is_zip(peeked) || is_gzip(peeked);
    if document || peeked.is_empty() { whole(path, &mut take) } else { messages(letters, &mut take) }
}

/// The file is a document or an archive of documents.
fn whole(path: &Path, take: &mut impl FnMut(Found) -> bool) -> std::io::Result<()> {
    let mut octets = Vec::new();
    File::open(path)?.take(limits::PACKED + 1).read_to_end(&mut octets)?;
    match unpack(&octets) {
        Err(damage) => {
            take(Found { message: None, member: None, outcome: Some(Err(damage)) });
        }
        Ok(documents) => {
            for document in documents {
                let outcome = Some(read_document(&document.octets));
                if !take(Found { message: None, member: document.member, outcome }) {
                    break;
                }
            }
        }
    }
    Ok(())
}

fn messages(mut letters: Letters, take: &mut impl FnMut(Found) -> bool) -> std::io::Result<()> {
    let mbox = letters.is_mbox();
    loop {
        let letter = match letters.next_letter() {
            Ok(Some(letter)) => letter,
            Ok(None) => return Ok(()),
            Err(e) => {
                let damage = Damage::new(format!("it cannot be read to its end: {e}"));
                take(Found { message: None, member: None, outcome: Some(Err(damage)) });
                return Ok(());
            }
        };
        let outcomes = if letter.cut {
            vec![Err(Damage::new("the message is larger than any that carries a report: refused"))]
        } else if !mbox && !Message::read(&letter.octets).fields.iter().any(|f| !f.name.is_empty()) {
            vec![Err(Damage::new("it is neither a report nor a message"))]
        } else {
            reports_in_message(&letter.octets)
        };
        let message = mbox.then_some(letter.number);
        let found = if outcomes.is_empty() { vec![None] } else { outcomes.into_iter().map(Some).collect() };
        for outcome in found {
            if !take(Found { message, member: None, outcome }) {
                return Ok(());
            }
        }
    }
}
