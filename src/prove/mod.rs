//! Proof: a message judged under a snapshot, and the six cells.
