//! What people read, in their language.
//!
//! The English text is the key, as with gettext: code writes English, data holds English, and whatever is for machines
//! stays English. Where a text goes before people's eyes, it passes through [`Words`], which finds it in the catalogue
//! `locales/ja.po` by its pattern. `tests/words.rs` holds the catalogue complete.

mod catalogue;
mod lang;
mod layout;
mod pattern;
pub mod wrap;

use std::borrow::Cow;

pub use lang::Lang;

use catalogue::Catalogue;

/// Speaks a language.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Words {
    lang: Lang,
}

impl Words {
    /// Who speaks `lang`.
    pub fn new(lang: Lang) -> Self {
        Words { lang }
    }

    /// The language.
    pub fn lang(self) -> Lang {
        self.lang
    }

    /// A sentence, a clause or a word. What the catalogue does not know stays as it is.
    pub fn text(self, english: &str) -> Cow<'_, str> {
        self.find(english).map_or(Cow::Borrowed(english), Cow::Owned)
    }

    /// Lines as they stand on a screen: each indent stays, and columns that two spaces part begin where they began.
    pub fn lines(self, english: &str) -> Cow<'_, str> {
        match self.lang {
            Lang::En => Cow::Borrowed(english),
            Lang::Ja => Cow::Owned(layout::lines(english, &|text| self.find(text))),
        }
    }

    /// What a rule says, in a few words; `None` where the rule's own text is to be shown.
    pub fn rule(self, code: &str) -> Option<&'static str> {
        match self.lang {
            Lang::En => None,
            Lang::Ja => Catalogue::japanese().rule(code),
        }
    }

    /// The text in the language, where that is another than English and knows it.
    pub fn find(self, english: &str) -> Option<String> {
        match self.lang {
            Lang::En => None,
            Lang::Ja => Catalogue::japanese().find(english),
        }
    }
}
