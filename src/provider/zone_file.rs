//! A master file on disk as a provider: read, edited where it differs, replaced whole.
//!
//! The name server that serves it has to be told to read it again; that is left to the person, who is told how.

use std::fs;
use std::io::{self, Write};
use std::path::{Path, PathBuf};
use std::sync::{Mutex, PoisonError};

use async_trait::async_trait;
use aws_lc_rs::digest::{SHA256, digest};

use crate::error::{Error, Result};
use crate::model::name::{self, Name};
use crate::model::snapshot::{Key, RecordSet};
use crate::plan::change::Change;
use crate::provider::open::Opening;
use crate::provider::zone_includes::FileIncludes;
use crate::provider::{Provider, Reading};
use crate::zone::editor::{self, edit};
use crate::zone::load::load;
use crate::zone::walk::Limits;

/// The largest master file that is read, in octets.
const MAX_FILE: u64 = 1 << 30;
/// How many backups of one serial are kept before none is made any more.
const MAX_BACKUPS: u32 = 100;

/// A master file on disk.
#[derive(Debug)]
pub struct ZoneFile {
    path: PathBuf,
    apex: Name,
    includes: FileIncludes,
    reload: String,
    seen: Mutex<Option<Seen>>,
}

/// The file as it was read last: a write on top of anything else would lose somebody's work.
#[derive(Clone, Debug, PartialEq, Eq)]
struct Seen {
    real: PathBuf,
    digest: Vec<u8>,
}

/// Opens the file that the settings name as `path`. Other settings: `reload`, the command that makes the name server
/// read it again, which is shown and not run; `include_root`, the folder that files may be included from, if it is
/// not the file's own.
///
/// # Errors
/// A configuration error when there is no such setting or folder.
pub fn open(opening: &Opening<'_>) -> Result<Box<dyn Provider>> {
    opening.only_settings(&["path", "reload", "include_root"])?;
    let settings = &opening.config.settings;
    let path = settings.get("path").ok_or_else(|| {
        Error::config("the provider `zone-file` needs the setting `path`")
            .hint("write `settings: {path: /etc/bind/example.com.zone}` below `provider`")
    })?;
    let path = opening.base.join(path);
    let root = settings.get("include_root").map(|root| opening.base.join(root));
    let file = ZoneFile::new(path, opening.apex.clone(), root.as_deref(), settings.get("reload").cloned())?;
    Ok(Box::new(file))
}

impl ZoneFile {
    /// The master file of `apex` at `path`.
    ///
    /// # Errors
    /// A configuration error when the folder for included files is not there.
    pub fn new(path: PathBuf, apex: Name, include_root: Option<&Path>, reload: Option<String>) -> Result<Self> {
        let includes = match include_root {
            Some(root) => FileIncludes::below(root)?,
            None => FileIncludes::beside(&path)?,
        };
        let reload = reload.unwrap_or_else(|| format!("rndc reload {}", name::show(&apex)));
        Ok(ZoneFile { path, apex, includes, reload, seen: Mutex::new(None) })
    }

    fn shown(&self) -> String {
        self.path.display().to_string()
    }

    /// Reads the file, through links.
    fn fetch(&self) -> Result<(Seen, Vec<u8>)> {
        let bad = |what: &str| Error::config(format!("the zone file {} {what}", self.shown()));
        let real = fs::canonicalize(&self.path).map_err(|e| bad("cannot be read").because(e))?;
        let meta = fs::metadata(&real).map_err(|e| bad("cannot be read").because(e))?;
        if !meta.is_file() {
            return Err(bad("is not a file"));
        }
        if meta.len() > MAX_FILE {
            return Err(bad("is larger than 1 GiB"));
        }
        let text = fs::read(&real).map_err(|e| bad("cannot be read").because(e))?;
        let digest = digest(&SHA256, &text).as_ref().to_vec();
        Ok((Seen { real, digest }, text))
    }

    fn remember(&self, seen: Seen) {
        *self.seen.lock().unwrap_or_else(PoisonError::into_inner) = Some(seen);
    }

