//! What comes of reading a text as one kind of record: not it, it but broken, or it.

use crate::model::source::Span;

/// Something wrong at a place.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Fault<K> {
    /// What is wrong.
    pub kind: K,
    /// Where, in the octets that were read.
    pub span: Span,
}

/// The three outcomes of reading a record.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Reading<T, K> {
    /// Not a record of this kind; readers pass over it.
    NotOurs,
    /// A record of this kind that breaks its grammar. `record` holds what could be read.
    Broken {
        /// What could be read.
        record: T,
        /// Everything that is wrong, in the order of the text. Never empty.
        faults: Vec<Fault<K>>,
    },
    /// A well-formed record.
    Ours(T),
}

impl<T, K> Reading<T, K> {
    /// [`Reading::Ours`], or [`Reading::Broken`] if there are faults.
    pub fn new(record: T, mut faults: Vec<Fault<K>>) -> Self {
        if faults.is_empty() {
            return Reading::Ours(record);
        }
        faults.sort_by_key(|f| f.span.start);
        Reading::Broken { record, faults }
    }

    /// The record, well-formed or not.
    pub fn record(&self) -> Option<&T> {
        match self {
            Reading::NotOurs => None,
            Reading::Broken { record, .. } | Reading::Ours(record) => Some(record),
        }
    }

    /// The record, well-formed or not.
    pub fn into_record(self) -> Option<T> {
        match self {
            Reading::NotOurs => None,
            Reading::Broken { record, .. } | Reading::Ours(record) => Some(record),
        }
    }

    /// What is wrong; empty unless the record is broken.
    pub fn faults(&self) -> &[Fault<K>] {
        match self {
            Reading::Broken { faults, .. } => faults,
            _ => &[],
        }
    }

    /// Whether it is a record of this kind, well-formed or not.
    pub fn is_ours(&self) -> bool {
        !matches!(self, Reading::NotOurs)
    }
}
