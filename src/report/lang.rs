//! The languages that pages speak.

/// A language.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, clap::ValueEnum)]
pub enum Lang {
    /// English
    #[default]
    En,
    /// 日本語
    Ja,
}

impl Lang {
    /// The one of the two texts.
    pub fn of<'a>(self, english: &'a str, japanese: &'a str) -> &'a str {
        match self {
            Lang::En => english,
            Lang::Ja => japanese,
        }
    }

    /// Its tag (BCP 47).
    pub fn tag(self) -> &'static str {
        match self {
            Lang::En => "en",
            Lang::Ja => "ja",
        }
    }
}
