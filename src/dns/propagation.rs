//! Waiting until every authoritative server answers the new records.
