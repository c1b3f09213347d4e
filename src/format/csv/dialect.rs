//! The characters that shape a CSV text, and how it falls into records and fields.

use memchr::memchr;

use super::super::error::FormatError;
use super::FORMAT;
use crate::error::{Error, Result};
use crate::options::Options;

/// Flink's CSV options that a reader and a writer share.
#[derive(Debug, Clone)]
pub struct CsvDialect {
    pub delimiter: u8,
    pub quote: Option<u8>,
    pub escape: Option<u8>,
    pub array_delimiter: String,
    pub null_literal: Option<String>,
    pub allow_comments: bool,
}

/// The texts of a record's fields.
pub(super) struct Fields {
    /// The texts of all fields, one behind the other.
    pub text: Vec<u8>,
    pub ends: Vec<usize>,
}

impl Fields {
    pub fn new() -> Self {
        Fields { text: Vec::new(), ends: Vec::new() }
    }

    pub fn len(&self) -> usize {
        self.ends.len()
    }

    /// The record was checked to be UTF-8 and is cut at ASCII characters.
    pub fn get(&self, at: usize) -> &str {
        let start = if at == 0 { 0 } else { self.ends[at - 1] };
        std::str::from_utf8(&self.text[start..self.ends[at]]).unwrap_or_default()
    }
}

impl CsvDialect {
    pub fn parse(options: &Options) -> Result<Self> {
        let character = |key: &str, default: Option<u8>| match options.get(key) {
            None => Ok(default),
            Some(text) => match text.as_bytes() {
                [byte] if byte.is_ascii() && !matches!(byte, b'\n' | b'\r') => Ok(Some(*byte)),
                b"\\t" => Ok(Some(b'\t')),
                _ => Err(Error::config(format!("the option '{key}' is '{text}', which is not one ASCII character"))),
            },
        };
        let dialect = CsvDialect {
            delimiter: character("field-delimiter", Some(b','))?.unwrap_or(b','),
            quote: match options.parse("disable-quote-character", false)? {
                true => None,
                false => character("quote-character", Some(b'"'))?,
            },
            escape: character("escape-character", None)?,
            array_delimiter: options.get("array-element-delimiter").unwrap_or(";").to_owned(),
            null_literal: options.get("null-literal").map(str::to_owned),
            allow_comments: options.parse("allow-comments", false)?,
        };
        if Some(dialect.delimiter) == dialect.quote || Some(dialect.delimiter) == dialect.escape {
            let message = "the field delimiter, the quote and the escape character must differ".to_owned();
            return Err(FormatError::Options { format: FORMAT, message }.into());
        }
        Ok(dialect)
    }

    /// The position of the line end behind the first record; one in quotation marks belongs to the record.
    pub fn record_end(&self, bytes: &[u8]) -> Option<usize> {
        let first = memchr(b'\n', bytes);
        let quote_here = |quote| memchr(quote, &bytes[..first.unwrap_or(bytes.len())]).is_some();
        if !self.quote.is_some_and(quote_here) && self.escape.is_none() {
            return first;
        }
        if self.is_comment(bytes) {
            return first;
        }
        let mut at = 0;
        let mut field_start = true;
        while at < bytes.len() {
            let byte = bytes[at];
            if Some(byte) == self.quote && field_start {
                at = self.closing_quote(bytes, at + 1)?;
                field_start = false;
            } else if Some(byte) == self.escape {
                field_start = false;
                at += 1;
            } else if byte == b'\n' {
                return Some(at);
            } else {
                field_start = byte == self.delimiter;
            }
            at += 1;
        }
        None
    }

    pub(super) fn is_comment(&self, record: &[u8]) -> bool {
        self.allow_comments && record.iter().find(|byte| **byte != b' ') == Some(&b'#')
    }

    /// The position of the quotation mark that ends the field which begins at `at`.
    fn closing_quote(&self, bytes: &[u8], mut at: usize) -> Option<usize> {
        while at < bytes.len() {
            if Some(bytes[at]) == self.escape {
                at += 1;
            } else if Some(bytes[at]) == self.quote {
                if bytes.get(at + 1).copied() != self.quote {
                    return Some(at);
                }
                at += 1;
            }
            at += 1;
        }
        None
    }

    /// Cuts one record into its fields.
    pub(super) fn split(&self, record: &[u8], fields: &mut Fields) -> Result<(), FormatError> {
        fields.text.clear();
        fields.ends.clear();
        let wrong = |offset: usize, expected: &str, found: String| FormatError::Malformed {
            format: FORMAT,
            path: String::new(),
            offset,
            expected: expected.to_owned(),
            found,
        };
        let mut at = 0;
        loop {
            if self.quote.is_some() && record.get(at).copied() == self.quote {
                let end = self
                    .closing_quote(record, at + 1)
                    .ok_or_else(|| wrong(at, "a closing quotation mark", "the end of the record".to_owned()))?;
                self.unescape(&record[at + 1..end], true, &mut fields.text);
                at = end + 1;
                while record.get(at) == Some(&b' ') && self.delimiter != b' ' {
                    at += 1;
                }
                if at < record.len() && record[at] != self.delimiter {
                    let found = String::from_utf8_lossy(&record[at..]).chars().next().unwrap_or_default();
                    return Err(wrong(at, "a field delimiter after a quotation mark", format!("{found:?}")));
                }
            } else if let Some(escape) = self.escape {
                let start = at;
                while at < record.len() && record[at] != self.delimiter {
                    at += if record[at] == escape { 2 } else { 1 };
                }
                at = at.min(record.len());
                self.unescape(&record[start..at], false, &mut fields.text);
            } else {
                let end = memchr(self.delimiter, &record[at..]).map_or(record.len(), |found| at + found);
                fields.text.extend_from_slice(&record[at..end]);
                at = end;
            }
            fields.ends.push(fields.text.len());
            if at >= record.len() {
                return Ok(());
            }
            at += 1;
        }
    }

    /// In quotation marks a doubled one is one; behind the escape character `n`, `r`, `t` and `0` mean control characters.
    fn unescape(&self, field: &[u8], quoted: bool, out: &mut Vec<u8>) {
        let mut bytes = field.iter().copied();
        while let Some(byte) = bytes.next() {
            if Some(byte) == self.escape {
                out.extend(bytes.next().map(|escaped| match escaped {
                    b'n' => b'\n',
                    b'r' => b'\r',
                    b't' => b'\t',
                    b'0' => 0,
                    other => other,
                }));
            } else {
                out.push(byte);
                if quoted && Some(byte) == self.quote {
                    // only the first of two is kept
                    bytes.next();
                }
            }
        }
    }
}
