//! Lists that come in pages.

use reqwest::Url;
use reqwest::header::{HeaderMap, LINK};
use serde_json::Value;

use crate::provider::definition::Paginate;

/// Pages of one list, at most: a list that never ends is a fault of the provider.
pub const MOST_PAGES: usize = 2_000;

/// Where a list goes on.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Next {
    /// With this query parameter.
    Parameter(String, String),
    /// At this URL, whole or relative.
    Url(String),
}

/// Where the list goes on after page `page` (from 1), which `seen` items end; `None` at the end.
pub fn next(
    paginate: &Paginate,
    page: usize,
    seen: usize,
    items: usize,
    body: &Value,
    headers: &HeaderMap,
) -> Option<Next> {
    match paginate {
        Paginate::Page { param, total_pages, total_items, next_page } => {
            let at = |pointer: &Option<String>| pointer.as_ref().and_then(|p| body.pointer(p)).and_then(number);
            let on = || Some(Next::Parameter(param.clone(), (page + 1).to_string()));
            if next_page.is_some() {
                return at(next_page).map(|n| Next::Parameter(param.clone(), n.to_string()));
            }
            if items == 0 {
                return None;
            }
            if let Some(total) = at(total_pages) {
                return if page < total { on() } else { None };
            }
            at(total_items).filter(|total| seen < *total).and_then(|_| on())
        }
        Paginate::Offset { param, size } => (items >= *size).then(|| Next::Parameter(param.clone(), seen.to_string())),
        Paginate::Cursor { param, next } => {
            let cursor = body.pointer(next).and_then(Value::as_str).filter(|c| !c.is_empty())?;
            Some(Next::Parameter(param.clone(), cursor.into()))
        }
        Paginate::NextUrl { pointer } => {
            let url = body.pointer(pointer).and_then(Value::as_str).filter(|u| !u.is_empty())?;
            Some(Next::Url(url.into()))
        }
        Paginate::LinkHeader {} => headers
            .get_all(LINK)
            .iter()
            .filter_map(|value| value.to_str().ok())
            .find_map(next_link)
            .map(|url| Next::Url(url.into())),
    }
}

/// The target of the link with `rel="next"` (RFC 8288 §3).
fn next_link(value: &str) -> Option<&str> {
    let mut rest = value;
    while let Some(start) = rest.find('<') {
        let length = rest[start..].find('>')?;
        let target = &rest[start + 1..start + length];
        let after = &rest[start + length + 1..];
        let end = after.find(",<").or_else(|| after.find(", <")).unwrap_or(after.len());
        let is_next = after[..end].split(';').any(|parameter| {
            let Some((name, value)) = parameter.split_once('=') else { return false };
            let relations = value.trim().trim_matches('"');
            name.trim().eq_ignore_ascii_case("rel")
                && relations.split_whitespace().any(|r| r.eq_ignore_ascii_case("next"))
        });
        if is_next {
            return Some(target);
        }
        rest = &after[end..];
    }
    None
}

fn number(value: &Value) -> Option<usize> {
    match value {
        Value::Number(n) => n.as_u64().and_then(|n| usize::try_from(n).ok()),
        Value::String(s) => s.parse().ok(),
        _ => None,
    }
}

