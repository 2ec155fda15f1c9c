//! Reading the field by the grammar of RFC 8601 §2.2, and what else is in the field.

use super::{StatedProperty, StatedResult, StatedResults};

/// More results than any server writes.
const MAX_RESULTS: usize = 100;

/// What ends a value that is not quoted. The grammar knows more, the field does not keep to it.
const ENDS_VALUE: &str = " \t\r\n;(\"";

/// Reads the value of an Authentication-Results field.
///
/// Beyond the grammar it takes values that should be quoted (`policy.iprev=2001:db8::1`), properties without a type
/// (`action=none`), a field without authserv-id, and a `;` at the end.
///
/// # Errors
/// A sentence that says where the grammar is left.
pub fn read(value: &[u8]) -> Result<StatedResults, String> {
    let text = String::from_utf8_lossy(value);
    let mut cursor = Cursor { rest: text.trim_end(), comments: Vec::new() };
    let mut stated = StatedResults { authserv_id: String::new(), version: 1, results: Vec::new() };
    cursor.skip()?;
    let start = cursor;
    let mut cursor = start.clone();
    stated.authserv_id = cursor.value("=/")?;
    cursor.skip()?;
    if cursor.at('=') || cursor.at('/') {
        // No id: the field begins with a result.
        stated.authserv_id.clear();
        cursor = start;
        stated.results.extend(cursor.result()?);
    } else if let Some(version) = cursor.number() {
        stated.version = version;
        cursor.skip()?;
    }
    while !cursor.rest.is_empty() {
        if !cursor.eat(';') {
            return Err(cursor.lost("semicolon"));
        }
        stated.results.extend(cursor.result()?);
        if stated.results.len() > MAX_RESULTS {
            return Err(format!("it has more than {MAX_RESULTS} results"));
        }
    }
    Ok(stated)
}

#[derive(Clone)]
struct Cursor<'a> {
    rest: &'a str,
    comments: Vec<String>,
}

