//! One request and its answer: sent, repeated where that is safe, and its errors told in words.

use std::sync::{Mutex, PoisonError};
use std::time::Duration;

use reqwest::header::{HeaderMap, HeaderName, HeaderValue, RETRY_AFTER};
use reqwest::{StatusCode, Url};
use secrecy::{ExposeSecret, SecretString};
use serde_json::Value;

use crate::error::{Error, ErrorKind, Result};
use crate::provider::definition::{ErrorForm, Method, Rate, Retry, Success};
use crate::provider::engine::limiter::Limiter;
use crate::provider::engine::redact::redact;
use crate::provider::{MayStillCome, NeverSent};

/// The longest answer that is read, in octets: a zone of a hundred thousand records fits.
const LONGEST_ANSWER: usize = 64 << 20;
/// How long a connection may take to come about, and a whole request.
const CONNECT: Duration = Duration::from_secs(10);
const REQUEST: Duration = Duration::from_secs(60);
/// The longest pause that a provider can ask for before we give up instead.
const LONGEST_PAUSE: Duration = Duration::from_secs(120);

/// What a request is for: it decides what may be repeated, and what an error means.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Purpose {
    /// Reads, and may be repeated at will.
    Read,
    /// Changes something.
    Write,
}

/// What a request carries.
#[derive(Clone, Default)]
pub enum Body {
    /// Nothing.
    #[default]
    Empty,
    /// JSON.
    Json(Value),
    /// A form, encoded.
    Form(String),
    /// XML.
    Xml(String),
}

impl Body {
    /// The octets that are sent: what a signature is made over.
    pub fn text(&self) -> String {
        match self {
            Body::Empty => String::new(),
            Body::Json(value) => value.to_string(),
            Body::Form(text) | Body::Xml(text) => text.clone(),
        }
    }

    fn content_type(&self) -> Option<&'static str> {
        match self {
            Body::Empty => None,
            Body::Json(_) => Some("application/json"),
            Body::Form(_) => Some("application/x-www-form-urlencoded"),
            Body::Xml(_) => Some("application/xml"),
        }
    }
}

/// A request. Credentials are in it: never printed.
#[derive(Clone)]
pub struct Request {
    /// Its method.
    pub method: Method,
    /// Where it goes.
    pub url: Url,
    /// Its header fields.
    pub headers: Vec<(String, SecretString)>,
    /// Its body.
    pub body: Body,
    /// For HTTP Basic.
    pub basic: Option<(String, SecretString)>,
}

impl Request {
    /// One that carries nothing yet.
    pub fn new(method: Method, url: Url) -> Self {
        Request { method, url, headers: Vec::new(), body: Body::Empty, basic: None }
    }
}

/// A good answer.
#[derive(Clone, Debug)]
pub struct Answer {
    /// Its header fields.
    pub headers: HeaderMap,
    /// Its body; null where it is empty.
    pub body: Value,
}

/// How a provider's answer tells what is wrong, where no pointer leads there.
pub type Explain = fn(&str) -> Option<String>;

/// Sends requests to one provider.
pub struct Transport {
    client: reqwest::Client,
    /// The provider for people.
    title: String,
    /// Its id.
    id: String,
    /// The variable that its first secret comes from.
    variable: Option<String>,
    /// What must never be shown.
    secrets: Mutex<Vec<SecretString>>,
    retry: Retry,
    limiter: Limiter,
    success: Option<Success>,
    error: ErrorForm,
    explain: Option<Explain>,
    patience: Duration,
}

/// What [`Transport::new`] is made of.
pub struct Parts {
    /// The provider for people.
    pub title: String,
    /// Its id.
    pub id: String,
    /// The variable that its first secret comes from.
    pub variable: Option<String>,
    /// What must never be shown.
    pub secrets: Vec<SecretString>,
    /// When to ask again.
    pub retry: Retry,
    /// How many requests it takes.
    pub rate: Option<Rate>,
    /// What a good answer holds.
    pub success: Option<Success>,
    /// Where an error has its text.
    pub error: ErrorForm,
    /// How an error is read where that is not enough.
    pub explain: Option<Explain>,
}

