//! A rendered configuration put below a root: what would change, and the change itself, with a copy of what was there.

use std::fs;
use std::io::Write as _;
use std::path::{Path, PathBuf};

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use secrecy::ExposeSecret as _;
use serde::Serialize;

use crate::error::{Error, Result};
use crate::keys::pair::KeyPair;
use crate::server::key_value::{self, Between};
use crate::server::manifest::KeyForm;
use crate::server::merge::merge;
use crate::server::postfix::{main_cf, master_cf};
use crate::server::render::Rendered;

/// Where copies of what was there go, below the root; a folder a run within.
pub const BACKUPS: &str = "/var/backups/mailproof";

/// What an installation would do.
#[derive(Clone, Debug, Default, Serialize)]
pub struct Installation {
    /// Files and folders, in the order in which they are made.
    pub changes: Vec<Change>,
    /// What a person should know, in sentences.
    pub notes: Vec<String>,
}

/// One file or folder.
#[derive(Clone, Debug, Serialize)]
pub struct Change {
    /// Its path, without the root.
    pub path: String,
    /// Its owner and group.
    pub owner: (String, String),
    /// Its mode, in octal digits.
    pub mode: String,
    /// What it is.
    #[serde(skip)]
    pub what: What,
    /// Whether it is there already.
    pub exists: bool,
}

/// What a change writes.
#[derive(Clone, Debug)]
pub enum What {
    /// A folder is made, or gets another owner or mode.
    Folder,
    /// A text, with what stands there now.
    Text {
        /// The text that is there.
        old: String,
        /// The text to write.
        new: String,
    },
    /// A private key. Its octets are never shown.
    Key(Vec<u8>),
}

/// What `rendered` would change below `root`. What is there as it should be is left out.
///
/// # Errors
/// A configuration error for a file that cannot be read, is no text, or is a link.
pub fn plan(rendered: &Rendered, root: &Path) -> Result<Installation> {
    let mut out = Installation::default();
    for folder in &rendered.folders {
        let path = below(root, &folder.path);
        let exists = path.is_dir();
        if !exists || !stands_as(&path, root, &folder.owner, &folder.group, &folder.mode) {
            out.changes.push(Change {
                path: folder.path.clone(),
                owner: (folder.owner.clone(), folder.group.clone()),
                mode: folder.mode.clone(),
                what: What::Folder,
                exists,
            });
        }
    }
    for key in &rendered.keys {
        let octets = fs::read(&key.source)
            .map_err(|e| Error::config(format!("the key {} cannot be read", key.source.display())).because(e))?;
        let octets = match key.form {
            KeyForm::Pem => octets,
            KeyForm::Base64 => in_base64(&octets)?,
        };
        let path = below(root, &key.path);
        let old = read_if_there(&path)?;
        if old.as_deref() != Some(&octets) || !stands_as(&path, root, &key.owner, &key.group, &key.mode) {
            out.changes.push(Change {
                path: key.path.clone(),
                owner: (key.owner.clone(), key.group.clone()),
                mode: key.mode.clone(),
                what: What::Key(octets),
                exists: old.is_some(),
            });
        }
    }
    for file in &rendered.files {
        let path = below(root, &file.path);
        let old = text_if_there(&path)?;
        let exists = old.is_some();
        let old = old.unwrap_or_default();
        if !exists || old != file.text || !stands_as(&path, root, &file.owner, &file.group, &file.mode) {
            out.changes.push(Change {
                path: file.path.clone(),
                owner: (file.owner.clone(), file.group.clone()),
                mode: file.mode.clone(),
                what: What::Text { old, new: file.text.clone() },
                exists,
            });
        }
    }
    postfix(rendered, root, &mut out)?;
    Ok(out)
}

/// An Ed25519 key in PEM as Rspamd reads it.
fn in_base64(pem: &[u8]) -> Result<Vec<u8>> {
    let pair = KeyPair::from_pem(&String::from_utf8_lossy(pem))?;
    let secret = pair.ed25519_secret().ok_or_else(|| Error::config("the key is not Ed25519, as the profile has it"))?;
    Ok(STANDARD.encode(secret.expose_secret()).into_bytes())
}

