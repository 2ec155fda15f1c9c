//! Postfix's own files: `main.cf` and `master.cf`.

pub mod main_cf;
pub mod master_cf;
