//! Authentication-Results (RFC 8601): written, and read with suspicion.