/// Postfix's files are the person's: what is ours is set in them, all else stays.
fn postfix(rendered: &Rendered, root: &Path, out: &mut Installation) -> Result<()> {
    if !rendered.parameters.is_empty() {
        let path = "/etc/postfix/main.cf";
        let old = text_if_there(&below(root, path))?;
        let exists = old.is_some();
        let old = old.unwrap_or_default();
        let present = main_cf::read(&old);
        let ours = former_addresses(root)?;
        let mut new = old.clone();
        for parameter in &rendered.parameters {
            let merged = merge(parameter, present.value(&parameter.name).as_deref(), &ours);
            new = main_cf::set(&new, &parameter.name, &merged.value);
            out.notes.extend(merged.notes);
        }
        push_text(out, path, old, new, exists);
    }
    if !rendered.services.is_empty() {
        let path = "/etc/postfix/master.cf";
        let old = text_if_there(&below(root, path))?;
        let exists = old.is_some();
        let old = old.unwrap_or_default();
        let new = rendered.services.iter().fold(old.clone(), |text, s| master_cf::set(&text, &s.name, &s.entry));
        push_text(out, path, old, new, exists);
    }
    Ok(())
}

fn push_text(out: &mut Installation, path: &str, old: String, new: String, exists: bool) {
    if old != new {
        let owner = ("root".to_string(), "root".to_string());
        let what = What::Text { old, new };
        out.changes.push(Change { path: path.into(), owner, mode: "0644".into(), what, exists });
    }
}

/// The addresses, in Postfix's words, at which the milters listen under the configuration that is there.
fn former_addresses(root: &Path) -> Result<Vec<String>> {
    let mut out = Vec::new();
    for path in ["/etc/opendkim.conf", "/etc/opendkim-ed25519.conf", "/etc/opendmarc.conf"] {
        let Some(text) = text_if_there(&below(root, path))? else { continue };
        let file = key_value::read(&text, Between::Blank);
        let Some(socket) = file.value("Socket") else { continue };
        match socket.split_once(':') {
            Some(("inet" | "inet6", rest)) => {
                let (port, host) = rest.split_once('@').unwrap_or((rest, "localhost"));
                let hosts = [host, "localhost", "127.0.0.1"];
                out.extend(hosts.iter().map(|h| format!("inet:{h}:{port}")));
            }
            Some((_, path)) => {
                let inside = path.trim_start_matches("/var/spool/postfix/");
                out.extend(["unix", "local"].iter().flat_map(|k| [format!("{k}:{path}"), format!("{k}:{inside}")]));
            }
            None => {}
        }
    }
    Ok(out)
}

/// Carries `installation` out below `root`. `stamp` names the folder of the copies. Gives that folder, if anything was
/// copied.
///
/// # Errors
/// A configuration error when something cannot be written or an owner is not known; what was written before stays, and
/// its copy too.
pub fn install(installation: &Installation, root: &Path, stamp: &str) -> Result<Option<PathBuf>> {
    // Names first: an unknown owner is found before anything is written.
    let owners: Vec<(u32, u32)> =
        installation.changes.iter().map(|c| owner_ids(root, &c.owner.0, &c.owner.1)).collect::<Result<_>>()?;
    let backups = below(root, BACKUPS).join(stamp);
    let mut copied = false;
    for change in installation.changes.iter().filter(|c| c.exists && !matches!(c.what, What::Folder)) {
        let from = below(root, &change.path);
        let to = backups.join(change.path.trim_start_matches('/'));
        let cannot =
            |e| Error::config(format!("no copy of {} can be made, so nothing was written", from.display())).because(e);
        private_folder(to.parent().unwrap_or(&backups), &below(root, BACKUPS)).map_err(cannot)?;
        fs::copy(&from, &to).map_err(cannot)?;
        copied = true;
    }
    for (change, ids) in installation.changes.iter().zip(owners) {
        let path = below(root, &change.path);
        write_one(change, &path, ids)
            .map_err(|e| Error::config(format!("{} cannot be written", path.display())).because(e))?;
    }
    Ok(copied.then_some(backups))
}

