//! Writing a commented profile.
