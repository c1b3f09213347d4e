//! What the engine has to say while a job runs, on standard error: a line for each warning.
//!
//! `FLOTT_LOG` says how much: `off`, `error`, `warn` (unless set), `info`, `debug`, `trace`. Python's `logging` is not
//! used: a thread of a client library may speak while Python waits for it, and must not wait for Python.

use std::collections::HashMap;
use std::fmt::{self, Write as _};
use std::io::Write as _;
use std::sync::{Mutex, PoisonError};
use std::time::{Duration, Instant};

use tracing::field::{Field, Visit};
use tracing::level_filters::LevelFilter;
use tracing::span::{Attributes, Id, Record};
use tracing::{Event, Level, Metadata, Subscriber};

/// A text is not repeated within this time: a client that tries again and again says it each time.
const QUIET: Duration = Duration::from_secs(10);
/// So many texts are remembered.
const REMEMBERED: usize = 100;

/// Starts to write; called once, when the module is loaded.
pub fn start() {
    let given = std::env::var("FLOTT_LOG").ok();
    let limit = given.and_then(|text| text.trim().parse().ok()).unwrap_or(LevelFilter::WARN);
    if limit != LevelFilter::OFF {
        // another extension of this process may have set one already: then it is that one's business
        let _ = tracing::subscriber::set_global_default(StandardError { limit, said: Mutex::default() });
    }
}

struct StandardError {
    limit: LevelFilter,
    said: Mutex<HashMap<String, Instant>>,
}

impl StandardError {
    fn is_news(&self, text: &str) -> bool {
        let mut said = self.said.lock().unwrap_or_else(PoisonError::into_inner);
        said.retain(|_, at| at.elapsed() < QUIET);
        if said.contains_key(text) {
            return false;
        }
        if said.len() < REMEMBERED {
            said.insert(text.to_owned(), Instant::now());
        }
        true
    }
}

impl Subscriber for StandardError {
    fn enabled(&self, metadata: &Metadata<'_>) -> bool {
        // what librdkafka logs, the connector says in its own words where it matters
        let spoken = match source(metadata) {
            "flott" => true,
            other => other == "librdkafka" && self.limit >= LevelFilter::DEBUG,
        };
        spoken && *metadata.level() <= self.limit
    }

    fn max_level_hint(&self) -> Option<LevelFilter> {
        Some(self.limit)
    }

    fn event(&self, event: &Event<'_>) {
        let mut text = Text { message: String::new(), fields: String::new() };
        event.record(&mut text);
        let level = match *event.metadata().level() {
            Level::ERROR => "ERROR",
            Level::WARN => "WARNING",
            Level::INFO => "INFO",
            _ => "DEBUG",
        };
        let mut line = format!("{level} {}: {}", source(event.metadata()), text.message);
        if !text.fields.is_empty() {
            let _ = write!(line, " ({})", text.fields);
        }
        if !self.is_news(&line) {
            return;
        }
        line.push('\n');
        // one write, so that lines of several threads do not mix; nothing can be done where there is no reader
        let _ = std::io::stderr().lock().write_all(line.as_bytes());
    }

    fn new_span(&self, _attributes: &Attributes<'_>) -> Id {
        Id::from_u64(1)
    }

    fn record(&self, _span: &Id, _values: &Record<'_>) {}

    fn record_follows_from(&self, _span: &Id, _follows: &Id) {}

    fn enter(&self, _span: &Id) {}

    fn exit(&self, _span: &Id) {}
}

/// The crate that speaks; the binding's is `_flott`.
fn source<'a>(metadata: &Metadata<'a>) -> &'a str {
    metadata.target().split("::").next().unwrap_or_default().trim_start_matches('_')
}

struct Text {
    message: String,
    fields: String,
}

impl Visit for Text {
    fn record_debug(&mut self, field: &Field, value: &dyn fmt::Debug) {
        let _ = match field.name() {
            "message" => write!(self.message, "{value:?}"),
            name => {
                let comma = if self.fields.is_empty() { "" } else { ", " };
                write!(self.fields, "{comma}{name}={value:?}")
            }
        };
    }
}
