//! Bars and figures for the terminal.

/// A bar of `width` columns, `part` of `whole` filled.
pub fn bar(part: u64, whole: u64, width: usize) -> String {
    let filled = match whole {
        0 => 0,
        // Something is never shown as nothing, nor a part as the whole.
        _ if part == 0 => 0,
        _ if part >= whole => width,
        _ => ((part as f64 / whole as f64 * width as f64).round() as usize).clamp(1, width.saturating_sub(1)),
    };
    format!("{}{}", "█".repeat(filled), "░".repeat(width - filled))
}

/// A share in per cent; never rounded up to all, nor down to nothing.
pub fn percent(part: u64, whole: u64) -> String {
    if whole == 0 {
        return "-".into();
    }
    let exact = part as f64 / whole as f64 * 100.0;
    let shown = match exact {
        e if part < whole && e > 99.9 => 99.9,
        e if part > 0 && e < 0.1 => 0.1,
        e => e,
    };
    if part == whole || part == 0 { format!("{shown:.0} %") } else { format!("{shown:.1} %") }
}

/// A number with a comma before every third digit.
pub fn grouped(number: u64) -> String {
    let digits = number.to_string();
    let mut out = String::new();
    for (i, c) in digits.chars().enumerate() {
        if i > 0 && (digits.len() - i).is_multiple_of(3) {
            out.push(',');
        }
        out.push(c);
    }
    out
}

/// `1 message`, `1,234 messages`.
pub fn counted(number: u64, one: &str) -> String {
    format!("{} {one}{}", grouped(number), if number == 1 { "" } else { "s" })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn nothing_is_rounded_into_a_lie() {
        for (part, whole, shown, drawn) in [
            (0, 0, "-", "░░░░"),
            (0, 10, "0 %", "░░░░"),
            (1, 1_000_000, "0.1 %", "█░░░"),
            (5, 10, "50.0 %", "██░░"),
            (999_999, 1_000_000, "99.9 %", "███░"),
            (10, 10, "100 %", "████"),
        ] {
            assert_eq!((percent(part, whole).as_str(), bar(part, whole, 4).as_str()), (shown, drawn), "{part}/{whole}");
        }
        assert_eq!([counted(1, "report"), counted(2000, "report")], ["1 report", "2,000 reports"]);
        assert_eq!(["7", "1,234", "1,234,567"], [7, 1234, 1_234_567].map(grouped).each_ref().map(String::as_str));
    }
}
