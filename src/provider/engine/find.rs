//! The zone found at the provider.

use serde_json::Value;

use crate::error::{Error, Result};
use crate::provider::engine::http::{self, Purpose};
use crate::provider::engine::template::{self, Scope, Variables};
use crate::provider::engine::{Engine, encode};
use crate::provider::{self, Provider};

impl Engine {
    /// Runs `prepare` and finds the zone.
    pub(super) async fn find(&self) -> Result<()> {
        // Where it is does not change in one run; what is asked again is what it holds.
        if self.state().zone_found {
            return Ok(());
        }
        self.state().found = Variables::default();
        for call in &self.definition.prepare {
            let answer = self.call(call, &Variables::default(), Purpose::Read).await?;
            let captured = self.captured(&call.capture, &answer, "")?;
            self.state().found.extend(&captured);
        }
        let Some(lookup) = &self.definition.zone.lookup else {
            self.state().zone_found = true;
            return Ok(());
        };
        let variables = self.variables(&Variables::default());
        let scope = Scope::new(&variables);
        let mut url = self.url(&lookup.path, &scope)?;
        if let Some(raw) = &lookup.raw_query {
            let text = template::text(raw, &scope, &|s| s.to_string())?;
            url.set_query(Some(&encode::segment(&text)));
        }
        let mut request = self.request(lookup.method, url, &lookup.query, lookup.body.as_ref(), &scope).await?;
        for (field, form) in &lookup.headers {
            request.headers.push((field.clone(), template::text(form, &scope, &|s| s.to_string())?.into()));
        }
        let mut wanted = Vec::new();
        for (pointer, form) in &lookup.matches {
            wanted.push((pointer, template::text(form, &scope, &|s| s.to_string())?));
        }
        let matches = |zone: &Value| {
            wanted.iter().all(|(pointer, text)| {
                zone.pointer(pointer).and_then(Value::as_str).is_some_and(|v| v.eq_ignore_ascii_case(text))
            })
        };
        let mut found = None;
        let outcome = match &lookup.items {
            Some(items) => {
                self.pages(request, lookup.paginate.as_ref(), items, |_, list| {
                    found = list.iter().find(|zone| matches(zone)).cloned();
                    Ok(found.is_some())
                })
                .await
            }
            None => self.transport.send(&request, Purpose::Read).await.map(|answer| {
                found = Some(answer.body).filter(matches);
            }),
        };
        outcome.map_err(|e| self.no_zone(e))?;
        let zone = found.ok_or_else(|| self.missing_zone())?;
        let mut captured = Variables::default();
        for (name, pointer) in &lookup.capture {
            captured.set(format!("zone_{name}"), zone.pointer(pointer).cloned().unwrap_or(Value::Null));
        }
        let mut state = self.state();
        state.found.extend(&captured);
        state.zone_found = true;
        Ok(())
    }

    fn missing_zone(&self) -> Error {
        provider::no_zone(&self.title(), &self.apex)
            .hint("is it in another account, or is the zone another name? The profile's `provider.zone` says which")
    }

    /// `not there` of a read means the zone.
    pub(super) fn no_zone(&self, error: Error) -> Error {
        match http::status(&error) {
            Some(404 | 422) => self.missing_zone().because(error),
            _ => error,
        }
    }
}
