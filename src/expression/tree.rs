//! The tree of an expression as a program wrote it, and its JSON.
//!
//! `{"col": name}`, `{"lit": value, "type": "INT"}`, `{"call": name, "args": [...], "type": "DECIMAL(10, 2)"}`
//! (`type` only for `cast` and `tryCast`). The type `SYMBOL` marks a keyword such as a time unit.

use std::fmt;

use arrow::datatypes::Schema;
use serde::{Deserialize, Serialize};

use super::{Bound, ExpressionError};
use crate::error::Result;

#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(untagged)]
pub enum Expr {
    Column {
        col: String,
    },
    /// Numbers that JSON does not keep exactly (DOUBLE, DECIMAL) and temporal values come as text.
    Literal {
        lit: serde_json::Value,
        #[serde(rename = "type")]
        type_text: String,
    },
    Call {
        call: String,
        #[serde(default)]
        args: Vec<Expr>,
        #[serde(default, rename = "type", skip_serializing_if = "Option::is_none")]
        target: Option<String>,
    },
}

impl Expr {
    pub fn column(name: impl Into<String>) -> Expr {
        Expr::Column { col: name.into() }
    }

    pub fn literal(value: impl Into<serde_json::Value>, type_text: impl Into<String>) -> Expr {
        Expr::Literal { lit: value.into(), type_text: type_text.into() }
    }

    pub fn call(name: impl Into<String>, args: impl Into<Vec<Expr>>) -> Expr {
        Expr::Call { call: name.into(), args: args.into(), target: None }
    }

    pub fn from_json(json: &str) -> Result<Expr> {
        Ok(serde_json::from_str(json).map_err(ExpressionError::Json)?)
    }

    /// A JSON list of expressions.
    pub fn list_from_json(json: &str) -> Result<Vec<Expr>> {
        Ok(serde_json::from_str(json).map_err(ExpressionError::Json)?)
    }

    /// Resolves columns and types against `schema`.
    pub fn bind(&self, schema: &Schema) -> Result<Bound> {
        Ok(Bound::new(super::bind(self, schema)?, self.to_string()))
    }

    /// The name of the column this makes, if the program gave it one: an alias, a column's own name, or
    /// `a$b` for the field `b` of `a`.
    pub fn output_name(&self) -> Option<String> {
        match self {
            Expr::Column { col } => Some(col.clone()),
            Expr::Literal { .. } => None,
            Expr::Call { call, args, .. } => match (call.as_str(), args.as_slice()) {
                ("as", [_, name, ..]) => name.as_text().map(str::to_owned),
                ("get", [of, Expr::Literal { lit, .. }]) => {
                    let of = of.output_name()?;
                    Some(match lit {
                        serde_json::Value::String(field) => format!("{of}${field}"),
                        index => format!("{of}$_{index}"),
                    })
                }
                _ => None,
            },
        }
    }

    /// The text of a string literal or symbol.
    pub(super) fn as_text(&self) -> Option<&str> {
        match self {
            Expr::Literal { lit: serde_json::Value::String(text), .. } => Some(text),
            _ => None,
        }
    }
}

fn is_text(type_text: &str) -> bool {
    ["STRING", "CHAR", "VARCHAR"].iter().any(|name| type_text.starts_with(name))
}

impl fmt::Display for Expr {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Expr::Column { col } => f.write_str(col),
            Expr::Literal { lit, type_text } => match lit {
                serde_json::Value::Null => f.write_str("null"),
                serde_json::Value::String(text) if is_text(type_text) => write!(f, "'{}'", text.replace('\'', "''")),
                serde_json::Value::String(text) => f.write_str(text),
                other => write!(f, "{other}"),
            },
            Expr::Call { call, args, target } => {
                write!(f, "{}(", if call == "tryCast" { "TRY_CAST" } else { call })?;
                for (i, arg) in args.iter().enumerate() {
                    write!(f, "{}{arg}", if i == 0 { "" } else { ", " })?;
                }
                if let Some(target) = target {
                    write!(f, ", {target}")?;
                }
                f.write_str(")")
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn json_round_trip_and_text() {
        let json = r#"{"call":"cast","args":[{"call":"concat","args":[{"col":"a"},{"lit":"it's","type":"STRING"},{"lit":null,"type":"NULL"}]}],"type":"INT"}"#;
        let expr = Expr::from_json(json).unwrap();
        assert_eq!(expr.to_string(), "cast(concat(a, 'it''s', null), INT)");
        assert_eq!(serde_json::to_string(&expr).unwrap(), json);
        assert_eq!(Expr::literal("x", "STRING NOT NULL").to_string(), "'x'");
    }

    #[test]
    fn names_as_in_flink() {
        let name = |json: &str| Expr::from_json(json).unwrap().output_name();
        assert_eq!(name(r#"{"col":"a"}"#).as_deref(), Some("a"));
        assert_eq!(name(r#"{"call":"get","args":[{"col":"a"},{"lit":"b","type":"STRING"}]}"#).as_deref(), Some("a$b"));
        assert_eq!(name(r#"{"call":"as","args":[{"col":"a"},{"lit":"b","type":"STRING"}]}"#).as_deref(), Some("b"));
        assert_eq!(name(r#"{"call":"abs","args":[{"col":"a"}]}"#), None);
    }
}
