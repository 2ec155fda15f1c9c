//! The test message.
