//! Flott: a streaming engine with the semantics of Apache Flink's DataStream API.
//!
//! Each module may use only the modules listed above it; nothing here knows of Python.

pub mod error;

pub mod types;

pub mod batch;
pub mod metrics;
pub mod options;

pub mod checkpoint;

pub mod time;

pub mod state;

pub mod window;

pub mod cep;

pub mod expression;

pub mod format;

pub mod operator;

pub mod connector;

pub mod graph;

pub mod runtime;

pub mod broker;

pub use error::{Error, ErrorKind, Explain, Result};
