//! The languages that people are spoken to in.

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
    /// The language that a locale such as `ja_JP.UTF-8` asks for; one whose characters cannot be written in another
    /// encoding than UTF-8 is not chosen for that encoding.
    pub fn of_locale(locale: &str) -> Self {
        let (name, encoding) = locale.split_once('.').unwrap_or((locale, "UTF-8"));
        let encoding = encoding.split('@').next().unwrap_or_default().replace('-', "");
        let language = name.split(['_', '-', '@']).next().unwrap_or_default();
        match language.eq_ignore_ascii_case("ja") && encoding.eq_ignore_ascii_case("utf8") {
            true => Lang::Ja,
            false => Lang::En,
        }
    }

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

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn locales() {
        for (locale, want) in [
            ("ja_JP.UTF-8", Lang::Ja),
            ("ja_JP.utf8", Lang::Ja),
            ("ja", Lang::Ja),
            ("ja-JP", Lang::Ja),
            ("ja_JP.eucJP", Lang::En),
            ("en_GB.UTF-8", Lang::En),
            ("C.UTF-8", Lang::En),
            ("jam_JM.UTF-8", Lang::En),
            ("", Lang::En),
        ] {
            assert_eq!(Lang::of_locale(locale), want, "{locale}");
        }
    }
}