/// Why a try did not work, and whether another may.
struct Failure {
    error: Error,
    again: Option<Option<Duration>>,
}

impl Transport {
    /// A transport; `local` says that the endpoint is on this machine, where no proxy is to be asked.
    ///
    /// # Errors
    /// A configuration error when TLS cannot be set up.
    pub fn new(parts: Parts, local: bool) -> Result<Self> {
        let mut builder = reqwest::Client::builder()
            .connect_timeout(CONNECT)
            // A redirect would carry the credential to another place.
            .redirect(reqwest::redirect::Policy::none())
            .user_agent(concat!("mailproof/", env!("CARGO_PKG_VERSION")));
        if local {
            builder = builder.no_proxy();
        }
        let client = builder.build().map_err(|e| Error::config("HTTPS cannot be set up").because(e))?;
        let Parts { title, id, variable, secrets, retry, rate, success, error, explain } = parts;
        let (secrets, limiter) = (Mutex::new(secrets), Limiter::new(rate));
        let patience = REQUEST;
        Ok(Transport { client, title, id, variable, secrets, retry, limiter, success, error, explain, patience })
    }

    /// Waits for an answer no longer than `patience`, which is a minute otherwise.
    #[must_use]
    pub fn patient(mut self, patience: Duration) -> Self {
        self.patience = patience;
        self
    }

    /// Takes one more secret, such as a token that a login answered with: it is never shown.
    pub fn hide(&self, secret: SecretString) {
        self.secrets.lock().unwrap_or_else(PoisonError::into_inner).push(secret);
    }

    /// `text` without any of the secrets.
    pub fn redacted(&self, text: &str) -> String {
        redact(text, &self.secrets.lock().unwrap_or_else(PoisonError::into_inner))
    }

    /// Sends `request` and repeats it as far as that is safe.
    ///
    /// # Errors
    /// For a write: refused or a configuration error when nothing was done, unreachable when that is not known.
    pub async fn send(&self, request: &Request, purpose: Purpose) -> Result<Answer> {
        self.repeat(request, purpose, |headers, text| self.json(request, purpose, headers, text)).await
    }

    /// The same for an answer that is no JSON.
    ///
    /// # Errors
    /// As [`Transport::send`].
    pub async fn send_text(&self, request: &Request, purpose: Purpose) -> Result<String> {
        self.repeat(request, purpose, |_, text| Ok(text)).await
    }

    async fn repeat<T>(
        &self,
        request: &Request,
        purpose: Purpose,
        read: impl Fn(HeaderMap, String) -> Result<T, Failure>,
    ) -> Result<T> {
        let mut tries = 0;
        loop {
            self.limiter.pass().await;
            let outcome = self.try_once(request, purpose).await;
            match outcome.and_then(|(headers, text)| read(headers, text)) {
                Ok(answer) => return Ok(answer),
                Err(Failure { error, again: None }) => return Err(error),
                Err(Failure { error, again: Some(asked) }) => {
                    let pause = asked
                        .unwrap_or_else(|| Duration::from_millis(self.retry.pause.saturating_mul(1 << tries.min(20))));
                    if tries >= self.retry.max || pause > LONGEST_PAUSE {
                        return Err(error);
                    }
                    tracing::info!(provider = self.id, ?pause, "asking again");
                    tokio::time::sleep(pause + jitter(pause)).await;
                    tries += 1;
                }
            }
        }
    }

    async fn try_once(&self, request: &Request, purpose: Purpose) -> Result<(HeaderMap, String), Failure> {
        let place = place(&request.url);
        let response =
            self.prepare(request).map_err(fatal)?.send().await.map_err(|e| self.broken(e, &place, purpose))?;
        let (status, headers) = (response.status(), response.headers().clone());
        let text = self.body(response, &place, purpose).await?;
        tracing::debug!(provider = self.id, method = ?request.method, path = request.url.path(), %status, "answered");
        if !status.is_success() {
            return Err(self.refused(status, &headers, &text, &place, purpose));
        }
        Ok((headers, text))
    }

