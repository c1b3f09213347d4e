//! Type information and scalar values.
//!
//! A typed stream's columns are described by Arrow's own [`Schema`]; [`Shape`] says how a row of them appears
//! to a user (one bare value, a tuple, or a `Row`). [`Value`] is one scalar, for the edges that work record
//! by record: binding a SQL parameter, printing, hashing a key.

mod names;
mod value;

use std::fmt;

pub use arrow::datatypes::{DataType, Field, FieldRef, Fields, Schema, SchemaRef, TimeUnit};
pub use names::type_name;
pub use value::{Value, encode_text, key_group};

/// The number of key groups a keyed stream is divided into unless the program says otherwise.
pub const DEFAULT_MAX_PARALLELISM: u16 = 128;

/// How a row of columns appears to a user's function.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Default)]
pub enum Shape {
    /// The single column's bare value (`Types.STRING()`).
    Scalar,
    /// A tuple of the columns (`Types.TUPLE([...])`).
    Tuple,
    /// A row with named fields (`Types.ROW_NAMED(...)`).
    #[default]
    Row,
}

/// What a record means for a table: Flink's `RowKind`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Default, PartialOrd, Ord)]
#[repr(u8)]
pub enum RowKind {
    #[default]
    Insert = 0,
    UpdateBefore = 1,
    UpdateAfter = 2,
    Delete = 3,
}

impl RowKind {
    pub fn short_string(self) -> &'static str {
        match self {
            RowKind::Insert => "+I",
            RowKind::UpdateBefore => "-U",
            RowKind::UpdateAfter => "+U",
            RowKind::Delete => "-D",
        }
    }

    pub fn from_u8(kind: u8) -> Option<Self> {
        Some(match kind {
            0 => RowKind::Insert,
            1 => RowKind::UpdateBefore,
            2 => RowKind::UpdateAfter,
            3 => RowKind::Delete,
            _ => return None,
        })
    }
}

impl fmt::Display for RowKind {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.short_string())
    }
}
