//! The configuration of a mail server.

pub mod fails_open;
pub mod forged_mail_delivered;
pub mod forged_results_believed;
pub mod key_unreadable;
pub mod local_mail_unsigned;
pub mod milter_order;
pub mod one_algorithm;
pub mod own_results_not_trusted;
pub mod rejected_before_dmarc;
pub mod selector_drift;
pub mod signing_table_miss;
pub mod socket_mismatch;
pub mod spf_not_checked;
pub mod submission_treated_as_inbound;
pub mod two_authors_accepted;
pub mod unsigned_headers;
pub mod verifier_without_resolver;
