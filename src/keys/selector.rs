//! Dated selector names.
