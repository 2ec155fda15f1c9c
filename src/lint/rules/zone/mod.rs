//! The zone itself.

pub mod answers_differ;
pub mod bogus_zone;
pub mod cname_and_other_data;
pub mod doubled;
pub mod duplicate_record;
pub mod lame_nameserver;
pub mod missing_trailing_dot;
pub mod no_soa_or_ns;
pub mod out_of_zone;
pub mod silent_nameserver;
pub mod string_too_long;
pub mod syntax_error;
pub mod ttl_mismatch;
pub mod ttl_too_long_for_rotation;
pub mod unescaped_semicolon;
pub mod unquoted_value;
pub mod unused_suppression;
