//! DKIM key records (RFC 6376 §3.6.1, RFC 8301, RFC 8463).

pub mod bad_ed25519_key;
pub mod bad_key_version;
pub mod bare_pkcs1_key;
pub mod dangling_selector;
pub mod doubled_name;
pub mod duplicate_tag;
pub mod ed25519_only;
pub mod hostname_in_txt;
pub mod key_in_wrong_place;
pub mod left_in_test_mode;
pub mod mistyped_tag;
pub mod no_public_key;
pub mod no_usable_hash;
pub mod not_for_email;
pub mod obsolete_granularity;
pub mod other_txt_at_selector;
pub mod oversized_key;
pub mod revoked_key;
pub mod rsa_key_too_short;
pub mod rsa_key_weak;
pub mod several_keys_at_selector;
pub mod undecodable_key;
pub mod unknown_key_type;
pub mod wildcard_key;
