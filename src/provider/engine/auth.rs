//! Credentials put into requests.

use secrecy::SecretString;
use serde_json::{Map, Value};

use crate::error::{Error, Result};
use crate::provider::definition::Auth;
use crate::provider::engine::Engine;
use crate::provider::engine::http::{Purpose, Request};
use crate::provider::engine::template::{self, Scope, Variables};

impl Engine {
    /// Puts the credential into `request`; logs in first where that is needed.
    pub(super) async fn authenticate(&self, request: &mut Request) -> Result<()> {
        if let Auth::Session { .. } = self.definition.auth {
            self.log_in().await?;
        }
        let variables = self.variables(&Variables::default());
        let scope = Scope::new(&variables);
        let fill = |form: &str| template::text(form, &scope, &|s| s.to_string());
        match &self.definition.auth {
            Auth::Header { headers } | Auth::Session { headers, .. } => {
                for (field, form) in headers {
                    request.headers.push((field.clone(), SecretString::from(fill(form)?)));
                }
            }
            Auth::Basic { username, password } => {
                request.basic = Some((fill(username)?, SecretString::from(fill(password)?)));
            }
            Auth::Query { params } => {
                for (parameter, form) in params {
                    let value = fill(form)?;
                    request.url.query_pairs_mut().append_pair(parameter, &value);
                }
            }
            Auth::Body { fields } => {
                let body = request.body.get_or_insert_with(|| Value::Object(Map::new()));
                let Value::Object(members) = body else {
                    return Err(Error::config("a definition with `auth: body` needs bodies that are objects"));
                };
                for (field, form) in fields {
                    members.insert(field.clone(), Value::String(fill(form)?));
                }
            }
        }
        Ok(())
    }

    /// Logs in, once.
    async fn log_in(&self) -> Result<()> {
        let Auth::Session { login, .. } = &self.definition.auth else { return Ok(()) };
        if self.state().session.is_some() {
            return Ok(());
        }
        let variables = self.variables(&Variables::default());
        let scope = Scope::new(&variables);
        let url = self.url_of(login, &scope)?;
        let body = login.body.as_ref().map(|form| template::json(form, &scope)).transpose()?.flatten();
        let request = Request { method: login.method, url, headers: Vec::new(), body, basic: None };
        let answer = self.transport.send(&request, Purpose::Read).await.map_err(|e| e.during("logging in"))?;
        let session = self.captured(&login.capture, &answer, "session.")?;
        self.state().session = Some(session);
        Ok(())
    }
}
