//! The next serial of a zone.

use jiff::civil::Date;

/// The serial to publish after `current` (RFC 1035 §3.3.13): of the date style `YYYYMMDDnn` if `current` is of it,
/// today's where that is newer; else one more. Greater than `current` in the sense of RFC 1982 §3.2, never 0.
pub fn next(current: u32, today: Date) -> u32 {
    let plain = match current.wrapping_add(1) {
        // Some secondaries take 0 for "no serial".
        0 => 1,
        n => n,
    };
    let of_today = u32::try_from(today.year()).ok().and_then(|y| {
        let day =
            y.checked_mul(10_000)? + u32::try_from(today.month()).ok()? * 100 + u32::try_from(today.day()).ok()?;
        day.checked_mul(100)
    });
    match of_today {
        Some(start) if is_dated(current) && start > current => start,
        _ => plain,
    }
}

/// Whether a serial reads as a date from 1990 to 2099 and a two-digit count.
pub fn is_dated(serial: u32) -> bool {
    let (year, month, day) = (serial / 1_000_000, serial / 10_000 % 100, serial / 100 % 100);
    (1990..2100).contains(&year) && Date::new(year as i16, month as i8, day as i8).is_ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn serials() {
        let today = Date::constant(2026, 11, 25);
        for (current, want, why) in [
            (1, 2, "a counter"),
            (2026112400, 2026112500, "yesterday's"),
            (2026112500, 2026112501, "today's first"),
            (2026112599, 2026112600, "more than a hundred a day"),
            (2027010100, 2027010101, "a day to come: never back"),
            (2025023000, 2025023001, "no date: 30 February"),
            (1_763_000_000, 1_763_000_001, "a Unix time"),
            (u32::MAX, 1, "around the end (RFC 1982), past 0"),
            (0, 1, "zero"),
        ] {
            assert_eq!(next(current, today), want, "{why}");
            assert!(want.wrapping_sub(current) < 1 << 31, "{why}: not greater by RFC 1982");
        }
    }
}
