//! Key files: mode 0600, written atomically, never overwritten.
