//! How far two words are apart, for "did you mean".

/// The number of single letters to insert, drop, replace or swap with the next one that leads from `a` to `b`
/// (optimal string alignment). Words over 64 octets count as far apart.
pub fn distance(a: &str, b: &str) -> usize {
    let (a, b) = (a.as_bytes(), b.as_bytes());
    if a.len() > 64 || b.len() > 64 {
        return usize::MAX;
    }
    let mut before: Vec<usize> = Vec::new();
    let mut last: Vec<usize> = (0..=b.len()).collect();
    for (i, x) in a.iter().enumerate() {
        let mut row = vec![i + 1];
        for (j, y) in b.iter().enumerate() {
            let mut best = (last[j] + usize::from(x != y)).min(last[j + 1] + 1).min(row[j] + 1);
            if i > 0 && j > 0 && *x == b[j - 1] && a[i - 1] == *y {
                best = best.min(before[j - 1] + 1);
            }
            row.push(best);
        }
        before = std::mem::replace(&mut last, row);
    }
    last[b.len()]
}

/// The one of `known` that `word` is a slip of, if there is one: at most a third of its letters differ, case aside.
pub fn nearest<'k>(word: &str, known: &[&'k str]) -> Option<&'k str> {
    let word = word.to_ascii_lowercase();
    known
        .iter()
        .map(|k| (distance(&word, k), *k))
        .filter(|(d, k)| *d <= (k.len() / 3).max(1) && *d < k.len())
        .min_by_key(|(d, _)| *d)
        .map(|(_, k)| k)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn slips() {
        for (a, b, far) in [
            ("include", "inlude", 1),
            ("redirect", "redirec", 1),
            ("mx", "xm", 1),
            ("a", "", 1),
            ("", "", 0),
            ("ip4", "ipv4", 1),
        ] {
            assert_eq!(distance(a, b), far, "{a} {b}");
            assert_eq!(distance(b, a), far, "{b} {a}");
        }
        let known = ["all", "include", "a", "mx", "ptr", "ip4", "ip6", "exists"];
        for (word, meant) in [
            ("inlude", Some("include")),
            ("INCLUDES", Some("include")),
            ("ipv4", Some("ip4")),
            ("exist", Some("exists")),
            ("banana", None),
            ("b", None), // a letter is no slip of another letter
        ] {
            assert_eq!(nearest(word, &known), meant, "{word}");
        }
    }
}
