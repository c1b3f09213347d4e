//! Sources and sinks that a program writes in Python.

pub mod sink;
pub mod source;
