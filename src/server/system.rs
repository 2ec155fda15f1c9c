//! The releases whose packages and paths are known.

use serde::Serialize;

/// A release of a distribution.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, clap::ValueEnum)]
pub enum System {
    /// Debian 12 (bookworm)
    #[default]
    #[value(name = "debian-12")]
    #[serde(rename = "debian-12")]
    Debian12,
    /// Ubuntu 22.04 LTS
    #[value(name = "ubuntu-22.04")]
    #[serde(rename = "ubuntu-22.04")]
    Ubuntu2204,
    /// Ubuntu 24.04 LTS
    #[value(name = "ubuntu-24.04")]
    #[serde(rename = "ubuntu-24.04")]
    Ubuntu2404,
}

impl System {
    /// Its id in the profile and on the command line.
    pub const IDS: &[&str] = &["debian-12", "ubuntu-22.04", "ubuntu-24.04"];

    /// The release with this id.
    pub fn find(id: &str) -> Option<Self> {
        match id {
            "debian-12" => Some(System::Debian12),
            "ubuntu-22.04" => Some(System::Ubuntu2204),
            "ubuntu-24.04" => Some(System::Ubuntu2404),
            _ => None,
        }
    }

    /// Its id.
    pub fn id(self) -> &'static str {
        match self {
            System::Debian12 => "debian-12",
            System::Ubuntu2204 => "ubuntu-22.04",
            System::Ubuntu2404 => "ubuntu-24.04",
        }
    }

    /// The release that `/etc/os-release` names.
    pub fn from_os_release(text: &str) -> Option<Self> {
        let value = |key: &str| {
            let line = text.lines().find_map(|l| l.strip_prefix(key)?.strip_prefix('='));
            line.map(|v| v.trim_matches(['"', '\'']).to_string())
        };
        Self::find(&format!("{}-{}", value("ID")?, value("VERSION_ID")?))
    }

    /// Its name for people.
    pub fn name(self) -> &'static str {
        match self {
            System::Debian12 => "Debian 12",
            System::Ubuntu2204 => "Ubuntu 22.04",
            System::Ubuntu2404 => "Ubuntu 24.04",
        }
    }

    /// The address at which a resolver is found when nobody names one: Ubuntu runs systemd-resolved, Debian nothing, so
    /// that a resolver of one's own has to be installed.
    pub fn resolver(self) -> &'static str {
        match self {
            System::Debian12 => "127.0.0.1",
            System::Ubuntu2204 | System::Ubuntu2404 => "127.0.0.53",
        }
    }

    /// Whether that resolver has to be installed.
    pub fn lacks_resolver(self) -> bool {
        self == System::Debian12
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn releases() {
        for (text, want) in [
            ("PRETTY_NAME=\"Debian GNU/Linux 12 (bookworm)\"\nVERSION_ID=\"12\"\nID=debian\n", Some(System::Debian12)),
            ("ID=ubuntu\nID_LIKE=debian\nVERSION_ID=\"24.04\"\n", Some(System::Ubuntu2404)),
            ("ID=ubuntu\nVERSION_ID=\"22.04\"\n", Some(System::Ubuntu2204)),
            ("ID=debian\nVERSION_ID=\"11\"\n", None),
            ("ID=debian\n", None),
        ] {
            assert_eq!(System::from_os_release(text), want, "{text}");
        }
        for id in System::IDS {
            assert!(System::find(id).is_some(), "{id}");
        }
    }
}
