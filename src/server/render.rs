//! The configuration of a server, from its templates and a setting.

use std::path::PathBuf;

use minijinja::syntax::SyntaxConfig;
use minijinja::value::Serde;
use minijinja::{Environment, UndefinedBehavior};
use serde::Serialize;

use crate::error::{Error, Result};
use crate::server::manifest::{Folder, KeyForm, Manifest, Parameter, Service, Step};
use crate::server::setting::Setting;
use crate::server::software::Software;

/// Everything that makes a server sign or judge.
#[derive(Clone, Debug, Serialize)]
pub struct Rendered {
    /// The software.
    pub software: &'static str,
    /// Its name for people.
    pub title: &'static str,
    /// The host.
    pub host: String,
    /// The release.
    pub system: &'static str,
    /// Packages to install.
    pub packages: Vec<String>,
    /// Folders that must be there.
    pub folders: Vec<Folder>,
    /// Private keys to put in place.
    pub keys: Vec<KeyFile>,
    /// Files to write.
    pub files: Vec<File>,
    /// Parameters of Postfix.
    pub parameters: Vec<Parameter>,
    /// Services of Postfix.
    pub services: Vec<Service>,
    /// Commands that read the configuration before anything is restarted.
    pub tests: Vec<String>,
    /// Commands to run once, before the restart.
    pub steps: Vec<Step>,
    /// Services to restart, in order.
    pub restart: Vec<String>,
    /// What else is to be done, in sentences.
    pub by_hand: Vec<String>,
}

/// A file to write.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct File {
    /// Where.
    pub path: String,
    /// Its owner.
    pub owner: String,
    /// Its group.
    pub group: String,
    /// Its mode, in octal digits.
    pub mode: String,
    /// Its text.
    pub text: String,
}

/// A private key to put in place. Its text is never part of what is shown.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct KeyFile {
    /// Where it is now.
    pub source: PathBuf,
    /// Where it goes.
    pub path: String,
    /// Its owner.
    pub owner: String,
    /// Its group.
    pub group: String,
    /// Its mode, in octal digits.
    pub mode: String,
    /// How it is written there.
    pub form: KeyForm,
}

/// Renders `software` for `setting`.
///
/// # Errors
/// A configuration error when the release lacks what is needed, or when a template is broken: the latter is a fault of the
/// program, found by its tests.
pub fn render(software: Software, setting: &Setting) -> Result<Rendered> {
    let mut engine = Environment::new();
    engine.set_undefined_behavior(UndefinedBehavior::Strict);
    // A line of its own for each tag, without leaving an empty one.
    let syntax = SyntaxConfig::builder().trim_blocks(true).lstrip_blocks(true).keep_trailing_newline(true).build();
    engine.set_syntax(syntax.map_err(|e| Error::config("the templates' syntax cannot be set").because(e))?);
    // Configuration files are no HTML.
    engine.set_auto_escape_callback(|_| minijinja::AutoEscape::None);
    let broken = |what: &str| {
        let place = format!("the template {}/{what}", software.id);
        move |e: minijinja::Error| Error::config(format!("{place} cannot be rendered")).because(e)
    };
    for (name, text) in software.files {
        engine.add_template(name, text).map_err(broken(name))?;
    }
    let fill = |name: &str| {
        let template = engine.get_template(name).map_err(broken(name))?;
        template.render(Serde(setting)).map_err(broken(name))
    };
    let text = fill("server.yaml")?;
    let manifest: Manifest = serde_yaml::from_str(&text)
        .map_err(|e| Error::config(format!("the manifest of {} cannot be read", software.id)).because(e))?;
    if let Some(reason) = &manifest.refused {
        let (reason, hint) = reason.split_once(": ").unwrap_or((reason, "choose other software with --software"));
        return Err(Error::config(reason).hint(hint));
    }
    let mut files = Vec::new();
    for entry in manifest.files {
        let text = fill(&entry.template)?;
        files.push(File { path: entry.path, owner: entry.owner, group: entry.group, mode: entry.mode, text });
    }
    let place = manifest.keys;
    let all_keys = setting.domains.iter().flat_map(|d| &d.keys);
    let keys = all_keys
        .filter_map(|key| {
            let place = place.as_ref()?;
            Some(KeyFile {
                source: key.source.clone(),
                path: key.path.clone(),
                owner: place.owner.clone(),
                group: place.group.clone(),
                mode: place.mode.clone(),
                form: if key.kind == "ed25519" { place.ed25519 } else { KeyForm::Pem },
            })
        })
        .collect();
    Ok(Rendered {
        software: software.id,
        title: software.title(),
        host: setting.host.clone(),
        system: setting.system_name,
        packages: manifest.packages,
        folders: manifest.folders,
        keys,
        files,
        parameters: manifest.parameters,
        services: manifest.services,
        tests: manifest.tests,
        steps: manifest.steps,
        restart: manifest.restart,
        by_hand: manifest.by_hand,
    })
}
