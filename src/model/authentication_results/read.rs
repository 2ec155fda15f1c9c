//! Reading the field by the grammar of RFC 8601 §2.2, and what else is in the field.

use crate::model::authentication_results::{ResultsFault, StatedProperty, StatedResult, StatedResults};
use crate::model::reading::{Fault, Reading};
use crate::model::source::Span;

/// More results than any server writes.
const MAX_RESULTS: usize = 100;

/// What ends a value that is not quoted. The grammar knows more, the field does not keep to it.
const ENDS_VALUE: &str = " \t\r\n;(\"";

type Lost = Fault<ResultsFault>;

impl StatedResults {
    /// Reads the value of an Authentication-Results field; one of blanks alone says nothing and is none.
    ///
    /// Beyond the grammar it takes values that should be quoted (`policy.iprev=2001:db8::1`), properties without a type
    /// (`action=none`), a field without authserv-id, and a `;` at the end. Of a broken field the results before the fault
    /// are kept.
    pub fn read(value: &[u8]) -> Reading<Self, ResultsFault> {
        if value.trim_ascii().is_empty() {
            return Reading::NotOurs;
        }
        let text = same_length(value);
        let mut stated = StatedResults::of(value);
        match read_into(&text, &mut stated) {
            Ok(()) => Reading::Ours(stated),
            Err(fault) => Reading::new(stated, vec![fault]),
        }
    }
}

/// The octets as text, each that is part of no character as one `?`, so that places stay.
fn same_length(octets: &[u8]) -> String {
    let mut out = String::with_capacity(octets.len());
    for chunk in octets.utf8_chunks() {
        out.push_str(chunk.valid());
        out.extend(chunk.invalid().iter().map(|_| '?'));
    }
    out
}

fn read_into(text: &str, stated: &mut StatedResults) -> Result<(), Lost> {
    let text = text.trim_end();
    let mut cursor = Cursor { rest: text, len: text.len(), comments: Vec::new() };
    cursor.skip()?;
    let start = cursor.clone();
    let from = cursor.at_octet();
    stated.authserv_id = cursor.value("=/")?;
    stated.id_span = cursor.since(from);
    cursor.skip()?;
    if cursor.at('=') || cursor.at('/') {
        // No id: the field begins with a result.
        stated.authserv_id.clear();
        stated.id_span = Span::new(from, from);
        cursor = start;
        stated.results.extend(cursor.result()?);
    } else if let Some(version) = cursor.number() {
        stated.version = version;
        cursor.skip()?;
    }
    while !cursor.rest.is_empty() {
        if !cursor.eat(';') {
            return Err(cursor.lost(ResultsFault::NoSemicolon));
        }
        stated.results.extend(cursor.result()?);
        if stated.results.len() > MAX_RESULTS {
            return Err(cursor.lost(ResultsFault::TooMany));
        }
    }
    Ok(())
}

#[derive(Clone)]
struct Cursor<'a> {
    rest: &'a str,
    /// How long the whole is, in octets.
    len: usize,
    comments: Vec<String>,
}

