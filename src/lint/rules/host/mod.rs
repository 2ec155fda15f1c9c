//! Hosts that send and receive.

pub mod bad_certificate;
pub mod helo_mismatch;
pub mod no_reverse_name;
pub mod no_starttls;
pub mod private_address;
pub mod reverse_not_confirmed;
mod reverse_of;
