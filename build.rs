//! Lists the provider definitions, so that adding one is adding a file.

use std::error::Error;
use std::fmt::Write as _;
use std::path::Path;

fn main() -> Result<(), Box<dyn Error>> {
    println!("cargo::rerun-if-changed=providers");
    let folder = Path::new(&std::env::var("CARGO_MANIFEST_DIR")?).join("providers");
    let mut paths: Vec<_> = std::fs::read_dir(&folder)?.collect::<Result<Vec<_>, _>>()?;
    paths.sort_by_key(std::fs::DirEntry::file_name);
    let mut code = String::from("&[\n");
    for path in paths.iter().map(std::fs::DirEntry::path).filter(|p| p.extension().is_some_and(|e| e == "yaml")) {
        writeln!(code, "    include_str!({path:?}),")?;
    }
    code.push(']');
    std::fs::write(Path::new(&std::env::var("OUT_DIR")?).join("providers.rs"), code)?;
    Ok(())
}
