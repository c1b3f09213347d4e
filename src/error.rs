//! One error type at the surface, one enum of facts per layer below it.
//!
//! A layer (a connector, a format, the graph) has its own `thiserror` enum whose variants carry facts, and
//! implements [`Explain`] for it; `?` then turns it into an [`Error`], which adds the place (operator, line of
//! the user's program) on its way up. Messages say what happened, where, and what to do.

use std::any::Any;
use std::fmt;

pub type Result<T, E = Error> = std::result::Result<T, E>;

/// What kind of failure it is: a binding maps each kind to an exception class of its language.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum ErrorKind {
    /// The program or its configuration is wrong; running it again cannot help.
    Config,
    /// A record that cannot be read, converted or written.
    Data,
    /// A server, file or network did not do what was asked; trying again may help.
    Connector,
    /// An exception raised by a user's function; the source is the language's own exception.
    User,
    /// The job was cancelled.
    Cancelled,
    /// A bug in the engine.
    Internal,
}

/// Implemented by each layer's error enum.
pub trait Explain: std::error::Error + Send + Sync + 'static {
    fn kind(&self) -> ErrorKind;
    /// What the reader should do next, as a sentence.
    fn hint(&self) -> Option<String> {
        None
    }
}

struct Inner {
    kind: ErrorKind,
    message: String,
    hint: Option<String>,
    place: Option<String>,
    input: Option<String>,
    payload: Option<Box<dyn Any + Send + Sync>>,
}

/// A failure with what happened, where, and what to do next.
pub struct Error(Box<Inner>);

impl Error {
    pub fn new(kind: ErrorKind, message: impl Into<String>) -> Self {
        Error(Box::new(Inner { kind, message: message.into(), hint: None, place: None, input: None, payload: None }))
    }

    pub fn config(message: impl Into<String>) -> Self {
        Self::new(ErrorKind::Config, message)
    }

    pub fn data(message: impl Into<String>) -> Self {
        Self::new(ErrorKind::Data, message)
    }

    pub fn connector(message: impl Into<String>) -> Self {
        Self::new(ErrorKind::Connector, message)
    }

    pub fn internal(message: impl Into<String>) -> Self {
        Self::new(ErrorKind::Internal, message)
    }

    pub fn cancelled() -> Self {
        Self::new(ErrorKind::Cancelled, "the job was cancelled")
    }

    /// An exception of a language binding, carried as it is so that the user gets it back unchanged.
    pub fn user(message: impl Into<String>, exception: Box<dyn Any + Send + Sync>) -> Self {
        let mut error = Self::new(ErrorKind::User, message);
        error.0.payload = Some(exception);
        error
    }

    /// The same as another kind of failure, where it happened in the middle of something else.
    pub fn of_kind(mut self, kind: ErrorKind) -> Self {
        self.0.kind = kind;
        self
    }

    /// What to do next, as a sentence.
    pub fn with_hint(mut self, hint: impl Into<String>) -> Self {
        self.0.hint = Some(hint.into());
        self
    }

    /// Where it happened; the innermost place wins.
    pub fn at(mut self, place: impl Into<String>) -> Self {
        if self.0.place.is_none() {
            self.0.place = Some(place.into());
        }
        self
    }

    /// The (shortened) record that was being processed; the innermost one wins.
    pub fn with_input(mut self, input: impl Into<String>) -> Self {
        if self.0.input.is_none() {
            self.0.input = Some(input.into());
        }
        self
    }

    pub fn kind(&self) -> ErrorKind {
        self.0.kind
    }

    pub fn message(&self) -> &str {
        &self.0.message
    }

    pub fn hint(&self) -> Option<&str> {
        self.0.hint.as_deref()
    }

    pub fn place(&self) -> Option<&str> {
        self.0.place.as_deref()
    }

    pub fn input(&self) -> Option<&str> {
        self.0.input.as_deref()
    }

    /// The exception given to [`Error::user`].
    pub fn take_payload(&mut self) -> Option<Box<dyn Any + Send + Sync>> {
        self.0.payload.take()
    }
}

impl<E: Explain> From<E> for Error {
    fn from(error: E) -> Self {
        let hint = error.hint();
        let mut message = error.to_string();
        let mut source = std::error::Error::source(&error);
        while let Some(cause) = source {
            let cause_text = cause.to_string();
            if !message.contains(&cause_text) {
                message = format!("{message}: {cause_text}");
            }
            source = cause.source();
        }
        let converted = Error::new(error.kind(), message);
        match hint {
            Some(hint) => converted.with_hint(hint),
            None => converted,
        }
    }
}

impl fmt::Display for Error {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0.message)?;
        if let Some(place) = &self.0.place {
            write!(f, "\n  where: {place}")?;
        }
        if let Some(input) = &self.0.input {
            write!(f, "\n  record: {input}")?;
        }
        if let Some(hint) = &self.0.hint {
            write!(f, "\n  what to do: {hint}")?;
        }
        Ok(())
    }
}

impl fmt::Debug for Error {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{:?}: {self}", self.0.kind)
    }
}

/// At most `limit` characters of a record's text, for messages.
pub fn shorten(text: &str, limit: usize) -> String {
    match text.char_indices().nth(limit) {
        None => text.to_owned(),
        Some((end, _)) => format!("{}… ({} bytes)", &text[..end], text.len()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn says_what_where_and_what_to_do() {
        let error =
            Error::connector("connection refused").at("sink 'orders'").at("task 3").with_hint("start the server");
        assert_eq!(error.to_string(), "connection refused\n  where: sink 'orders'\n  what to do: start the server");
    }

    #[test]
    fn shortens_at_characters_not_bytes() {
        assert_eq!(shorten("订单订单", 2), "订单… (12 bytes)");
        assert_eq!(shorten("short", 10), "short");
    }
}
