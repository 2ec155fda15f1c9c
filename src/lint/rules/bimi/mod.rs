//! BIMI (draft-brand-indicators-for-message-identification).

pub mod bad_bimi_record;
pub mod bad_indicator;
pub mod bimi_without_enforcement;
