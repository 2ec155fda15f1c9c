//! `$GENERATE start-stop[/step] owner [ttl] [class] type data`: lines from a pattern, as BIND reads it.

use std::fmt::Write as _;

use crate::model::source::Span;
use crate::zone::fault::FaultKind;

/// How many octets one directive may generate.
const MAX_OCTETS: usize = 64 << 20;

/// The text that a `$GENERATE` with these arguments stands for, a line for each number, at most `most` lines.
///
/// # Errors
/// What cannot be read, and where; [`FaultKind::GeneratesTooMuch`] over `most` lines.
pub fn generate(text: &[u8], arguments: &[Span], span: Span, most: u64) -> Result<(Vec<u8>, u64), (FaultKind, Span)> {
    let [range_at, pattern @ ..] = arguments else { return Err((FaultKind::MissingArgument, span)) };
    if pattern.len() < 3 {
        return Err((FaultKind::MissingArgument, span));
    }
    let (start, stop, step) = range(range_at.of(text)).ok_or((FaultKind::BadRange, *range_at))?;
    let lines = (stop - start) / step + 1;
    if lines > most {
        return Err((FaultKind::GeneratesTooMuch, *range_at));
    }
    let mut out = String::new();
    let mut i = start;
    while i <= stop {
        for (n, token) in pattern.iter().enumerate() {
            if n > 0 {
                out.push(' ');
            }
            expand(token.of(text), i, &mut out).ok_or((FaultKind::BadModifier, *token))?;
        }
        out.push('\n');
        if out.len() > MAX_OCTETS {
            return Err((FaultKind::GeneratesTooMuch, *range_at));
        }
        i += step;
    }
    Ok((out.into_bytes(), lines))
}

/// `start-stop` or `start-stop/step`, each below 2^31, not falling.
fn range(text: &[u8]) -> Option<(u64, u64, u64)> {
    let text = std::str::from_utf8(text).ok()?;
    let number = |t: &str| t.bytes().all(|b| b.is_ascii_digit()).then(|| t.parse::<u64>().ok()).flatten();
    let (start, rest) = text.split_once('-')?;
    let (stop, step) = rest.split_once('/').unwrap_or((rest, "1"));
    let (start, stop, step) = (number(start)?, number(stop)?, number(step)?);
    (start <= stop && stop < 1 << 31 && step > 0 && step < 1 << 31).then_some((start, stop, step))
}

/// `$` is the number, `${offset,width,base}` the number in another form, `$$` and `\$` a dollar sign.
fn expand(token: &[u8], number: u64, out: &mut String) -> Option<()> {
    // The text is copied octet by octet; what is no ASCII is written as an escape, which means the same.
    let mut rest = token;
    while let Some((&b, tail)) = rest.split_first() {
        rest = tail;
        match (b, rest.first()) {
            (b'\\', Some(b'$')) | (b'$', Some(b'$')) => {
                out.push('$');
                rest = rest.get(1..)?;
            }
            (b'\\', Some(next)) => {
                out.push('\\');
                push(*next, out);
                rest = rest.get(1..)?;
            }
            (b'$', Some(b'{')) => {
                let end = memchr::memchr(b'}', rest)?;
                modified(rest.get(1..end)?, number, out)?;
                rest = rest.get(end + 1..)?;
            }
            (b'$', _) => {
                let _ = write!(out, "{number}");
            }
            _ => push(b, out),
        }
    }
    Some(())
}

fn push(b: u8, out: &mut String) {
    if b.is_ascii() {
        out.push(b as char);
    } else {
        let _ = write!(out, "\\{b:03}");
    }
}

/// `offset[,width[,base]]`, base one of d, o, x, X, n and N (reversed nibbles).
fn modified(text: &[u8], number: u64, out: &mut String) -> Option<()> {
    let text = std::str::from_utf8(text).ok()?;
    let mut parts = text.split(',');
    let offset: i64 = parts.next()?.parse().ok().filter(|o: &i64| o.unsigned_abs() < 1 << 31)?;
    let width: usize = parts.next().map_or(Some(0), |w| w.parse().ok()).filter(|w| *w <= 255)?;
    let base = parts.next().unwrap_or("d");
    if parts.next().is_some() {
        return None;
    }
    // BIND counts with 32 bits and a sign, and shows a negative number in the other bases by its bits.
    let value = i64::try_from(number).ok()?.checked_add(offset).and_then(|v| i32::try_from(v).ok())?;
    let _ = match base {
        "d" => write!(out, "{value:0width$}"),
        "o" => write!(out, "{value:0width$o}"),
        "x" => write!(out, "{value:0width$x}"),
        "X" => write!(out, "{value:0width$X}"),
        "n" | "N" => {
            // The lowest nibble first, a dot behind each, as under ip6.arpa; the width counts digits and dots.
            let digits = if base == "n" { format!("{value:x}") } else { format!("{value:X}") };
            let mut nibbles: Vec<String> = digits.chars().rev().map(String::from).collect();
            while nibbles.len() * 2 - 1 < width {
                nibbles.push("0".into());
            }
            out.push_str(&nibbles.join("."));
            Ok(())
        }
        _ => return None,
    };
    Some(())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn lines(text: &str) -> Result<String, FaultKind> {
        let mut at = 0;
        let tokens: Vec<Span> = text
            .split(' ')
            .map(|t| {
                at += t.len() + 1;
                Span::new(at - t.len() - 1, at - 1)
            })
            .collect();
        generate(text.as_bytes(), &tokens, Span::default(), 1000)
            .map(|(text, _)| String::from_utf8(text).unwrap())
            .map_err(|e| e.0)
    }

    #[test]
    fn patterns() {
        let cases: &[(&str, Result<&str, FaultKind>)] = &[
            ("1-3 h$ A 192.0.2.$", Ok("h1 A 192.0.2.1\nh2 A 192.0.2.2\nh3 A 192.0.2.3\n")),
            ("0-4/2 $ CNAME a$.b", Ok("0 CNAME a0.b\n2 CNAME a2.b\n4 CNAME a4.b\n")),
            ("1-1 a${9,4} TXT \"${255,0,x}\"", Ok("a0010 TXT \"100\"\n")),
            ("8-8 a${-8,2,o} IN A 192.0.2.1", Ok("a00 IN A 192.0.2.1\n")),
            ("18-18 ${0,7,n} PTR $$\\$", Ok("2.1.0.0 PTR $$\n")),
            ("3-1 a A 192.0.2.1", Err(FaultKind::BadRange)),
            ("1-2/0 a A 192.0.2.1", Err(FaultKind::BadRange)),
            ("x a A 192.0.2.1", Err(FaultKind::BadRange)),
            ("0-1000 a A 192.0.2.1", Err(FaultKind::GeneratesTooMuch)),
            ("0-2147483647 a A 192.0.2.1", Err(FaultKind::GeneratesTooMuch)),
            ("1-2 a${ A 192.0.2.1", Err(FaultKind::BadModifier)),
            ("1-2 a${0,300} A 192.0.2.1", Err(FaultKind::BadModifier)),
            ("1-1 a${-5} TXT ${-2,0,x}", Ok("a-4 TXT ffffffff\n")),
            ("1-1 a${2147483647} A 192.0.2.1", Err(FaultKind::BadModifier)),
            ("1-2 a A", Err(FaultKind::MissingArgument)),
        ];
        for (text, want) in cases {
            assert_eq!(lines(text).as_deref().map_err(|e| *e), *want, "{text}");
        }
    }
}
