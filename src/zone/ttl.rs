//! Times to live in seconds, or in the units that BIND made common: `1h30m`, `2w`.

/// Reads a TTL: digits, or parts of digits with one of the letters s, m, h, d, w behind them.
///
/// None where it is no TTL; `Some(Err(()))` where it has the form of one and does not fit into 32 bits.
pub fn read(text: &[u8]) -> Option<Result<u32, ()>> {
    if !text.first()?.is_ascii_digit() {
        return None;
    }
    let (mut total, mut part, mut digits) = (0u64, 0u64, false);
    for b in text {
        let unit = match b {
            b'0'..=b'9' => {
                // Beyond 32 bits it only has to stay beyond.
                part = (part * 10 + u64::from(b - b'0')).min(1 << 40);
                digits = true;
                continue;
            }
            b's' | b'S' => 1,
            b'm' | b'M' => 60,
            b'h' | b'H' => 3_600,
            b'd' | b'D' => 86_400,
            b'w' | b'W' => 604_800,
            _ => return None,
        };
        if !digits {
            return None;
        }
        total = total.saturating_add(part.saturating_mul(unit)).min(1 << 62);
        (part, digits) = (0, false);
    }
    Some(u32::try_from(total.saturating_add(part)).map_err(|_| ()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn units() {
        let cases: &[(&str, Option<Result<u32, ()>>)] = &[
            ("0", Some(Ok(0))),
            ("3600", Some(Ok(3600))),
            ("1h30m", Some(Ok(5400))),
            ("1W2D3h4M5s", Some(Ok(788_645))),
            ("1h30", Some(Ok(3630))),
            ("4294967295", Some(Ok(u32::MAX))),
            ("4294967296", Some(Err(()))),
            ("99999999999999999999999999", Some(Err(()))),
            ("99999999999999999w99999999999999w", Some(Err(()))),
            ("1hm", None),
            ("h", None),
            ("1x", None),
            ("", None),
            ("IN", None),
        ];
        for (text, want) in cases {
            assert_eq!(read(text.as_bytes()), *want, "{text}");
        }
    }
}
