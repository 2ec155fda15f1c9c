//! Master files (RFC 1035 §5): read with positions, written without losing layout.

pub mod data;
pub mod editor;
pub mod fault;
pub mod generate;
pub mod layout;
pub mod lexer;
pub mod load;
pub mod octodns;
pub mod parser;
pub mod print;
pub mod record;
pub mod rtype;
pub mod serial;
pub mod style;
pub mod ttl;
pub mod walk;
pub mod writer;
pub mod yaml;