/// `current` led on to `next`. Of a URL only path and query count: the credential goes to no other host, and a
/// listing that was recorded elsewhere can be followed here. `theirs` is the base path that such URLs begin with,
/// `ours` the one that stands for it.
pub fn follow(current: &Url, next: &Next, theirs: &str, ours: &str) -> Option<Url> {
    let mut url = current.clone();
    match next {
        Next::Parameter(name, value) => {
            let kept: Vec<(String, String)> =
                url.query_pairs().filter(|(n, _)| n != name).map(|(n, v)| (n.into_owned(), v.into_owned())).collect();
            url.query_pairs_mut().clear().extend_pairs(kept).append_pair(name, value);
        }
        Next::Url(text) => {
            let target = current.join(text).ok()?;
            let path = match target.path().strip_prefix(theirs) {
                Some(rest) if rest.is_empty() || rest.starts_with('/') => format!("{ours}{rest}"),
                _ => target.path().to_string(),
            };
            url.set_path(&path);
            url.set_query(target.query());
        }
    }
    Some(url)
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    fn page(total_pages: Option<&str>, total_items: Option<&str>, next_page: Option<&str>) -> Paginate {
        let own = |s: Option<&str>| s.map(str::to_string);
        Paginate::Page {
            param: "page".into(),
            total_pages: own(total_pages),
            total_items: own(total_items),
            next_page: own(next_page),
        }
    }

    #[test]
    fn where_lists_go_on() {
        let on = |n: &str| Some(Next::Parameter("page".into(), n.into()));
        let cursor = Paginate::Cursor { param: "cursor".into(), next: "/next".into() };
        let url = Paginate::NextUrl { pointer: "/links/next".into() };
        let cases: Vec<(&str, Paginate, usize, usize, Value, Option<Next>)> = vec![
            ("more pages", page(Some("/pages"), None, None), 1, 100, json!({"pages": 2}), on("2")),
            ("the last page", page(Some("/pages"), None, None), 2, 200, json!({"pages": 2}), None),
            ("a number as text", page(Some("/pages"), None, None), 1, 100, json!({"pages": "2"}), on("2")),
            ("no number", page(Some("/pages"), None, None), 1, 100, json!({}), None),
            ("more items", page(None, Some("/total"), None), 1, 20, json!({"total": 21}), on("2")),
            ("all items", page(None, Some("/total"), None), 2, 21, json!({"total": 21}), None),
            ("the next page's number", page(None, None, Some("/next")), 1, 25, json!({"next": 2}), on("2")),
            ("no next page", page(None, None, Some("/next")), 1, 25, json!({"next": null}), None),
            (
                "a cursor",
                cursor.clone(),
                1,
                1,
                json!({"next": "abc"}),
                Some(Next::Parameter("cursor".into(), "abc".into())),
            ),
            ("an empty cursor", cursor, 1, 1, json!({"next": ""}), None),
            (
                "a URL",
                url.clone(),
                1,
                1,
                json!({"links": {"next": "https://x.example/a?page=2"}}),
                Some(Next::Url("https://x.example/a?page=2".into())),
            ),
            ("no URL", url, 1, 1, json!({"links": {}}), None),
        ];
        for (why, paginate, number, seen, body, want) in cases {
            assert_eq!(next(&paginate, number, seen, 10, &body, &HeaderMap::new()), want, "{why}");
        }
        let offset = Paginate::Offset { param: "offset".into(), size: 100 };
        let at = |seen, items| next(&offset, 1, seen, items, &json!({}), &HeaderMap::new());
        assert_eq!(at(300, 100), Some(Next::Parameter("offset".into(), "300".into())), "a full page");
        assert_eq!(at(301, 1), None, "one that is not full");
        let empty = next(&page(Some("/pages"), None, None), 1, 0, 0, &json!({"pages": 99}), &HeaderMap::new());
        assert_eq!(empty, None, "an empty page is the last");
    }

    #[test]
    fn links() {
        let cases = [
            ("<https://x.example/a?cursor=b>; rel=\"next\"", Some("https://x.example/a?cursor=b")),
            (
                "<https://x.example/first>; rel=\"first\", <https://x.example/n>; rel=\"next\"",
                Some("https://x.example/n"),
            ),
            ("</n>; title=\"x\"; rel=next", Some("/n")),
            ("</p>; rel=\"prev\"", None),
            ("<unfinished", None),
        ];
        for (value, want) in cases {
            assert_eq!(next_link(value), want, "{value}");
        }
    }

    #[test]
    fn following_stays_on_the_host() {
        let at = Url::parse("http://127.0.0.1:1/base/list?type=TXT&page=1").unwrap();
        let parameter = Next::Parameter("page".into(), "2".into());
        let url = |text: &str| Next::Url(text.into());
        let cases = [
            (parameter, "http://127.0.0.1:1/base/list?type=TXT&page=2"),
            (url("https://evil.example/v2/list?page=2"), "http://127.0.0.1:1/base/list?page=2"),
            (url("/v2/list?page=2"), "http://127.0.0.1:1/base/list?page=2"),
            (url("?page=2"), "http://127.0.0.1:1/base/list?page=2"),
        ];
        for (next, want) in cases {
            assert_eq!(follow(&at, &next, "/v2", "/base").unwrap().as_str(), want);
        }
    }
}
