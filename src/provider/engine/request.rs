//! Requests as a definition words them, and the pages of what is answered.

use std::collections::BTreeMap;

use reqwest::Url;
use serde_json::Value;

use crate::error::{Error, Result};
use crate::provider::definition::{Call, Capture, Method, Paginate};
use crate::provider::engine::http::{Answer, Body, Purpose, Request};
use crate::provider::engine::template::{self, Scope, Variables};
use crate::provider::engine::{Engine, encode, paging};

impl Engine {
    /// `path` below the endpoint, filled in and encoded.
    pub(super) fn url(&self, path: &str, scope: &Scope<'_>) -> Result<Url> {
        let path = template::text(path, scope, &encode::segment)?;
        let text = format!("{}{path}", self.endpoint.as_str().trim_end_matches('/'));
        Url::parse(&text).map_err(|e| Error::config(format!("`{path}` makes no URL below the endpoint")).because(e))
    }

    /// The URL of `call`. Where another endpoint was named it stands for every host that the definition knows.
    pub(super) fn url_of(&self, call: &Call, scope: &Scope<'_>) -> Result<Url> {
        let Some(whole) = &call.url else { return self.url(&call.path, scope) };
        self.whole_url(&template::text(whole, scope, &|s| s.to_string())?)
    }

    /// `text` as a URL, or what stands for it where another endpoint was named.
    pub(super) fn whole_url(&self, text: &str) -> Result<Url> {
        let url = Url::parse(text).map_err(|e| Error::config(format!("`{text}` is no URL")).because(e))?;
        if !self.elsewhere {
            return Ok(url);
        }
        let mut here = self.endpoint.clone();
        here.set_path(url.path());
        here.set_query(url.query());
        Ok(here)
    }

    /// A request, filled in and authenticated.
    pub(super) async fn request(
        &self,
        method: Method,
        url: Url,
        query: &BTreeMap<String, Value>,
        body: Option<&Value>,
        scope: &Scope<'_>,
    ) -> Result<Request> {
        let mut request = Request::new(method, url);
        self.fill(&mut request, query, &BTreeMap::new(), body, scope)?;
        self.authenticate(&mut request).await?;
        Ok(request)
    }

    /// Fills in what `request` is to carry.
    pub(super) fn fill(
        &self,
        request: &mut Request,
        query: &BTreeMap<String, Value>,
        headers: &BTreeMap<String, String>,
        body: Option<&Value>,
        scope: &Scope<'_>,
    ) -> Result<()> {
        for (parameter, form) in query {
            if let Some(value) = template::json(form, scope)? {
                let text = value.as_str().map_or_else(|| value.to_string(), str::to_string);
                request.url.query_pairs_mut().append_pair(parameter, &text);
            }
        }
        for (field, form) in headers {
            let text = template::text(form, scope, &|s| s.to_string())?;
            if !text.is_empty() {
                request.headers.push((field.clone(), text.into()));
            }
        }
        if let Some(body) = body.map(|form| template::json(form, scope)).transpose()?.flatten() {
            request.body = Body::Json(body);
        }
        Ok(())
    }

    /// Makes one call of an operation and waits until it is done.
    pub(super) async fn call(&self, call: &Call, own: &Variables, purpose: Purpose) -> Result<Answer> {
        let variables = self.variables(own);
        let scope = Scope::new(&variables);
        let mut request = Request::new(call.method, self.url_of(call, &scope)?);
        self.fill(&mut request, &call.query, &call.headers, call.body.as_ref(), &scope)?;
        self.authenticate(&mut request).await?;
        let answer = self.transport.send(&request, purpose).await?;
        if purpose == Purpose::Write {
            self.until_done(&answer).await?;
        }
        Ok(answer)
    }

    /// Every page of a list, as the whole answer and the items in it; `each` ends it early.
    pub(super) async fn pages(
        &self,
        first: Request,
        paginate: Option<&Paginate>,
        items: &str,
        mut each: impl FnMut(&Answer, &[Value]) -> Result<bool> + Send,
    ) -> Result<()> {
        let (mut request, mut seen) = (first, 0);
        for page in 1..=paging::MOST_PAGES {
            let answer = self.transport.send(&request, Purpose::Read).await?;
            let list = match answer.body.pointer(items) {
                Some(Value::Array(list)) => list.as_slice(),
                // Some providers leave an empty list out.
                Some(Value::Null) | None if items.is_empty() || answer.body.is_object() => &[],
                _ => {
                    return Err(Error::unreachable(format!(
                        "{} answers without the list that is expected at `{items}`",
                        self.definition.title
                    ))
                    .hint("is the endpoint the address of its API?"));
                }
            };
            seen += list.len();
            if each(&answer, list)? {
                return Ok(());
            }
            let next = paginate.and_then(|p| paging::next(p, page, seen, list.len(), &answer.body, &answer.headers));
            let Some(next) = next else { return Ok(()) };
            let ours = self.endpoint.path().trim_end_matches('/');
            match paging::follow(&request.url, &next, &self.their_base, ours) {
                Some(url) if url != request.url => request.url = url,
                _ => break,
            }
        }
        Err(Error::unreachable(format!("{} lists records without end", self.definition.title)))
    }

    pub(super) fn captured(
        &self,
        captures: &BTreeMap<String, Capture>,
        answer: &Answer,
        prefix: &str,
    ) -> Result<Variables> {
        let mut out = Variables::default();
        for (name, capture) in captures {
            let value = match capture {
                Capture::Pointer(pointer) => answer.body.pointer(pointer).filter(|v| !v.is_null()).cloned(),
                Capture::Header(field) => {
                    answer.headers.get(field).and_then(|v| v.to_str().ok()).map(|v| Value::from(v.to_string()))
                }
            };
            let value = value.ok_or_else(|| {
                Error::unreachable(format!("{} does not answer with the {name} that is needed", self.definition.title))
            })?;
            out.set(format!("{prefix}{name}"), value);
        }
        Ok(out)
    }
}