    fn refuse_hazards(&self, real: &Path) -> Result<()> {
        // With `allow-update` BIND owns the file and writes it anew from its journal.
        let mut journal = real.as_os_str().to_owned();
        journal.push(".jnl");
        if Path::new(&journal).exists() {
            return Err(Error::refused(format!("{} has a journal: the name server writes it itself", self.shown()))
                .hint("use the provider `rfc2136`, or `rndc freeze` the zone and remove the journal with `rndc sync -clean`"));
        }
        #[cfg(unix)]
        {
            use std::os::unix::fs::MetadataExt;
            if fs::metadata(real).is_ok_and(|m| m.nlink() > 1) {
                return Err(Error::refused(format!(
                    "{} has several hard links, and replacing it would part them",
                    self.shown()
                ))
                .hint("make it a file of its own, or a symbolic link"));
            }
        }
        Ok(())
    }

    fn write(&self, changes: &[Change]) -> Result<()> {
        let seen = self.seen.lock().unwrap_or_else(PoisonError::into_inner).clone();
        let (now, text) = self.fetch()?;
        if seen.is_some_and(|seen| seen != now) {
            return Err(
                Error::refused(format!("{} has changed since it was read", self.shown())).hint("make the plan again")
            );
        }
        self.refuse_hazards(&now.real)?;
        let changes: Vec<editor::Change> =
            changes.iter().map(|c| editor::Change { key: c.key(), set: c.after.clone() }).collect();
        let today = jiff::Zoned::now().date();
        let edited = edit(&self.shown(), &text, &self.apex, &changes, today, &mut self.includes.clone())?;
        let Some((before, _)) = edited.serial else {
            return Ok(());
        };
        back_up(&now.real, &text, before)?;
        replace(&now.real, &edited.text, &now.digest)?;
        self.remember(Seen { real: now.real, digest: digest(&SHA256, &edited.text).as_ref().to_vec() });
        Ok(())
    }
}

/// A copy beside the file, `NAME.SERIAL.bak`; what is there already is never overwritten.
fn back_up(real: &Path, text: &[u8], serial: u32) -> Result<()> {
    for n in 0..MAX_BACKUPS {
        let mut name = real.as_os_str().to_owned();
        name.push(if n == 0 { format!(".{serial}.bak") } else { format!(".{serial}.{n}.bak") });
        let path = PathBuf::from(name);
        let failed = |e: io::Error| {
            Error::config(format!("the backup {} cannot be written", path.display()))
                .because(e)
                .hint("nothing was changed")
        };
        let mut options = fs::OpenOptions::new();
        options.write(true).create_new(true);
        #[cfg(unix)]
        std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
        match options.open(&path) {
            Ok(mut file) => {
                if let Ok(meta) = fs::metadata(real) {
                    // A zone is as secret in its copy as in itself.
                    let _ = file.set_permissions(meta.permissions());
                }
                return file.write_all(text).and_then(|()| file.sync_all()).map_err(failed);
            }
            Err(e) if e.kind() == io::ErrorKind::AlreadyExists => {
                if fs::read(&path).is_ok_and(|old| old == text) {
                    return Ok(());
                }
            }
            Err(e) => return Err(failed(e)),
        }
    }
    Err(Error::refused(format!("there are {MAX_BACKUPS} backups of serial {serial} beside {}", real.display()))
        .hint("move them away; nothing was changed"))
}

