//! Days for people.

/// The day `days` after 1970-01-01, as ISO 8601 writes it.
pub fn day(days: i64) -> String {
    jiff::Timestamp::from_second(days.saturating_mul(86_400))
        .map_or_else(|_| "?".into(), |t| t.strftime("%Y-%m-%d").to_string())
}
