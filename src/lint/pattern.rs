//! Patterns of paths: `*` and `?` within a name, `**` for any number of folders.

/// Whether `text` is a pattern rather than a path.
pub fn is_pattern(text: &str) -> bool {
    text.contains(['*', '?'])
}

/// Whether a path is one of a pattern. A pattern that names a folder means everything below it.
pub fn names_path(pattern: &str, path: &str) -> bool {
    let parts = |text: &'_ str| -> Vec<String> {
        text.split('/').filter(|p| !p.is_empty() && *p != ".").map(str::to_string).collect()
    };
    let (pattern_parts, path_parts) = (parts(pattern), parts(path));
    pattern.starts_with('/') == path.starts_with('/') && all(&pattern_parts, &path_parts)
}

fn all(pattern: &[String], path: &[String]) -> bool {
    // As for names below: a `**` takes one folder more when what follows does not fit.
    let (mut p, mut n, mut stars) = (0, 0, None);
    while n < path.len() {
        match pattern.get(p).map(String::as_str) {
            Some("**") => {
                stars = Some((p, n));
                p += 1;
            }
            Some(part) if names(part.as_bytes(), path[n].as_bytes()) => {
                p += 1;
                n += 1;
            }
            // The folder fits, and the rest is below it.
            None if !matches!(pattern.last().map(String::as_str), None | Some("**")) && stars.is_none() => return true,
            _ => match stars {
                Some((at, taken)) => {
                    stars = Some((at, taken + 1));
                    p = at + 1;
                    n = taken + 1;
                }
                None => return false,
            },
        }
    }
    pattern[p..].iter().all(|part| part == "**")
}

/// Whether a name is one of a pattern with `*` and `?`.
pub fn names(pattern: &[u8], name: &[u8]) -> bool {
    // Where the last `*` stood, and how much of the name it took: it takes one more when what follows does not fit.
    let (mut p, mut n, mut star) = (0, 0, None);
    while n < name.len() {
        match pattern.get(p) {
            Some(b'*') => {
                star = Some((p, n));
                p += 1;
            }
            Some(b) if *b == b'?' || *b == name[n] => {
                p += 1;
                n += 1;
            }
            _ => match star {
                Some((at, taken)) => {
                    star = Some((at, taken + 1));
                    p = at + 1;
                    n = taken + 1;
                }
                None => return false,
            },
        }
    }
    pattern[p..].iter().all(|b| *b == b'*')
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_of_patterns() {
        for (pattern, name, yes) in [
            ("*.zone", "example.com.zone", true),
            ("*.zone", "example.com.zone.bak", false),
            ("db.*", "db.example.com", true),
            ("a*b*c", "aXbYbZc", true),
            ("?", "ab", false),
            ("*", "", true),
        ] {
            assert_eq!(names(pattern.as_bytes(), name.as_bytes()), yes, "{pattern} {name}");
        }
    }

    #[test]
    fn paths_of_patterns() {
        for (pattern, path, yes, why) in [
            ("zones/*.zone", "zones/a.zone", true, "a star is within a name"),
            ("zones/*.zone", "zones/b/a.zone", false, "and does not go into folders"),
            ("zones/**/*.zone", "zones/b/c/a.zone", true, "two stars do"),
            ("zones/**/*.zone", "zones/a.zone", true, "or take no folder"),
            ("**/a.zone", "a.zone", true, "at the start too"),
            ("**", "x/y", true, "everything"),
            ("old/**", "old/x/y", true, "everything below"),
            ("old/**", "older/x", false, "a name is whole"),
            ("old", "old/x/y", true, "a folder means what is in it"),
            ("old/", "old/x", true, "with a slash too"),
            ("./old/x", "old/x", true, "a dot is no folder"),
            ("old", "x/old", false, "a pattern begins at its own folder"),
            ("**/old/*", "a/old/b/old/c", true, "the last that fits"),
            ("/etc/*", "etc/x", false, "an absolute pattern is for absolute paths"),
            ("/etc/*", "/etc/x", true, "of which this is one"),
        ] {
            assert_eq!(names_path(pattern, path), yes, "{why}: {pattern} {path}");
        }
    }
}
