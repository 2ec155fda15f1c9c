//! What people see.

pub mod screen;
