//! Key files: mode 0600, written atomically, never overwritten.
//!
//! A pair is two files, `DOMAIN.SELECTOR.pem` with the private key and `DOMAIN.SELECTOR.txt` with the record to publish.

use std::fs::{self, File};
use std::io::{Read as _, Write as _};
use std::path::{Path, PathBuf};

use secrecy::{ExposeSecret as _, SecretString};

use crate::error::{Error, Result};
use crate::keys::pair::KeyPair;

/// The largest file that is taken for a key: a 16384-bit key in PEM has 13 kB.
const MAX_SIZE: u64 = 65_536;

/// The two files of a pair.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct KeyFiles {
    /// The private key.
    pub key: PathBuf,
    /// The record to publish.
    pub record: PathBuf,
}

impl KeyFiles {
    /// Where the pair of `domain` and `selector` stands in `dir`.
    pub fn of(dir: &Path, domain: &str, selector: &str) -> Self {
        let stem = format!("{domain}.{selector}");
        KeyFiles { key: dir.join(format!("{stem}.pem")), record: dir.join(format!("{stem}.txt")) }
    }

    /// Whether one of them is there.
    pub fn exist(&self) -> bool {
        // A dangling link is in the way too.
        [&self.key, &self.record].iter().any(|p| p.symlink_metadata().is_ok())
    }
}

/// Writes a pair; `record` is the text of the second file. Makes the folder, for its owner alone, if there is none.
///
/// Each file is written beside its place and then linked there, so that it is whole or not there at all.
///
/// # Errors
/// A configuration error when one of the files exists (nothing is changed then) or cannot be written (nothing is left).
pub fn save(files: &KeyFiles, pair: &KeyPair, record: &str) -> Result<()> {
    let dir = files.key.parent().filter(|d| !d.as_os_str().is_empty()).unwrap_or(Path::new("."));
    make_folder(dir)?;
    if files.exist() {
        return Err(taken(files));
    }
    let cannot =
        |path: &Path, e: std::io::Error| Error::config(format!("{} cannot be written", path.display())).because(e);
    let text = pair.to_pem();
    let key = prepared(dir, text.expose_secret().as_bytes()).map_err(|e| cannot(&files.key, e))?;
    let public = prepared(dir, record.as_bytes()).map_err(|e| cannot(&files.record, e))?;
    let place = |file: tempfile::NamedTempFile, path: &Path| {
        file.persist_noclobber(path).map(drop).map_err(|e| match e.error.kind() {
            std::io::ErrorKind::AlreadyExists => taken(files),
            _ => cannot(path, e.error),
        })
    };
    place(key, &files.key)?;
    place(public, &files.record).inspect_err(|_| {
        // Half a pair helps nobody; the key was made a moment ago and nothing knows it.
        let _ = fs::remove_file(&files.key);
    })?;
    // So that the names survive a power cut as well as the data.
    File::open(dir).and_then(|d| d.sync_all()).map_err(|e| cannot(dir, e))
}

fn taken(files: &KeyFiles) -> Error {
    let there = if files.key.symlink_metadata().is_ok() { &files.key } else { &files.record };
    Error::config(format!("{} is there already and is never overwritten", there.display()))
        .hint("choose another selector with --selector, or leave it out for the next free one")
}

/// A file of `content` in `dir`, readable by its owner alone, on disk but without a name that stays.
fn prepared(dir: &Path, content: &[u8]) -> std::io::Result<tempfile::NamedTempFile> {
    // The library makes it with mode 0600.
    let mut file = tempfile::Builder::new().prefix(".mailproof-").tempfile_in(dir)?;
    file.write_all(content)?;
    file.as_file().sync_all()?;
    Ok(file)
}

fn make_folder(dir: &Path) -> Result<()> {
    let mut builder = fs::DirBuilder::new();
    builder.recursive(true);
    #[cfg(unix)]
    std::os::unix::fs::DirBuilderExt::mode(&mut builder, 0o700);
    builder.create(dir).map_err(|e| Error::config(format!("the folder {} cannot be made", dir.display())).because(e))
}

/// Reads a private key.
///
/// # Errors
/// A configuration error when the file cannot be read, is open to other users, or is no private key.
pub fn read(path: &Path) -> Result<KeyPair> {
    let shown = path.display();
    let cannot = |e: std::io::Error| Error::config(format!("the key file {shown} cannot be read")).because(e);
    let meta = fs::metadata(path).map_err(|e| {
        let missing = e.kind() == std::io::ErrorKind::NotFound;
        let error = cannot(e);
        if missing { error.hint("`mailproof keys generate` makes keys") } else { error }
    })?;
    // Before it is opened: a pipe would wait for a writer.
    if !meta.is_file() {
        return Err(Error::config(format!("{shown} is not a file")));
    }
    if let Some(mode) = open_to_others(&meta) {
        return Err(Error::config(format!("{shown} can be read by other users (mode {mode:04o})"))
            .hint(format!("chmod 600 {shown}; if others had access to this machine, make a new key")));
    }
    let mut octets = Vec::new();
    let file = File::open(path).map_err(cannot)?;
    file.take(MAX_SIZE + 1).read_to_end(&mut octets).map_err(cannot)?;
    if octets.len() as u64 > MAX_SIZE {
        return Err(Error::config(format!("{shown} is too large to be a private key")));
    }
    let text = SecretString::from(String::from_utf8(octets).map_err(|_| {
        Error::config(format!("{shown} is not text, so no key in PEM"))
            .hint("a key in DER becomes PEM by `openssl pkey -inform DER -in FILE -out FILE.pem`")
    })?);
    KeyPair::from_pem(text.expose_secret()).map_err(|e| e.during(format!("reading {shown}")))
}