impl Cursor<'_> {
    fn lost(&self, wanted: &str) -> String {
        let place: String = self.rest.chars().take(30).filter(|c| !c.is_control()).collect();
        if place.is_empty() {
            format!("it ends where {wanted} should stand")
        } else {
            format!("no {wanted} at `{place}`")
        }
    }

    fn at(&self, c: char) -> bool {
        self.rest.starts_with(c)
    }

    fn eat(&mut self, c: char) -> bool {
        match self.rest.strip_prefix(c) {
            Some(rest) => {
                self.rest = rest;
                true
            }
            None => false,
        }
    }

    /// Goes over white space and comments (CFWS, RFC 5322 §3.2.2); the comments are kept.
    fn skip(&mut self) -> Result<(), String> {
        loop {
            self.rest = self.rest.trim_start();
            if !self.at('(') {
                return Ok(());
            }
            let mut depth = 0;
            let mut escaped = false;
            let mut end = None;
            for (i, c) in self.rest.char_indices() {
                match c {
                    _ if escaped => escaped = false,
                    '\\' => escaped = true,
                    '(' => depth += 1,
                    ')' => {
                        depth -= 1;
                        if depth == 0 {
                            end = Some(i);
                            break;
                        }
                    }
                    _ => {}
                }
            }
            let Some(end) = end else { return Err(self.lost("end of the comment")) };
            self.comments.push(unfold(&self.rest[1..end]));
            self.rest = &self.rest[end + 1..];
        }
    }

    /// A quoted string, or everything up to [`ENDS_VALUE`] or `also_ends`. A quoted local part may be followed by its domain.
    fn value(&mut self, also_ends: &str) -> Result<String, String> {
        let mut out = String::new();
        if self.eat('"') {
            let mut chars = self.rest.char_indices();
            loop {
                match chars.next() {
                    None => return Err(self.lost("end of the quoted string")),
                    Some((_, '\\')) => out.extend(chars.next().map(|(_, c)| c)),
                    Some((i, '"')) => {
                        self.rest = &self.rest[i + 1..];
                        break;
                    }
                    Some((_, c)) => out.push(c),
                }
            }
            if !self.at('@') {
                return Ok(unfold(&out));
            }
        }
        let end = self.rest.find(|c: char| ENDS_VALUE.contains(c) || also_ends.contains(c)).unwrap_or(self.rest.len());
        out.push_str(&self.rest[..end]);
        self.rest = &self.rest[end..];
        if out.is_empty() { Err(self.lost("value")) } else { Ok(out) }
    }

    /// A keyword: letters, digits, `-` and `_`.
    fn keyword(&mut self) -> Result<String, String> {
        let end =
            self.rest.find(|c: char| !(c.is_ascii_alphanumeric() || matches!(c, '-' | '_'))).unwrap_or(self.rest.len());
        if end == 0 {
            return Err(self.lost("name"));
        }
        let (word, rest) = self.rest.split_at(end);
        self.rest = rest;
        Ok(word.to_ascii_lowercase())
    }

    fn number(&mut self) -> Option<u32> {
        let end = self.rest.find(|c: char| !c.is_ascii_digit()).unwrap_or(self.rest.len());
        let number = self.rest[..end].parse().ok()?;
        self.rest = &self.rest[end..];
        Some(number)
    }

    /// What stands between two semicolons: a result, `none` (no result), or nothing.
    fn result(&mut self) -> Result<Option<StatedResult>, String> {
        self.comments.clear();
        self.skip()?;
        if self.rest.is_empty() || self.at(';') {
            return Ok(None);
        }
        let mut stated = StatedResult { method: self.keyword()?, ..StatedResult::default() };
        self.skip()?;
        if self.eat('/') {
            self.skip()?;
            self.number().ok_or_else(|| self.lost("version of the method"))?;
            self.skip()?;
        }
        if !self.eat('=') {
            let nothing = stated.method == "none" && (self.rest.is_empty() || self.at(';'));
            return if nothing { Ok(None) } else { Err(self.lost("`=`")) };
        }
        self.skip()?;
        stated.result = self.keyword()?;
        self.skip()?;
        while !self.rest.is_empty() && !self.at(';') {
            let mut name = self.keyword()?;
            self.skip()?;
            if self.eat('.') {
                self.skip()?;
                name = format!("{name}.{}", self.keyword()?);
                self.skip()?;
            }
            if !self.eat('=') {
                return Err(self.lost("`=`"));
            }
            self.skip()?;
            let value = self.value("")?;
            self.skip()?;
            if name == "reason" {
                stated.reason.get_or_insert(value);
            } else {
                stated.properties.push(StatedProperty { name, value });
            }
        }
        stated.comments = std::mem::take(&mut self.comments);
        Ok(Some(stated))
    }
}

/// Line ends out, each run of white space one space.
fn unfold(text: &str) -> String {
    text.split_whitespace().collect::<Vec<_>>().join(" ")
}

#[cfg(test)]
mod tests {
    use super::*;

    fn shown(text: &str) -> String {
        match read(text.as_bytes()) {
            Err(why) => format!("! {why}"),
            Ok(stated) => {
                let mut out = format!("{}/{}", stated.authserv_id, stated.version);
                for r in &stated.results {
                    out += &format!(" | {}={}", r.method, r.result);
                    r.reason.iter().for_each(|reason| out += &format!(" <{reason}>"));
                    r.comments.iter().for_each(|comment| out += &format!(" ({comment})"));
                    r.properties.iter().for_each(|p| out += &format!(" {}={}", p.name, p.value));
                }
                out
            }
        }
    }

