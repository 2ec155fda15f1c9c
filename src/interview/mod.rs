//! The wizard's questions, with a terminal or from an answers file.