/// Domain and selector of the key file at `path`: from the record beside it, for both may have dots in them.
pub fn whose(path: &Path) -> Option<(String, String)> {
    let mut text = String::new();
    File::open(path.with_extension("txt")).ok()?.take(MAX_SIZE).read_to_string(&mut text).ok()?;
    let (selector, domain) = text.split_whitespace().next()?.split_once("._domainkey.")?;
    Some((domain.trim_end_matches('.').to_string(), selector.to_string()))
}

/// What else lets others near the key at `path`: an owner who is neither this user nor root, a folder in which others
/// may swap the file.
#[cfg(unix)]
pub fn cautions(path: &Path) -> Vec<String> {
    use std::os::unix::fs::MetadataExt as _;
    let mut out = Vec::new();
    let me = rustix::process::geteuid().as_raw();
    if let Ok(meta) = fs::metadata(path)
        && ![me, 0].contains(&meta.uid())
    {
        out.push(format!("{} belongs to another user (id {})", path.display(), meta.uid()));
    }
    let folder = path.parent().filter(|p| !p.as_os_str().is_empty()).unwrap_or(Path::new("."));
    if let Ok(meta) = fs::metadata(folder) {
        let mode = meta.mode() & 0o7777;
        // With the sticky bit, as on /tmp, nobody can swap a file of others.
        if mode & 0o022 != 0 && mode & 0o1000 == 0 {
            out.push(format!("others may write to its folder {} (mode {mode:04o})", folder.display()));
        }
    }
    out
}

/// Other systems keep access elsewhere.
#[cfg(not(unix))]
pub fn cautions(_: &Path) -> Vec<String> {
    Vec::new()
}

/// The mode, if group or others may do anything with the file.
#[cfg(unix)]
fn open_to_others(meta: &fs::Metadata) -> Option<u32> {
    let mode = std::os::unix::fs::PermissionsExt::mode(&meta.permissions()) & 0o7777;
    (mode & 0o077 != 0).then_some(mode)
}

#[cfg(not(unix))]
fn open_to_others(_: &fs::Metadata) -> Option<u32> {
    None
}

#[cfg(unix)]
#[cfg(test)]
mod tests {
    use std::os::unix::fs::PermissionsExt as _;

    use super::*;
    use crate::keys::algorithm::Algorithm;

    fn mode(path: &Path) -> u32 {
        fs::metadata(path).unwrap().permissions().mode() & 0o7777
    }

    #[test]
    fn saved_once_and_read_back() {
        let top = tempfile::tempdir().unwrap();
        let dir = top.path().join("a/keys");
        let files = KeyFiles::of(&dir, "example.com", "mp202611");
        let pair = KeyPair::generate(Algorithm::Ed25519).unwrap();
        save(&files, &pair, "record\n").unwrap();
        assert_eq!((mode(&dir), mode(&files.key)), (0o700, 0o600));
        assert_eq!(files.key, dir.join("example.com.mp202611.pem"));
        assert_eq!(fs::read_to_string(&files.record).unwrap(), "record\n");
        assert_eq!(read(&files.key).unwrap().record(), pair.record());
        assert_eq!(fs::read_dir(&dir).unwrap().count(), 2, "no temporary file stays");

        let error = save(&files, &KeyPair::generate(Algorithm::Ed25519).unwrap(), "").unwrap_err();
        assert!(error.message().contains("never overwritten"), "{error}");
        assert_eq!(read(&files.key).unwrap().record(), pair.record(), "the first key stays");

        fs::remove_file(&files.key).unwrap();
        assert!(save(&files, &pair, "").is_err(), "a record alone is in the way as well");
        assert!(!files.key.exists());
        fs::remove_file(&files.record).unwrap();
        std::os::unix::fs::symlink("nowhere", &files.key).unwrap();
        assert!(save(&files, &pair, "").is_err(), "a dangling link is in the way");
    }

    #[test]
    fn files_that_are_no_safe_key() {
        let top = tempfile::tempdir().unwrap();
        let path = top.path().join("k.pem");
        let pem = KeyPair::generate(Algorithm::Ed25519).unwrap().to_pem();
        let pem = pem.expose_secret().as_bytes();
        let rows: &[(&[u8], u32, &str)] = &[
            (pem, 0o644, "chmod 600"),
            (pem, 0o640, "chmod 600"),
            (pem, 0o602, "chmod 600"),
            (&pem[..40], 0o600, ""),
            (b"\xff\xfe", 0o600, "not text"),
            (b"", 0o600, ""),
            (&[b'x'; 70_000], 0o600, "too large"),
        ];
        for (content, mode, want) in rows {
            let _ = fs::remove_file(&path);
            fs::write(&path, content).unwrap();
            fs::set_permissions(&path, fs::Permissions::from_mode(*mode)).unwrap();
            let error = read(&path).unwrap_err();
            let said = format!("{error} {}", error.hint_text().unwrap_or_default());
            assert!(said.contains(want), "{mode:o}: {said}");
        }
        assert!(read(top.path()).unwrap_err().message().contains("not a file"));
        assert!(read(&top.path().join("none")).unwrap_err().hint_text().unwrap().contains("keys generate"));
    }
}
