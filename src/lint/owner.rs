//! A name with everything at it, read once for all rules.

use std::ops::Deref;

use crate::lint::records::TextRecord;
use crate::lint::site::Site;

/// A name and its TXT values.
pub struct Owner<'a> {
    /// The name.
    pub site: Site<'a>,
    /// Its TXT values (and those of the obsolete type SPF), in the order of the file.
    pub texts: &'a [TextRecord<'a>],
}

impl<'a> Deref for Owner<'a> {
    type Target = Site<'a>;

    fn deref(&self) -> &Site<'a> {
        &self.site
    }
}