/// Puts `text` in the place of the file in one step, with its mode and owner, if it still is what `before` says.
fn replace(real: &Path, text: &[u8], before: &[u8]) -> Result<()> {
    let failed = |e: io::Error| {
        Error::config(format!("{} cannot be written", real.display())).because(e).hint("nothing was changed")
    };
    let folder = real.parent().unwrap_or(Path::new("."));
    let mut file = tempfile::Builder::new().prefix(".mailproof-").tempfile_in(folder).map_err(failed)?;
    file.write_all(text).map_err(failed)?;
    let meta = fs::metadata(real).map_err(failed)?;
    keep_owner(file.path(), &meta, real)?;
    file.as_file().set_permissions(meta.permissions()).map_err(failed)?;
    file.as_file().sync_all().map_err(failed)?;
    let now = fs::read(real).map_err(failed)?;
    if digest(&SHA256, &now).as_ref() != before {
        return Err(Error::refused(format!("{} has changed since it was read", real.display()))
            .hint("make the plan again; nothing was changed"));
    }
    file.persist(real).map_err(|e| failed(e.error))?;
    // The new name is on disk once the folder is; a file system that cannot say so has done what it can.
    if let Ok(folder) = fs::File::open(folder) {
        let _ = folder.sync_all();
    }
    Ok(())
}

/// Gives the new file the owner and group of the old one: a name server that may read it by its group must still.
#[cfg(unix)]
fn keep_owner(new: &Path, old: &fs::Metadata, real: &Path) -> Result<()> {
    use std::os::unix::fs::{MetadataExt, chown};
    let kept = fs::metadata(new).is_ok_and(|m| m.uid() == old.uid() && m.gid() == old.gid());
    if kept || chown(new, Some(old.uid()), Some(old.gid())).is_ok() {
        return Ok(());
    }
    chown(new, None, Some(old.gid())).map_err(|e| {
        Error::refused(format!("a new {} could not keep the group of the old one", real.display()))
            .because(e)
            .hint("run as the owner of the file, or as root; nothing was changed")
    })
}

#[cfg(not(unix))]
fn keep_owner(_new: &Path, _old: &fs::Metadata, _real: &Path) -> Result<()> {
    Ok(())
}

#[async_trait]
impl Provider for ZoneFile {
    fn id(&self) -> &str {
        "zone-file"
    }

    fn title(&self) -> String {
        format!("the zone file {}", self.shown())
    }

    fn answers_by_itself(&self) -> bool {
        false
    }

    async fn read(&self, _wanted: &[Key]) -> Result<Reading> {
        let (seen, text) = self.fetch()?;
        let loaded = load(&self.shown(), text, &self.apex, Limits::default(), &mut self.includes.clone())?;
        let mut reading = Reading::whole(loaded.faultless()?);
        reading.notes.push(format!("the name server has to be told to read the file again: {}", self.reload));
        self.remember(seen);
        Ok(reading)
    }

    fn normalise(&self, _set: &mut RecordSet) -> Result<Vec<String>> {
        Ok(Vec::new())
    }

    fn units(&self, changes: Vec<Change>) -> Vec<Vec<Change>> {
        // The file is replaced in one step: all or nothing.
        if changes.is_empty() { Vec::new() } else { vec![changes] }
    }