fn write_one(change: &Change, path: &Path, ids: (u32, u32)) -> std::io::Result<()> {
    let mode = u32::from_str_radix(&change.mode, 8).unwrap_or(0o600);
    let octets = match &change.what {
        What::Folder => {
            fs::create_dir_all(path)?;
            return own(path, ids, mode);
        }
        What::Text { new, .. } => new.as_bytes(),
        What::Key(octets) => octets,
    };
    let folder = path.parent().unwrap_or(Path::new("/"));
    fs::create_dir_all(folder)?;
    // A reader sees the old file or the new one, never a half.
    let mut file = tempfile::NamedTempFile::new_in(folder)?;
    file.write_all(octets)?;
    file.as_file().sync_all()?;
    own(file.path(), ids, mode)?;
    file.persist(path).map_err(|e| e.error)?;
    Ok(())
}

fn private_folder(folder: &Path, top: &Path) -> std::io::Result<()> {
    fs::create_dir_all(folder)?;
    // A copy may be of a private key.
    #[cfg(unix)]
    {
        use std::os::unix::fs::PermissionsExt as _;
        fs::set_permissions(top, fs::Permissions::from_mode(0o700))?;
    }
    let _ = top;
    Ok(())
}

#[cfg(unix)]
fn own(path: &Path, (owner, group): (u32, u32), mode: u32) -> std::io::Result<()> {
    use std::os::unix::fs::{MetadataExt as _, PermissionsExt as _};
    let meta = fs::metadata(path)?;
    if (meta.uid(), meta.gid()) != (owner, group) {
        std::os::unix::fs::chown(path, Some(owner), Some(group))?;
    }
    // After the owner: a change of owner takes setgid away.
    fs::set_permissions(path, fs::Permissions::from_mode(mode))
}

#[cfg(not(unix))]
fn own(_: &Path, _: (u32, u32), _: u32) -> std::io::Result<()> {
    Ok(())
}

/// Whether owner, group and mode are as they should be; where the names are not known they cannot be.
#[cfg(unix)]
fn stands_as(path: &Path, root: &Path, owner: &str, group: &str, mode: &str) -> bool {
    use std::os::unix::fs::MetadataExt as _;
    let (Ok(meta), Ok(ids)) = (fs::metadata(path), owner_ids(root, owner, group)) else { return false };
    (meta.uid(), meta.gid()) == ids && meta.mode() & 0o7777 == u32::from_str_radix(mode, 8).unwrap_or(0)
}

#[cfg(not(unix))]
fn stands_as(path: &Path, _: &Path, _: &str, _: &str, _: &str) -> bool {
    path.exists()
}

/// The numbers of a user and a group by the root's own tables: the machine that runs this may have others.
///
/// # Errors
/// A configuration error that names the package to install first.
pub fn owner_ids(root: &Path, owner: &str, group: &str) -> Result<(u32, u32)> {
    let find = |table: &str, name: &str| -> Result<u32> {
        if name == "root" {
            return Ok(0);
        }
        let text = text_if_there(&below(root, table))?.unwrap_or_default();
        let line = text.lines().find(|l| l.split(':').next() == Some(name));
        line.and_then(|l| l.split(':').nth(2)?.parse().ok()).ok_or_else(|| {
            let kind = if table.ends_with("group") { "group" } else { "user" };
            Error::config(format!("there is no {kind} {name} in {}", below(root, table).display()))
                .hint("install the packages first: the steps name them")
        })
    };
    Ok((find("/etc/passwd", owner)?, find("/etc/group", group)?))
}

/// `path`, which begins with a slash, below `root`.
pub fn below(root: &Path, path: &str) -> PathBuf {
    root.join(path.trim_start_matches('/'))
}

fn read_if_there(path: &Path) -> Result<Option<Vec<u8>>> {
    let cannot = |e: std::io::Error| Error::config(format!("{} cannot be read", path.display())).because(e);
    match fs::symlink_metadata(path) {
        Err(e) if e.kind() == std::io::ErrorKind::NotFound => Ok(None),
        Err(e) => Err(cannot(e)),
        Ok(meta) if !meta.is_file() => Err(Error::config(format!("{} is no plain file", path.display()))
            .hint("a link or folder stands where the file goes: move it away first")),
        Ok(_) => fs::read(path).map(Some).map_err(cannot),
    }
}

fn text_if_there(path: &Path) -> Result<Option<String>> {
    let Some(octets) = read_if_there(path)? else { return Ok(None) };
    String::from_utf8(octets).map(Some).map_err(|_| Error::config(format!("{} is not text in UTF-8", path.display())))
}
