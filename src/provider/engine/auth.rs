//! Credentials put into requests.

use std::time::{Duration, SystemTime, UNIX_EPOCH};

use secrecy::SecretString;
use serde_json::{Map, Value};

use crate::error::{Error, Result};
use crate::provider::definition::{Auth, Method};
use crate::provider::engine::http::{Body, Purpose, Request};
use crate::provider::engine::template::{self, Scope, Variables};
use crate::provider::engine::{Engine, encode, google_jwt, ovh_signature};

/// The seconds of the Unix epoch.
pub fn now() -> u64 {
    SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or(Duration::ZERO).as_secs()
}

impl Engine {
    /// Puts the credential into `request`; logs in first where that is needed.
    pub(super) async fn authenticate(&self, request: &mut Request) -> Result<()> {
        self.log_in().await?;
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
                if matches!(request.body, Body::Empty) {
                    request.body = Body::Json(Value::Object(Map::new()));
                }
                let Body::Json(Value::Object(members)) = &mut request.body else {
                    return Err(Error::config("a definition with `auth: body` needs bodies that are objects"));
                };
                for (field, form) in fields {
                    members.insert(field.clone(), Value::String(fill(form)?));
                }
            }
            Auth::OauthClient { .. } | Auth::GoogleJwt { .. } => {
                let bearer = fill("Bearer {{session.access_token}}")?;
                request.headers.push(("authorization".into(), SecretString::from(bearer)));
            }
            Auth::OvhSignature { application, secret, consumer, .. } => {
                let ahead = variables.get("session.clock").and_then(Value::as_i64).unwrap_or(0);
                let keys = ovh_signature::Keys {
                    application: fill(application)?,
                    secret: fill(secret)?,
                    consumer: fill(consumer)?,
                };
                ovh_signature::sign(request, &keys, now().saturating_add_signed(ahead));
            }
        }
        Ok(())
    }

    /// Logs in, once.
    pub(super) async fn log_in(&self) -> Result<()> {
        if self.state().session.is_some() {
            return Ok(());
        }
        let session = match &self.definition.auth {
            Auth::Header { .. } | Auth::Basic { .. } | Auth::Body { .. } | Auth::Query { .. } => return Ok(()),
            _ => self.session().await.map_err(|e| e.during("logging in"))?,
        };
        self.state().session = Some(session);
        Ok(())
    }

    /// What a login gives.
    async fn session(&self) -> Result<Variables> {
        let variables = self.variables(&Variables::default());
        let scope = Scope::new(&variables);
        let fill = |form: &str| template::text(form, &scope, &|s| s.to_string());
        let bought = |body: &Value| {
            body.pointer("/access_token").and_then(Value::as_str).map(str::to_string).ok_or_else(|| {
                Error::unreachable(format!("{} answers the login without a token", self.definition.title))
            })
        };
        match &self.definition.auth {
            Auth::Session { login, .. } => {
                let mut request = Request::new(login.method, self.url_of(login, &scope)?);
                self.fill(&mut request, &login.query, &login.headers, login.body.as_ref(), &scope)?;
                let answer = self.transport.send(&request, Purpose::Read).await?;
                let session = self.captured(&login.capture, &answer, "session.")?;
                session.texts().for_each(|text| self.transport.hide(text.to_string().into()));
                Ok(session)
            }
            Auth::OauthClient { url, form } => {
                let mut pairs = Vec::new();
                for (name, template) in form {
                    pairs.push((name.as_str(), fill(template)?));
                }
                let answer = self.form(&fill(url)?, pairs.iter().map(|(n, v)| (*n, v.as_str()))).await?;
                let token = bought(&answer)?;
                self.transport.hide(token.clone().into());
                Ok(Variables::default().with("session.access_token", token))
            }
            Auth::GoogleJwt { key, scope } => {
                let account = google_jwt::Account::read(&fill(key)?)?;
                self.transport.hide(account.private_key.clone());
                let assertion = account.assertion(scope, now())?;
                self.transport.hide(assertion.clone().into());
                let pairs = [("grant_type", google_jwt::GRANT), ("assertion", assertion.as_str())];
                let token = bought(&self.form(&account.token_uri, pairs).await?)?;
                self.transport.hide(token.clone().into());
                let project = match variables.get("setting.project").and_then(Value::as_str) {
                    Some(project) if !project.is_empty() => project.to_string(),
                    _ => account.project_id,
                };
                Ok(Variables::default().with("session.access_token", token).with("session.project", project))
            }
            Auth::OvhSignature { time, .. } => {
                let request = Request::new(Method::Get, self.url(time, &scope)?);
                let answer = self.transport.send(&request, Purpose::Read).await?.body;
                let theirs = answer.as_i64().ok_or_else(|| {
                    Error::unreachable(format!("{} does not tell its time", self.definition.title))
                        .hint("is the endpoint the address of its API?")
                })?;
                let ours = i64::try_from(now()).unwrap_or(i64::MAX);
                Ok(Variables::default().with("session.clock", theirs.saturating_sub(ours)))
            }
            Auth::Header { .. } | Auth::Basic { .. } | Auth::Body { .. } | Auth::Query { .. } => {
                Ok(Variables::default())
            }
        }
    }

    /// Sends a form to the whole URL `url`, or to where another endpoint stands for it.
    async fn form<'a>(&self, url: &str, pairs: impl IntoIterator<Item = (&'a str, &'a str)>) -> Result<Value> {
        let mut request = Request::new(Method::Post, self.whole_url(url)?);
        request.body = Body::Form(encode::form(pairs));
        Ok(self.transport.send(&request, Purpose::Read).await?.body)
    }

    /// Whether a login is what requests live on, so that an old one is worth another.
    pub(super) fn has_session(&self) -> bool {
        self.state().session.is_some()
    }
}
