//! Lists the provider definitions and the servers' templates, so that adding one is adding a file.

use std::error::Error;
use std::fmt::Write as _;
use std::path::{Path, PathBuf};

fn main() -> Result<(), Box<dyn Error>> {
    println!("cargo::rerun-if-changed=providers");
    println!("cargo::rerun-if-changed=templates/servers");
    let top = PathBuf::from(std::env::var("CARGO_MANIFEST_DIR")?);
    let out = PathBuf::from(std::env::var("OUT_DIR")?);
    let mut code = String::from("&[\n");
    for path in sorted(&top.join("providers"))?.iter().filter(|p| p.extension().is_some_and(|e| e == "yaml")) {
        writeln!(code, "    include_str!({path:?}),")?;
    }
    code.push(']');
    std::fs::write(out.join("providers.rs"), code)?;
    let mut code = String::from("&[\n");
    for folder in sorted(&top.join("templates/servers"))?.iter().filter(|p| p.is_dir()) {
        writeln!(code, "    ({:?}, &[", folder.file_name().unwrap_or_default().to_string_lossy())?;
        for path in sorted(folder)? {
            writeln!(
                code,
                "        ({:?}, include_str!({path:?})),",
                path.file_name().unwrap_or_default().to_string_lossy()
            )?;
        }
        code.push_str("    ]),\n");
    }
    code.push(']');
    std::fs::write(out.join("servers.rs"), code)?;
    Ok(())
}

/// The entries of a folder, by name.
fn sorted(folder: &Path) -> Result<Vec<PathBuf>, std::io::Error> {
    let mut paths: Vec<PathBuf> = std::fs::read_dir(folder)?.map(|e| e.map(|e| e.path())).collect::<Result<_, _>>()?;
    paths.sort();
    Ok(paths)
}
