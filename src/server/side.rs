//! Which direction of mail a configuration is for.

use serde::Serialize;

/// One direction, or both on one machine.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, clap::ValueEnum)]
#[serde(rename_all = "lowercase")]
pub enum Direction {
    /// The server signs what it sends
    Sending,
    /// The server judges what it receives
    Receiving,
    /// One server does both
    #[default]
    Both,
}

impl Direction {
    /// Whether it signs.
    pub fn sends(self) -> bool {
        self != Direction::Receiving
    }

    /// Whether it judges.
    pub fn receives(self) -> bool {
        self != Direction::Sending
    }

    /// As people read it.
    pub fn word(self) -> &'static str {
        match self {
            Direction::Sending => "sending",
            Direction::Receiving => "receiving",
            Direction::Both => "sending and receiving",
        }
    }
}
