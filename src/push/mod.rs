//! A plan carried out: journal, writes, read-back, rollback.
