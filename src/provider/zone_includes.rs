//! The files that a master file includes, on disk, within one folder.

use std::fs;
use std::path::{Component, Path, PathBuf};

use crate::error::{Error, Result};
use crate::zone::walk::{Includes, NotIncluded};

/// The largest file that is included, in octets.
const MAX_FILE: u64 = 1 << 30;

/// Reads included files below a folder, links followed before that is judged; nothing outside it.
#[derive(Clone, Debug)]
pub struct FileIncludes {
    root: PathBuf,
}

impl FileIncludes {
    /// Allows files below `root`.
    ///
    /// # Errors
    /// A configuration error if there is no such folder.
    pub fn below(root: &Path) -> Result<Self> {
        let shown = if root.as_os_str().is_empty() { Path::new(".") } else { root };
        match fs::canonicalize(shown) {
            Ok(root) if root.is_dir() => Ok(FileIncludes { root }),
            Ok(_) => Err(Error::config(format!("{} is not a folder", root.display()))),
            Err(e) => Err(Error::config(format!("the folder {} cannot be read", root.display())).because(e)),
        }
    }

    /// Allows files below the folder that `file` is in.
    ///
    /// # Errors
    /// As [`FileIncludes::below`].
    pub fn beside(file: &Path) -> Result<Self> {
        Self::below(file.parent().unwrap_or(Path::new("")))
    }
}

/// `path` without `.` and, where it can be told from the text alone, without `..`.
fn plain(path: &Path) -> PathBuf {
    let mut out = PathBuf::new();
    for part in path.components() {
        match part {
            Component::CurDir => {}
            Component::ParentDir if out.file_name().is_some_and(|last| last != "..") => drop(out.pop()),
            other => out.push(other),
        }
    }
    out
}

impl Includes for FileIncludes {
    fn resolve(&mut self, path: &str, from: &str) -> std::result::Result<String, NotIncluded> {
        // Name servers read relative paths from their own folder, people from that of the file: whichever is there.
        let beside = Path::new(from).parent().unwrap_or(Path::new("")).join(path);
        let below = self.root.join(path);
        let found = if beside.exists() { beside } else { below };
        match fs::canonicalize(&found) {
            Ok(real) if !real.starts_with(&self.root) => Err(NotIncluded::Outside),
            Ok(real) if !real.is_file() => Err(NotIncluded::Unreadable),
            Ok(_) => found.to_str().map(|_| plain(&found).display().to_string()).ok_or(NotIncluded::Unreadable),
            Err(_) => Err(NotIncluded::Unreadable),
        }
    }

    fn read(&mut self, path: &str) -> std::result::Result<Vec<u8>, NotIncluded> {
        let size = fs::metadata(path).map_err(|_| NotIncluded::Unreadable)?.len();
        if size > MAX_FILE {
            return Err(NotIncluded::Unreadable);
        }
        fs::read(path).map_err(|_| NotIncluded::Unreadable)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_files_below_the_folder() {
        let dir = tempfile::tempdir().unwrap();
        let zones = dir.path().join("zones");
        fs::create_dir_all(zones.join("sub")).unwrap();
        for (path, text) in [("zones/main", "m"), ("zones/sub/a", "a"), ("zones/b", "b"), ("secret", "s")] {
            fs::write(dir.path().join(path), text).unwrap();
        }
        #[cfg(unix)]
        std::os::unix::fs::symlink(dir.path().join("secret"), zones.join("link")).unwrap();
        let main = zones.join("main").display().to_string();
        let sub = zones.join("sub/a").display().to_string();
        let secret = dir.path().join("secret").display().to_string();
        let mut includes = FileIncludes::beside(Path::new(&main)).unwrap();
        let cases = [
            ("sub/a", &main, Ok("zones/sub/a"), "beside the file"),
            ("./sub/../b", &main, Ok("zones/b"), "dots that stay inside"),
            ("b", &sub, Ok("zones/b"), "from the folder, where it is not beside the file"),
            ("../b", &sub, Ok("zones/b"), "up, but still inside"),
            ("../secret", &main, Err(NotIncluded::Outside), "up and out"),
            (&secret, &main, Err(NotIncluded::Outside), "absolute"),
            ("sub", &main, Err(NotIncluded::Unreadable), "a folder"),
            ("none", &main, Err(NotIncluded::Unreadable), "not there"),
            #[cfg(unix)]
            ("link", &main, Err(NotIncluded::Outside), "a link out"),
        ];
        for (path, from, want, why) in cases {
            let got = includes.resolve(path, from);
            let want = want.map(|w: &str| dir.path().join(w));
            assert_eq!(
                got.as_ref().map(|g| fs::canonicalize(g).unwrap()),
                want.as_ref().map(|w| fs::canonicalize(w).unwrap()),
                "{why}"
            );
            if let Ok(found) = got {
                assert!(includes.read(&found).is_ok(), "{why}");
            }
        }
        assert!(FileIncludes::below(&dir.path().join("none")).is_err());
    }
}
