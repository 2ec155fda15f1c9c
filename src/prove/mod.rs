//! Proof: messages judged under real or planned DNS, told as the six cells.
//!
//! | file | holds |
//! |---|---|
//! | [`cells`] | the table: three mechanisms, two sides |
//! | [`probe`] | the kinds of message that prove something |
//! | [`sender`] | the domain's own servers and keys |
//! | [`letter`] | the probes as signed octets with an envelope |
//! | [`verdict`] | from judged probes to cells |
//! | [`deliver`] | probes sent through SMTP to a receiver on this machine |
//! | [`domain`] | one domain proven, by the way that is open |
//! | [`foretell`] | whether a plan would let mail pass |
//! | [`proof_summary`] | the proof before push, as plan and push show it |
//! | [`receivers`] | what the large receivers ask for, and whether a domain meets it |
//! | [`inbound`] | a set of messages sent to a server of one's own, and how it judges them |
//! | [`outbound`] | a message through one's own server, as it arrived elsewhere, and why verdicts differ |
//! | [`way`] | the way that a message took, by its fields |
//! | [`simulate`] | probes judged without sending, under the DNS that a plan would make |

pub mod cells;
pub mod deliver;
pub mod domain;
pub mod foretell;
pub mod inbound;
pub mod letter;
pub mod outbound;
pub mod probe;
pub mod proof_summary;
pub mod receivers;
pub mod sender;
pub mod simulate;
pub mod verdict;
pub mod way;