    fn json(&self, request: &Request, purpose: Purpose, headers: HeaderMap, text: String) -> Result<Answer, Failure> {
        let place = place(&request.url);
        let body = if text.trim().is_empty() {
            Value::Null
        } else {
            serde_json::from_str(&text).map_err(|e| {
                let error = Error::unreachable(format!("{} at {place} answers something that is not JSON", self.title));
                fatal(error.because(e).hint("is the endpoint the address of its API?"))
            })?
        };
        if let Some(success) = &self.success
            && !body.is_null()
            && body.pointer(&success.pointer) != Some(&success.equals)
            && !(purpose == Purpose::Read && self.means_empty(&body))
        {
            return Err(self.refused(StatusCode::UNPROCESSABLE_ENTITY, &headers, &text, &place, purpose));
        }
        Ok(Answer { headers, body })
    }

    /// Whether an answer that reports an error says only that there is nothing.
    fn means_empty(&self, body: &Value) -> bool {
        let code = self.error.code.as_ref().and_then(|pointer| body.pointer(pointer));
        code.is_some_and(|code| self.error.empty.contains(code))
    }

    fn prepare(&self, request: &Request) -> Result<reqwest::RequestBuilder> {
        let method = match request.method {
            Method::Get => reqwest::Method::GET,
            Method::Post => reqwest::Method::POST,
            Method::Put => reqwest::Method::PUT,
            Method::Patch => reqwest::Method::PATCH,
            Method::Delete => reqwest::Method::DELETE,
        };
        let mut builder = self.client.request(method, request.url.clone());
        if !request.headers.iter().any(|(name, _)| name == "accept") {
            builder = builder.header("accept", "application/json");
        }
        for (name, value) in &request.headers {
            let unfit = || {
                Error::config(format!("the credential of {} cannot stand in the header field {name}", self.title))
                    .hint("it must be one line without control characters")
            };
            let name = HeaderName::try_from(name.as_str()).map_err(|_| unfit())?;
            let mut value = HeaderValue::try_from(value.expose_secret()).map_err(|_| unfit())?;
            value.set_sensitive(true);
            builder = builder.header(name, value);
        }
        if let Some((user, password)) = &request.basic {
            builder = builder.basic_auth(user, Some(password.expose_secret()));
        }
        builder = builder.timeout(self.patience);
        Ok(match request.body.content_type() {
            Some(kind) => builder.header("content-type", kind).body(request.body.text()),
            None => builder,
        })
    }

    async fn body(&self, mut response: reqwest::Response, place: &str, purpose: Purpose) -> Result<String, Failure> {
        let mut octets = Vec::new();
        while let Some(chunk) = response.chunk().await.map_err(|e| self.broken(e, place, purpose))? {
            octets.extend_from_slice(&chunk);
            if octets.len() > LONGEST_ANSWER {
                return Err(fatal(Error::unreachable(format!("{} at {place} answers without end", self.title))));
            }
        }
        Ok(String::from_utf8_lossy(&octets).into_owned())
    }

    /// The connection did not come about, or broke.
    fn broken(&self, error: reqwest::Error, place: &str, purpose: Purpose) -> Failure {
        let never_sent = error.is_connect();
        let what = if never_sent {
            format!("{} at {place} cannot be reached", self.title)
        } else if error.is_timeout() {
            format!("{} at {place} does not answer in time", self.title)
        } else {
            format!("the connection to {} at {place} broke", self.title)
        };
        let again = (never_sent || purpose == Purpose::Read).then_some(None);
        let late = error.is_timeout();
        // A URL can carry a credential.
        let cause = error.without_url();
        let error = Error::unreachable(what);
        let error = if never_sent {
            error.because(NeverSent(cause.into()))
        } else if late {
            error.because(MayStillCome(cause.into()))
        } else {
            error.because(cause)
        };
        Failure { error, again }
    }

