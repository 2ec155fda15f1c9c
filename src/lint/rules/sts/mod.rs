//! MTA-STS (RFC 8461).

pub mod bad_policy;
pub mod bad_sts_record;
pub mod id_unchanged;
pub mod policy_mx_mismatch;
pub mod policy_not_enforced;
pub mod policy_unreachable;
pub mod short_max_age;
