//! Files as a server has them: from a disk below a root, or from memory.

use std::collections::BTreeMap;
use std::io::Read as _;
use std::path::PathBuf;

use crate::error::{Error, Result};
use crate::server::install::below;

/// The largest configuration file that is read, in octets.
const MAX_SIZE: u64 = 4 * 1024 * 1024;

/// Owner and mode of a file or folder.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Stat {
    /// The owner's number.
    pub owner: u32,
    /// The group's number.
    pub group: u32,
    /// The permission bits.
    pub mode: u32,
}

/// Where configuration comes from.
pub trait Tree {
    /// The octets of a file, `None` if there is none.
    ///
    /// # Errors
    /// A configuration error when it is there and cannot be read.
    fn read(&self, path: &str) -> Result<Option<Vec<u8>>>;

    /// Owner and mode, `None` if it is not there.
    fn stat(&self, path: &str) -> Option<Stat>;

    /// The names in a folder, sorted.
    fn list(&self, path: &str) -> Vec<String>;
}

/// The files below a root.
#[derive(Clone, Debug)]
pub struct Disk {
    /// The root.
    pub root: PathBuf,
}

impl Tree for Disk {
    fn read(&self, path: &str) -> Result<Option<Vec<u8>>> {
        let path = below(&self.root, path);
        let cannot = |e: std::io::Error| Error::config(format!("{} cannot be read", path.display())).because(e);
        let meta = match std::fs::metadata(&path) {
            Err(e) if e.kind() == std::io::ErrorKind::NotFound => return Ok(None),
            other => other.map_err(cannot)?,
        };
        // Before it is opened: a pipe would wait for a writer.
        if !meta.is_file() {
            return Err(Error::config(format!("{} is no file", path.display())));
        }
        if meta.len() > MAX_SIZE {
            return Err(Error::config(format!("{} is too large for a configuration file", path.display())));
        }
        let mut octets = Vec::new();
        let file = std::fs::File::open(&path).map_err(cannot)?;
        file.take(MAX_SIZE).read_to_end(&mut octets).map_err(cannot)?;
        Ok(Some(octets))
    }

    #[cfg(unix)]
    fn stat(&self, path: &str) -> Option<Stat> {
        use std::os::unix::fs::MetadataExt as _;
        let meta = std::fs::metadata(below(&self.root, path)).ok()?;
        Some(Stat { owner: meta.uid(), group: meta.gid(), mode: meta.mode() & 0o7777 })
    }

    /// Other systems keep owners elsewhere.
    #[cfg(not(unix))]
    fn stat(&self, _: &str) -> Option<Stat> {
        None
    }

    fn list(&self, path: &str) -> Vec<String> {
        let Ok(entries) = std::fs::read_dir(below(&self.root, path)) else { return Vec::new() };
        let mut names: Vec<String> = entries.filter_map(|e| e.ok()?.file_name().into_string().ok()).collect();
        names.sort();
        names
    }
}

/// Files in memory, for examples and tests.
#[derive(Clone, Debug, Default)]
pub struct Memory {
    /// The files, by path.
    pub files: BTreeMap<String, Vec<u8>>,
    /// Owners and modes of files and folders, where they are not root's and usual.
    pub stats: BTreeMap<String, Stat>,
}

impl Memory {
    /// Reads an example: each file begins with a line `--- PATH [OWNER:GROUP MODE]`; a folder's path ends in `/`.
    /// Owners are numbers or `root`.
    pub fn parse(text: &str) -> Self {
        let mut out = Memory::default();
        let mut current: Option<String> = None;
        for line in text.split_inclusive('\n') {
            if let Some(head) = line.strip_prefix("--- ") {
                let words: Vec<&str> = head.split_whitespace().collect();
                let path = words.first().copied().unwrap_or_default().to_string();
                if let [_, owner, mode] = words.as_slice() {
                    let number = |text: &str| text.parse().unwrap_or(0);
                    let (owner, group) = owner.split_once(':').unwrap_or((owner, "root"));
                    let mode = u32::from_str_radix(mode, 8).unwrap_or(0o644);
                    let stat = Stat { owner: number(owner), group: number(group), mode };
                    out.stats.insert(path.trim_end_matches('/').to_string(), stat);
                }
                current = (!path.ends_with('/')).then(|| path.clone());
                if current.is_some() {
                    out.files.insert(path, Vec::new());
                }
            } else if let Some(file) = current.as_ref().and_then(|p| out.files.get_mut(p)) {
                file.extend_from_slice(line.as_bytes());
            }
        }
        out
    }
}

impl Tree for Memory {
    fn read(&self, path: &str) -> Result<Option<Vec<u8>>> {
        Ok(self.files.get(path).cloned())
    }

    fn stat(&self, path: &str) -> Option<Stat> {
        let known = self.stats.get(path).copied();
        let below = format!("{path}/");
        let exists = self.files.contains_key(path) || self.files.keys().any(|p| p.starts_with(&below)) || path == "/";
        known.or_else(|| exists.then_some(Stat { owner: 0, group: 0, mode: 0o755 }))
    }

    fn list(&self, path: &str) -> Vec<String> {
        let below = format!("{}/", path.trim_end_matches('/'));
        let names = self.files.keys().filter_map(|p| p.strip_prefix(&below)).filter(|n| !n.contains('/'));
        names.map(str::to_string).collect()
    }
}