    /// The provider answered, and the answer is no.
    fn refused(&self, status: StatusCode, headers: &HeaderMap, text: &str, place: &str, purpose: Purpose) -> Failure {
        let (title, code) = (&self.title, status.as_u16());
        let body: Value = serde_json::from_str(text).unwrap_or(Value::Null);
        let said = self.said(&body, text);
        let after = |what: String| if said.is_empty() { what } else { format!("{what}: {said}") };
        let again = self.retry.status.contains(&code) || (purpose == Purpose::Read && matches!(code, 502..=504));
        let error = match code {
            401 | 403 => {
                let check = format!("`mailproof providers check {}` to try again", self.id);
                let hint = match &self.variable {
                    Some(variable) => format!("set {variable}, then {check}"),
                    None => check,
                };
                Error::config(after(format!("{title} refused the key ({code}) at {place}"))).hint(hint)
            }
            300..=399 => Error::config(format!("{title} at {place} sends us elsewhere ({code})"))
                .hint("is the endpoint the address of its API?"),
            429 => {
                Error::unreachable(after(format!("{title} asks for fewer requests ({code})"))).hint("try again later")
            }
            500.. => Error::unreachable(after(format!("{title} at {place} has a fault of its own ({code})"))),
            _ => {
                let kind = if purpose == Purpose::Write { ErrorKind::Refused } else { ErrorKind::Config };
                let what = if purpose == Purpose::Write { "the change" } else { "to answer" };
                Error::new(kind, after(format!("{title} refused {what} ({code})")))
            }
        };
        let again = again.then(|| retry_after(headers));
        Failure { error: error.because(Status(code)), again }
    }

    /// What the provider says about its refusal.
    fn said(&self, body: &Value, text: &str) -> String {
        let at = |pointer: &Option<String>| {
            let value = pointer.as_ref().and_then(|p| body.pointer(p))?;
            Some(value.as_str().map_or_else(|| value.to_string(), str::to_string))
        };
        let explained = || self.explain.and_then(|explain| explain(text));
        let message = at(&self.error.message).or_else(explained).unwrap_or_else(|| text.to_string());
        let code = at(&self.error.code).filter(|code| code != "null").map(|code| format!(" [{code}]"));
        self.redacted(&format!("{message}{}", code.unwrap_or_default()))
    }
}

/// The HTTP status at the root of an error, for those who must tell `not there` from the rest.
#[derive(Debug)]
pub struct Status(pub u16);

impl std::fmt::Display for Status {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        // Every message names the number already.
        write!(f, "{}", self.0)
    }
}

impl std::error::Error for Status {}

/// The HTTP status that `error` came from.
pub fn status(error: &Error) -> Option<u16> {
    std::error::Error::source(error).and_then(|e| e.downcast_ref::<Status>()).map(|s| s.0)
}

/// Scheme, host and port of a URL: what a person knows the server by.
pub fn place(url: &Url) -> String {
    url.origin().ascii_serialization()
}

fn fatal(error: Error) -> Failure {
    Failure { error, again: None }
}

/// The pause that Retry-After asks for, in seconds (RFC 9110 §10.2.3); a date there counts as none.
fn retry_after(headers: &HeaderMap) -> Option<Duration> {
    let seconds = headers.get(RETRY_AFTER)?.to_str().ok()?.trim().parse().ok()?;
    Some(Duration::from_secs(seconds))
}

/// Up to a quarter of `pause`, so that those who were sent away together do not come back together.
fn jitter(pause: Duration) -> Duration {
    let mut octet = [0u8];
    if getrandom::fill(&mut octet).is_err() {
        return Duration::ZERO;
    }
    pause.mul_f64(f64::from(octet[0]) / 1024.0)
}