impl Cursor<'_> {
    fn lost(&self, kind: ResultsFault) -> Lost {
        let at = self.at_octet();
        // As much as shows where it is: up to the end of the result.
        let end = self.rest.find(';').filter(|i| *i > 0).unwrap_or(self.rest.len());
        Fault { kind, span: Span::new(at, at + end) }
    }

    fn at_octet(&self) -> usize {
        self.len - self.rest.len()
    }

    fn since(&self, from: usize) -> Span {
        Span::new(from, self.at_octet())
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
    fn skip(&mut self) -> Result<(), Lost> {
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
            let Some(end) = end else { return Err(self.lost(ResultsFault::OpenComment)) };
            self.comments.push(unfold(&self.rest[1..end]));
            self.rest = &self.rest[end + 1..];
        }
    }

    /// A quoted string, or everything up to [`ENDS_VALUE`] or `also_ends`. A quoted local part may be followed by its domain.
    fn value(&mut self, also_ends: &str) -> Result<String, Lost> {
        let mut out = String::new();
        if self.eat('"') {
            let mut chars = self.rest.char_indices();
            loop {
                match chars.next() {
                    None => return Err(self.lost(ResultsFault::OpenString)),
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
        if out.is_empty() { Err(self.lost(ResultsFault::NoValue)) } else { Ok(out) }
    }

    /// A keyword: letters, digits, `-` and `_`.
    fn keyword(&mut self) -> Result<String, Lost> {
        let end =
            self.rest.find(|c: char| !(c.is_ascii_alphanumeric() || matches!(c, '-' | '_'))).unwrap_or(self.rest.len());
        if end == 0 {
            return Err(self.lost(ResultsFault::NoName));
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
    fn result(&mut self) -> Result<Option<StatedResult>, Lost> {
        self.comments.clear();
        self.skip()?;
        if self.rest.is_empty() || self.at(';') {
            return Ok(None);
        }
        let from = self.at_octet();
        let mut stated = StatedResult { method: self.keyword()?, ..StatedResult::default() };
        stated.span = self.since(from);
        self.skip()?;
        if self.eat('/') {
            self.skip()?;
            self.number().ok_or_else(|| self.lost(ResultsFault::NoVersion))?;
            self.skip()?;
        }
        if !self.eat('=') {
            let nothing = stated.method == "none" && (self.rest.is_empty() || self.at(';'));
            return if nothing { Ok(None) } else { Err(self.lost(ResultsFault::NoEquals)) };
        }
        self.skip()?;
        stated.result = self.keyword()?;
        stated.span = self.since(from);
        self.skip()?;
        while !self.rest.is_empty() && !self.at(';') {
            let part = self.at_octet();
            let mut name = self.keyword()?;
            self.skip()?;
            if self.eat('.') {
                self.skip()?;
                name = format!("{name}.{}", self.keyword()?);
                self.skip()?;
            }
            if !self.eat('=') {
                return Err(self.lost(ResultsFault::NoEquals));
            }
            self.skip()?;
            let value = self.value("")?;
            let span = self.since(part);
            self.skip()?;
            if name == "reason" {
                stated.reason.get_or_insert(value);
            } else {
                stated.properties.push(StatedProperty { name, value, span });
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
        match StatedResults::read(text.as_bytes()) {
            Reading::NotOurs => "-".into(),
            Reading::Broken { record, faults } => format!("! {}", record.sentence(&faults[0])),
            Reading::Ours(stated) => {
                assert_eq!(stated.octets(), text.as_bytes(), "nothing is lost");
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
            (" ", "-", "nothing"),
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
            assert!(!StatedResults::read(text.as_bytes()).faults().is_empty(), "{:.20}", text);
        }
        let octets = [0xff, b';', b' ', b'a', b'=', 0xfe];
        let reading = StatedResults::read(&octets);
        assert_eq!(reading.faults()[0].span, Span::new(5, 6));
        assert_eq!(reading.record().unwrap().octets(), octets);
        assert!(!StatedResults::read(&"mx;".repeat(100_000).into_bytes()).faults().is_empty());
    }

    #[test]
    fn everything_knows_its_place() {
        let text =
            " mx.example 1; spf=pass (ok) smtp.mailfrom=\"a b\"@x.example;\r\n\tdkim = fail reason=\"no\" header.d=y";
        let stated = StatedResults::read(text.as_bytes()).into_record().unwrap();
        let shown = |span: Span| &text[span.range()];
        assert_eq!(shown(stated.id_span), "mx.example");
        let results: Vec<_> = stated.results.iter().map(|r| shown(r.span)).collect();
        assert_eq!(results, ["spf=pass", "dkim = fail"]);
        let properties: Vec<_> = stated.results.iter().flat_map(|r| &r.properties).map(|p| shown(p.span)).collect();
        assert_eq!(properties, ["smtp.mailfrom=\"a b\"@x.example", "header.d=y"]);
        let broken = StatedResults::read(b"mx; spf=pass; dkim pass; dmarc=pass");
        assert_eq!(&b"mx; spf=pass; dkim pass; dmarc=pass"[broken.faults()[0].span.range()], b"pass");
        assert_eq!(broken.record().unwrap().results.len(), 1, "what stands before is kept");
    }
}