    #[test]
    fn forms_in_the_field() {
        let rows = [
            // (what stands in the field, what is read, why it is here)
            ("mx.example; none", "mx.example/1", "no result"),
            ("mx.example", "mx.example/1", "not even that"),
            ("mx.example 1; none", "mx.example/1", "a version"),
            ("mx.example 2; spf=pass", "mx.example/2 | spf=pass", "another version"),
            (
                "MX.example; SPF=Pass SMTP.MailFrom=A@B",
                "MX.example/1 | spf=pass smtp.mailfrom=A@B",
                "words lose their case",
            ),
            ("mx; dkim=pass (good) header.d=x.example;", "mx/1 | dkim=pass (good) header.d=x.example", "a closing ;"),
            (
                " foo.example.net
 (foobar) 1 (baz);
 dkim (Because I like it) / 1 (One yay) = (wait for it)
 fail policy (A dot can go here) . (like that) expired (this surprised me) = (as I wasn't expecting it) 1362471462",
                "foo.example.net/1 | dkim=fail (Because I like it) (One yay) (wait for it) (A dot can go here) (like that) (this surprised me) (as I wasn't expecting it) policy.expired=1362471462",
                "the most folded example of RFC 8601 appendix B.7",
            ),
            (
                "mx; dkim=fail reason=\"bad \\\"sig\\\"\" header.i=@x",
                "mx/1 | dkim=fail <bad \"sig\"> header.i=@x",
                "a quoted reason",
            ),
            (
                "mx; iprev=pass policy.iprev=\"2001:db8::1\"",
                "mx/1 | iprev=pass policy.iprev=2001:db8::1",
                "a quoted value",
            ),
            (
                "mx; iprev=pass policy.iprev=2001:db8::1 (h)",
                "mx/1 | iprev=pass (h) policy.iprev=2001:db8::1",
                "not quoted",
            ),
            (
                "mx; auth=pass smtp.auth=\"a b\"@x.example",
                "mx/1 | auth=pass smtp.auth=a b@x.example",
                "a quoted local part",
            ),
            ("mx; dkim=pass header.b=qgi/Fo==", "mx/1 | dkim=pass header.b=qgi/Fo==", "base64"),
            (
                "mx; x-tls=pass version=TLSv1.2 bits=256",
                "mx/1 | x-tls=pass version=TLSv1.2 bits=256",
                "no property type",
            ),
            (
                "spf=pass (sender IP is 192.0.2.1) smtp.mailfrom=a.example; dmarc=pass action=none",
                "/1 | spf=pass (sender IP is 192.0.2.1) smtp.mailfrom=a.example | dmarc=pass action=none",
                "no authserv-id",
            ),
            ("\"mx (evil)\"; spf=pass", "mx (evil)/1 | spf=pass", "a quoted id"),
            (
                "mx; spf=pass (a (nested \\) one)) smtp.helo=h",
                "mx/1 | spf=pass (a (nested \\) one)) smtp.helo=h",
                "nested",
            ),
            ("mx (a;b=c); spf=pass", "mx/1 | spf=pass", "a comment is no result"),
            ("", "! it ends where value should stand", "nothing"),
            ("mx; spf", "! it ends where `=` should stand", "no result"),
            ("mx; spf=", "! it ends where name should stand", "no result either"),
            ("mx; spf=pass (open", "! no end of the comment at `(open`", "a comment without end"),
            ("mx; spf=pass reason=\"open", "! no end of the quoted string at `open`", "a string without end"),
            ("mx spf=pass", "! no semicolon at `spf=pass`", "no semicolon"),
            ("mx; spf=pass smtp.mailfrom", "! it ends where `=` should stand", "no value"),
            ("a; dkim=none header.d=none;a.example; dmarc=none", "! no `=` at `.example; dmarc=none`", "the id again"),
        ];
        for (text, want, why) in rows {
            assert_eq!(shown(text), want, "{why}: {text}");
        }
    }

    #[test]
    fn hostile_fields() {
        for text in [
            "(".repeat(100_000),
            String::from("mx;") + &"a=b;".repeat(100_000),
            "\"".into(),
            String::from("mx; a=b ") + &"(".repeat(9),
        ] {
            assert!(read(text.as_bytes()).is_err(), "{:.20}", text);
        }
        assert!(read(&[0xff, b';', b' ', b'a', b'=', 0xfe]).is_err());
        assert!(read(&"mx;".repeat(100_000).into_bytes()).is_err());
    }
}