    async fn apply(&self, unit: &[Change]) -> Result<()> {
        self.write(unit)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::snapshot::{Origin, parse_value};
    use hickory_proto::rr::RecordType;

    const ZONE: &str = "$TTL 1h\n; by hand\n@ SOA ns root 7 2h 15m 2w 5m\n  NS ns ; mine\nns A 192.0.2.1\n";

    fn zone_file(text: &str) -> (tempfile::TempDir, PathBuf, ZoneFile) {
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join("example.com.zone");
        fs::write(&path, text).unwrap();
        let file = ZoneFile::new(path.clone(), name::domain("example.com").unwrap(), None, None).unwrap();
        (dir, path, file)
    }

    fn txt(text: &str) -> Change {
        let owner = name::domain("_dmarc.example.com").unwrap();
        let value = parse_value(RecordType::TXT, text).unwrap();
        let set = RecordSet { origin: Origin::Profile, ..RecordSet::desired(owner, 3600, vec![value], "why") };
        Change::between(None, Some(set)).unwrap()
    }

    #[tokio::test]
    async fn read_write_read() {
        let (dir, path, file) = zone_file(ZONE);
        #[cfg(unix)]
        fs::set_permissions(&path, std::os::unix::fs::PermissionsExt::from_mode(0o640)).unwrap();
        let reading = file.read(&[]).await.unwrap();
        assert_eq!(reading.snapshot.len(), 3);
        assert!(reading.notes[0].ends_with("rndc reload example.com"));
        file.apply(&[txt("v=DMARC1;p=none")]).await.unwrap();
        let want = ZONE.replace("root 7", "root 8") + "; why\n_dmarc TXT \"v=DMARC1;p=none\"\n";
        assert_eq!(fs::read_to_string(&path).unwrap(), want);
        let mut beside: Vec<String> =
            fs::read_dir(dir.path()).unwrap().map(|e| e.unwrap().file_name().into_string().unwrap()).collect();
        beside.sort();
        assert_eq!(beside, ["example.com.zone", "example.com.zone.7.bak"], "one backup, no rest of a temporary file");
        assert_eq!(fs::read_to_string(dir.path().join(&beside[1])).unwrap(), ZONE);
        #[cfg(unix)]
        for name in beside {
            use std::os::unix::fs::PermissionsExt;
            assert_eq!(fs::metadata(dir.path().join(&name)).unwrap().permissions().mode() & 0o777, 0o640, "{name}");
        }
        assert_eq!(file.read(&[]).await.unwrap().snapshot.len(), 4);
        file.apply(&[txt("v=DMARC1;p=reject")]).await.unwrap();
        assert!(fs::read_to_string(&path).unwrap().contains("root 9"), "a second write on top of our own");
    }

    #[tokio::test]
    async fn somebody_elses_work_is_not_lost() {
        let (_dir, path, file) = zone_file(ZONE);
        file.read(&[]).await.unwrap();
        let theirs = format!("{ZONE}www A 192.0.2.9\n");
        fs::write(&path, &theirs).unwrap();
        let error = file.apply(&[txt("x")]).await.unwrap_err();
        assert!(error.to_string().contains("has changed since it was read"), "{error}");
        assert_eq!(fs::read_to_string(&path).unwrap(), theirs);
    }

    #[tokio::test]
    async fn hazards_are_refused() {
        let (dir, path, file) = zone_file(ZONE);
        fs::write(dir.path().join("example.com.zone.jnl"), "").unwrap();
        let error = file.apply(&[txt("x")]).await.unwrap_err();
        assert!(error.to_string().contains("has a journal"), "{error}");
        fs::remove_file(dir.path().join("example.com.zone.jnl")).unwrap();
        fs::hard_link(&path, dir.path().join("twin")).unwrap();
        let error = file.apply(&[txt("x")]).await.unwrap_err();
        assert!(error.to_string().contains("hard links"), "{error}");
        assert_eq!(fs::read_to_string(&path).unwrap(), ZONE);
        let (_dir, _path, file) = zone_file("$TTL 1h\n@ SOA ns root 7 2h 15m 2w\n");
        let error = file.read(&[]).await.unwrap_err();
        assert!(error.to_string().ends_with("2:26: the record ends before its data does"), "{error}");
        let missing = ZoneFile::new(dir.path().join("none"), name::domain("example.com").unwrap(), None, None).unwrap();
        assert!(missing.read(&[]).await.unwrap_err().to_string().contains("cannot be read"));
        let folder = ZoneFile::new(dir.path().into(), name::domain("example.com").unwrap(), None, None).unwrap();
        assert!(folder.read(&[]).await.unwrap_err().to_string().contains("is not a file"));
    }

    #[cfg(unix)]
    #[tokio::test]
    async fn a_link_stays_a_link() {
        let (dir, path, _) = zone_file(ZONE);
        let link = dir.path().join("link");
        std::os::unix::fs::symlink(&path, &link).unwrap();
        let file = ZoneFile::new(link.clone(), name::domain("example.com").unwrap(), None, None).unwrap();
        file.read(&[]).await.unwrap();
        file.apply(&[txt("x")]).await.unwrap();
        assert!(fs::symlink_metadata(&link).unwrap().is_symlink());
        assert!(fs::read_to_string(&path).unwrap().contains("_dmarc"));
    }
}
