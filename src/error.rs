//! The one error type: what went wrong, while doing what, and what the person can do about it.

use std::fmt;

/// What an error means to a script: it decides the exit status.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ErrorKind {
    /// Arguments that cannot be used. Exit 2.
    Usage,
    /// A file, profile, key or credential that cannot be used. Exit 2.
    Config,
    /// DNS, network or provider did not answer, or answered with a fault of its own. Exit 3.
    Unreachable,
    /// The state of the zone or the proof forbids the step. Nothing was changed. Exit 1.
    Refused,
    /// Some writes were done and some were not; the journal says which. Exit 4.
    Partial,
    /// The person stopped it. Nothing half written. Exit 130, as shells expect.
    Interrupted,
}

impl ErrorKind {
    /// The process exit status for this kind.
    pub fn exit_code(self) -> u8 {
        match self {
            ErrorKind::Refused => 1,
            ErrorKind::Usage | ErrorKind::Config => 2,
            ErrorKind::Unreachable => 3,
            ErrorKind::Partial => 4,
            ErrorKind::Interrupted => 130,
        }
    }
}

/// An error as a person reads it: a message, what was being done, the cause, and a hint.
///
/// Never carries a secret: whoever builds one from a provider's answer redacts first.
#[derive(Debug)]
pub struct Error {
    kind: ErrorKind,
    message: String,
    context: Vec<String>,
    hint: Option<String>,
    source: Option<Box<dyn std::error::Error + Send + Sync>>,
}

/// The result of everything in this crate that can fail.
pub type Result<T, E = Error> = std::result::Result<T, E>;

impl Error {
    /// An error of `kind`; `message` is a plain sentence without a full stop.
    pub fn new(kind: ErrorKind, message: impl Into<String>) -> Self {
        Error { kind, message: message.into(), context: Vec::new(), hint: None, source: None }
    }

    /// Short for [`ErrorKind::Usage`].
    pub fn usage(message: impl Into<String>) -> Self {
        Self::new(ErrorKind::Usage, message)
    }

    /// Short for [`ErrorKind::Config`].
    pub fn config(message: impl Into<String>) -> Self {
        Self::new(ErrorKind::Config, message)
    }

    /// Short for [`ErrorKind::Unreachable`].
    pub fn unreachable(message: impl Into<String>) -> Self {
        Self::new(ErrorKind::Unreachable, message)
    }

    /// Short for [`ErrorKind::Refused`].
    pub fn refused(message: impl Into<String>) -> Self {
        Self::new(ErrorKind::Refused, message)
    }

    /// What was being done, from the inside out: printed as `while …`.
    #[must_use]
    pub fn during(mut self, what: impl Into<String>) -> Self {
        self.context.push(what.into());
        self
    }

    /// What the person can do. A later, more specific hint does not replace an earlier one.
    #[must_use]
    pub fn hint(mut self, hint: impl Into<String>) -> Self {
        self.hint.get_or_insert_with(|| hint.into());
        self
    }

    /// The technical cause, kept for the chain.
    #[must_use]
    pub fn because(mut self, source: impl Into<Box<dyn std::error::Error + Send + Sync>>) -> Self {
        self.source = Some(source.into());
        self
    }

    /// What it means to a script.
    pub fn kind(&self) -> ErrorKind {
        self.kind
    }

    /// The first line, without context.
    pub fn message(&self) -> &str {
        &self.message
    }

    /// The hint, if there is one.
    pub fn hint_text(&self) -> Option<&str> {
        self.hint.as_deref()
    }

    /// The `while …` lines, innermost first.
    pub fn context(&self) -> &[String] {
        &self.context
    }
}

impl fmt::Display for Error {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.message)?;
        let mut cause = self.source.as_deref().map(|e| e as &dyn std::error::Error);
        while let Some(e) = cause {
            let text = e.to_string();
            // Libraries often repeat their cause in their own message.
            if !self.message.contains(&text) {
                write!(f, ": {text}")?;
            }
            cause = e.source();
        }
        Ok(())
    }
}

impl std::error::Error for Error {
    fn source(&self) -> Option<&(dyn std::error::Error + 'static)> {
        self.source.as_deref().map(|e| e as _)
    }
}
