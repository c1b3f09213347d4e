//! What can be wrong with a payload, in words a person can act on.

use crate::error::{ErrorKind, Explain};

/// Errors of formats. Paths name the field from the top of the record (`items[2].quantity`); offsets count bytes
/// from the start of the payload.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum FormatError {
    #[error("malformed {format}{} at byte {offset}: expected {expected}, found {found}", inside(.path))]
    Malformed { format: &'static str, path: String, offset: usize, expected: String, found: String },
    #[error("{format}{} at byte {offset} does not fit its type: expected {expected}, found {found}", inside(.path))]
    Mismatch { format: &'static str, path: String, offset: usize, expected: String, found: String },
    #[error("{format}: the field '{path}' is missing (object at byte {offset})")]
    Missing { format: &'static str, path: String, offset: usize },
    #[error("{format}: invalid UTF-8 at byte {offset}")]
    NotUtf8 { format: &'static str, offset: usize },
    #[error("{format}: expected {expected} fields in a row, found {found}")]
    Arity { format: &'static str, expected: usize, found: usize },
    #[error("{format}: more than 2 GiB of text in the column '{path}' of one batch")]
    TooLarge { format: &'static str, path: String },
    #[error("the format '{format}' cannot hold the column '{column}' of type {data_type}")]
    Unsupported { format: &'static str, column: String, data_type: String },
    #[error("{format}: {message}")]
    Options { format: &'static str, message: String },
}

fn inside(path: &str) -> String {
    if path.is_empty() { String::new() } else { format!(" in the field '{path}'") }
}

impl Explain for FormatError {
    fn kind(&self) -> ErrorKind {
        match self {
            FormatError::Unsupported { .. } | FormatError::Options { .. } => ErrorKind::Config,
            _ => ErrorKind::Data,
        }
    }

    fn hint(&self) -> Option<String> {
        let text = match self {
            FormatError::Malformed { .. } | FormatError::NotUtf8 { .. } | FormatError::Arity { .. } => {
                "correct what writes these records, or skip them with the option 'ignore-parse-errors', or parse in \
                 the job and send them to a side output"
            }
            FormatError::Mismatch { .. } => {
                "declare the field with the type the records have (STRING takes any value), or set the option \
                 'ignore-parse-errors'"
            }
            FormatError::Missing { .. } => "leave out the option 'fail-on-missing-field' to read it as NULL",
            FormatError::TooLarge { .. } => "lower the batch size",
            FormatError::Unsupported { .. } => "declare another type for the column",
            FormatError::Options { .. } => return None,
        };
        Some(text.to_owned())
    }
}
