//! Message ids.

use std::cell::RefCell;

/// Random octets fetched at a time: the generator costs far more by the call than by the octet.
const RANDOM: usize = 512;

thread_local! {
    /// Octets that nobody has used yet, and how many of them are left.
    static RANDOMNESS: RefCell<([u8; RANDOM], usize)> = const { RefCell::new(([0; RANDOM], 0)) };
}

/// An id that cannot be guessed (RFC 5452 §9.2).
pub fn random_id() -> u16 {
    RANDOMNESS.with_borrow_mut(|(octets, left)| {
        if *left < 2 {
            // Without randomness the ids are those of before and the question still goes out; the port stays unguessable.
            let _ = getrandom::fill(octets);
            *left = RANDOM;
        }
        *left -= 2;
        u16::from_be_bytes([octets[*left], octets[*left + 1]])
    })
}
