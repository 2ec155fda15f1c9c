//! What a folder of templates says of itself: the `server.yaml` in it, itself a template.

use serde::{Deserialize, Serialize};

/// A server's files and what else there is to do.
#[derive(Clone, Debug, Default, PartialEq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Manifest {
    /// Why it cannot be configured so on this release; what else to do follows a colon.
    #[serde(default)]
    pub refused: Option<String>,
    /// The packages, in the distribution's names.
    #[serde(default)]
    pub packages: Vec<String>,
    /// Folders that must be there.
    #[serde(default)]
    pub folders: Vec<Folder>,
    /// Files, each from a template of the folder.
    #[serde(default)]
    pub files: Vec<FileEntry>,
    /// Where private keys go, where the server has any.
    #[serde(default)]
    pub keys: Option<KeyPlace>,
    /// Parameters of Postfix, as `postconf -e` sets them.
    #[serde(default)]
    pub parameters: Vec<Parameter>,
    /// Services of Postfix's `master.cf`.
    #[serde(default)]
    pub services: Vec<Service>,
    /// What is to be run before the restart to see that the files can be read.
    #[serde(default)]
    pub tests: Vec<String>,
    /// What is to be run once, before the restart.
    #[serde(default)]
    pub steps: Vec<Step>,
    /// What is to be restarted, in this order.
    #[serde(default)]
    pub restart: Vec<String>,
    /// What else is to be done by hand, in sentences.
    #[serde(default)]
    pub by_hand: Vec<String>,
}

/// A folder.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Folder {
    /// Its path.
    pub path: String,
    /// Its owner.
    pub owner: String,
    /// Its group.
    pub group: String,
    /// Its mode, in octal digits.
    pub mode: String,
    /// Why it must be so.
    pub why: String,
}

/// A file.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct FileEntry {
    /// The template, a file of the folder.
    pub template: String,
    /// Where it goes.
    pub path: String,
    /// Its owner.
    #[serde(default = "root")]
    pub owner: String,
    /// Its group.
    #[serde(default = "root")]
    pub group: String,
    /// Its mode, in octal digits.
    #[serde(default = "readable")]
    pub mode: String,
}

/// Where private keys go.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct KeyPlace {
    /// Who reads them.
    pub owner: String,
    /// The group.
    pub group: String,
    /// Their mode, in octal digits.
    pub mode: String,
    /// How an Ed25519 key is written.
    #[serde(default)]
    pub ed25519: KeyForm,
}

/// How a private key is written.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum KeyForm {
    /// PKCS#8 in PEM, as the profile keeps it.
    #[default]
    Pem,
    /// The 32 octets of the private key and the 32 of the public one, in base64: Rspamd's form for Ed25519.
    Base64,
}

/// A parameter of Postfix.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Parameter {
    /// Its name.
    pub name: String,
    /// Its value.
    pub value: String,
    /// How it goes together with a value that is there.
    #[serde(default)]
    pub merge: MergeKind,
    /// Why.
    pub why: String,
}

/// How a parameter goes together with a value that is there.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum MergeKind {
    /// It takes its place.
    #[default]
    Replace,
    /// Milters that are not ours stay, behind ours.
    Milters,
    /// Restrictions stay; ours are added where they are missing.
    Restrictions,
}

/// A service of `master.cf`.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Service {
    /// Name and type, as `postconf -M` names it: `policyd-spf/unix`.
    pub name: String,
    /// The whole entry; continuation lines are indented.
    pub entry: String,
    /// Why.
    pub why: String,
}

/// A command to be run once.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Step {
    /// The command.
    pub run: String,
    /// Why.
    pub why: String,
}

fn root() -> String {
    "root".into()
}

fn readable() -> String {
    "0644".into()
}
