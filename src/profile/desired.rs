//! The profile's wish as a snapshot.
