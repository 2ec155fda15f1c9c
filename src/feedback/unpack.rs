//! Taking a report out of its wrapping: gzip or zip, one layer of it, bounded.

use std::io::{Cursor, Read};

use flate2::read::MultiGzDecoder;

use super::damage::Damage;
use super::limits;

/// What was in a file or an attachment.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Document {
    /// The member of the archive; nothing where there was none.
    pub member: Option<String>,
    /// The octets.
    pub octets: Vec<u8>,
}

/// Unpacks `octets`: the members of a zip archive, the content of a gzip file, or themselves.
///
/// # Errors
/// [`Damage`]: an archive in an archive, one that unpacks to more than [`limits::UNPACKED`], has more than
/// [`limits::MEMBERS`] members or paths for names, is encrypted, or cannot be read.
pub fn unpack(octets: &[u8]) -> Result<Vec<Document>, Damage> {
    if octets.len() as u64 > limits::PACKED {
        return Err(Damage::new(format!("it is larger than {} MiB: refused", limits::PACKED >> 20)));
    }
    if is_zip(octets) {
        unzip(octets)
    } else if is_gzip(octets) {
        Ok(vec![Document { member: None, octets: gunzip(octets)? }])
    } else {
        Ok(vec![Document { member: None, octets: octets.to_vec() }])
    }
}

pub(super) fn is_gzip(octets: &[u8]) -> bool {
    octets.starts_with(&[0x1f, 0x8b])
}

pub(super) fn is_zip(octets: &[u8]) -> bool {
    octets.starts_with(b"PK\x03\x04") || octets.starts_with(b"PK\x05\x06")
}

fn gunzip(octets: &[u8]) -> Result<Vec<u8>, Damage> {
    let mut left = limits::UNPACKED;
    inner(bounded(MultiGzDecoder::new(octets), &mut left)?)
}

fn unzip(octets: &[u8]) -> Result<Vec<Document>, Damage> {
    let broken = |e: zip::result::ZipError| Damage::new(format!("its zip archive cannot be read: {e}"));
    let mut archive = zip::ZipArchive::new(Cursor::new(octets)).map_err(broken)?;
    if archive.len() > limits::MEMBERS {
        return Err(Damage::new(format!("its zip archive has more than {} members: refused", limits::MEMBERS)));
    }
    let mut left = limits::UNPACKED;
    let mut documents = Vec::new();
    for index in 0..archive.len() {
        let member = archive.by_index(index).map_err(broken)?;
        if member.is_dir() {
            continue;
        }
        let name = member.name().to_string();
        // Nothing is written to disk, yet who names a member so means no report.
        if member.enclosed_name().is_none() || name.starts_with(['/', '\\']) || name.contains("..") {
            let shown: String = name.chars().filter(|c| !c.is_control()).take(80).collect();
            return Err(Damage::new(format!(
                "its zip archive has a member called `{shown}`, a path out of it: refused"
            )));
        }
        // Macintosh archives carry the files' attributes along.
        if name.starts_with("__MACOSX/") {
            continue;
        }
        let octets = inner(bounded(member, &mut left)?)?;
        documents.push(Document { member: Some(name), octets });
    }
    if documents.is_empty() { Err(Damage::new("its zip archive is empty")) } else { Ok(documents) }
}

/// Reads to the end, or to what is left of the limit.
fn bounded(reader: impl Read, left: &mut u64) -> Result<Vec<u8>, Damage> {
    let mut out = Vec::new();
    match reader.take(*left + 1).read_to_end(&mut out) {
        Ok(_) => {}
        // What follows the compressed data, and data that break off, do not matter as long as there is a document:
        // whether it is whole, its own form says.
        Err(_) if !out.is_empty() => {}
        Err(e) => return Err(Damage::new(format!("it cannot be unpacked: {e}"))),
    }
    match left.checked_sub(out.len() as u64) {
        Some(rest) => *left = rest,
        None => {
            let mib = limits::UNPACKED >> 20;
            return Err(Damage::new(format!("it unpacks to more than {mib} MiB, as no report does: refused")));
        }
    }
    Ok(out)
}

fn inner(octets: Vec<u8>) -> Result<Vec<u8>, Damage> {
    if is_gzip(&octets) || is_zip(&octets) {
        return Err(Damage::new("it is an archive in an archive: refused"));
    }
    Ok(octets)
}
