//! Lists the provider definitions, the senders and the servers' templates, so that adding one is adding a file.

use std::error::Error;
use std::ffi::OsStr;
use std::fmt::Write as _;
use std::path::{Path, PathBuf};

fn main() -> Result<(), Box<dyn Error>> {
    let top = PathBuf::from(std::env::var("CARGO_MANIFEST_DIR")?);
    let out = PathBuf::from(std::env::var("OUT_DIR")?);
    for folder in ["providers", "templates/senders", "templates/servers"] {
        println!("cargo::rerun-if-changed={folder}");
    }
    std::fs::write(out.join("providers.rs"), documents(&top.join("providers"))?)?;
    std::fs::write(out.join("senders.rs"), documents(&top.join("templates/senders"))?)?;
    let mut code = String::from("&[\n");
    for folder in sorted(&top.join("templates/servers"))?.iter().filter(|p| p.is_dir()) {
        writeln!(code, "({:?}, {}),", text(folder.file_name()), texts(&sorted(folder)?, Path::file_name)?)?;
    }
    code.push(']');
    std::fs::write(out.join("servers.rs"), code)?;
    Ok(())
}

/// A slice of the name and the text of each YAML document in `folder`.
fn documents(folder: &Path) -> Result<String, Box<dyn Error>> {
    let mut paths = sorted(folder)?;
    paths.retain(|p| p.extension().is_some_and(|e| e == "yaml"));
    texts(&paths, Path::file_stem)
}

/// A slice of the name and the text of each file, named from the manifest's folder: a checkout that moves, or shares
/// its target folder with another, still reads its own.
fn texts(paths: &[PathBuf], name: fn(&Path) -> Option<&OsStr>) -> Result<String, Box<dyn Error>> {
    let top = PathBuf::from(std::env::var("CARGO_MANIFEST_DIR")?);
    let mut code = String::from("&[\n");
    for path in paths {
        let below = Path::new("/").join(path.strip_prefix(&top)?);
        writeln!(code, "({:?}, include_str!(concat!(env!(\"CARGO_MANIFEST_DIR\"), {below:?}))),", text(name(path)))?;
    }
    code.push(']');
    Ok(code)
}

fn text(name: Option<&OsStr>) -> String {
    name.unwrap_or_default().to_string_lossy().into_owned()
}

/// The entries of a folder, by name.
fn sorted(folder: &Path) -> Result<Vec<PathBuf>, std::io::Error> {
    let mut paths: Vec<PathBuf> = std::fs::read_dir(folder)?.map(|e| e.map(|e| e.path())).collect::<Result<_, _>>()?;
    paths.sort();
    Ok(paths)
}
