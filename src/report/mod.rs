//! What people see.

pub mod cells;
pub mod screen;
pub mod wrap;
