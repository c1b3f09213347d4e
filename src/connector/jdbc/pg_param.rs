//! One value on its way into a PostgreSQL parameter of the type that the server reports.
//!
//! Where value and type agree it goes in binary; a string, and whatever else the server can read from text, goes as
//! text, so that `jsonb`, `uuid`, enums, `numeric` and `inet` need nothing here. Pairs that make no sense (a number
//! for a date, a date for a number) are refused with both names.

use std::error::Error;
use std::fmt;

use bytes::{BufMut, BytesMut};
use tokio_postgres::types::{Format, IsNull, Kind, ToSql, Type};

use super::rows::Cell;
use super::text;

/// 2000-01-01, where PostgreSQL counts from.
const EPOCH_DAYS: i32 = 10_957;
const MICROS_PER_DAY: i64 = 86_400_000_000;

#[derive(Debug, Clone, Copy)]
pub struct Param<'a> {
    pub cell: Cell<'a>,
    pub row: usize,
    pub column: usize,
}

/// A value that cannot become a parameter of its type.
#[derive(Debug)]
pub struct Unfit {
    pub row: usize,
    pub column: usize,
    what: &'static str,
    type_name: String,
}

impl fmt::Display for Unfit {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "a {} cannot be written to a column of type {}", self.what, self.type_name)
    }
}

impl Error for Unfit {}

/// How a value goes to the server.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Way {
    Binary,
    Text,
    Refused,
}

/// The type a domain is made of.
fn base(ty: &Type) -> &Type {
    match ty.kind() {
        Kind::Domain(inner) => base(inner),
        _ => ty,
    }
}

fn is_temporal(ty: &Type) -> bool {
    matches!(*ty, Type::DATE | Type::TIME | Type::TIMETZ | Type::TIMESTAMP | Type::TIMESTAMPTZ | Type::INTERVAL)
}

fn is_number(ty: &Type) -> bool {
    matches!(
        *ty,
        Type::INT2 | Type::INT4 | Type::INT8 | Type::FLOAT4 | Type::FLOAT8 | Type::NUMERIC | Type::OID | Type::MONEY
    )
}

/// Decides by value and type.
fn way(cell: Cell<'_>, ty: &Type) -> Way {
    let not_text_to = |refused: bool| if refused { Way::Refused } else { Way::Text };
    match (cell, ty) {
        (Cell::Null, _)
        | (Cell::Bool(_), &Type::BOOL)
        | (Cell::Int(_), &Type::INT8)
        | (Cell::Float(_) | Cell::Float32(_), &Type::FLOAT8)
        | (Cell::Float32(_), &Type::FLOAT4)
        | (Cell::Str(_) | Cell::Bytes(_), &Type::BYTEA)
        | (Cell::Date(_), &Type::DATE)
        | (Cell::Time(_), &Type::TIME)
        | (Cell::Timestamp(_) | Cell::Instant(_), &Type::TIMESTAMP)
        | (Cell::Instant(_), &Type::TIMESTAMPTZ) => Way::Binary,
        (Cell::Int(value), &Type::INT4) if i32::try_from(value).is_ok() => Way::Binary,
        (Cell::Int(value), &Type::INT2) if i16::try_from(value).is_ok() => Way::Binary,
        (Cell::Bytes(bytes), &Type::UUID) if bytes.len() == 16 => Way::Binary,
        (Cell::Bytes(_), _) => Way::Refused,
        (Cell::Str(_), _) => Way::Text,
        (Cell::Bool(_) | Cell::Int(_) | Cell::Decimal(_, _) | Cell::Float(_) | Cell::Float32(_), _) => {
            not_text_to(is_temporal(ty) || matches!(*ty, Type::BYTEA | Type::UUID))
        }
        (Cell::Date(_) | Cell::Timestamp(_) | Cell::Instant(_), _) => {
            not_text_to(is_number(ty) || matches!(*ty, Type::BOOL | Type::BYTEA | Type::UUID | Type::INTERVAL))
        }
        (Cell::Time(_), _) => not_text_to(
            is_number(ty)
                || matches!(
                    *ty,
                    Type::BOOL | Type::BYTEA | Type::UUID | Type::DATE | Type::TIMESTAMP | Type::TIMESTAMPTZ
                ),
        ),
    }
}

/// As the row type calls it.
fn type_of(cell: Cell<'_>) -> &'static str {
    match cell {
        Cell::Null => "NULL",
        Cell::Bool(_) => "BOOLEAN",
        Cell::Int(_) => "whole number",
        Cell::Float32(_) | Cell::Float(_) => "FLOAT or DOUBLE",
        Cell::Decimal(_, _) => "DECIMAL",
        Cell::Str(_) => "STRING",
        Cell::Bytes(_) => "byte array",
        Cell::Date(_) => "DATE",
        Cell::Time(_) => "TIME",
        Cell::Timestamp(_) => "TIMESTAMP",
        Cell::Instant(_) => "INSTANT",
    }
}

impl Param<'_> {
    fn write_binary(&self, ty: &Type, out: &mut BytesMut) {
        match self.cell {
            Cell::Bool(value) => out.put_u8(value.into()),
            // `way` has seen that it fits
            Cell::Int(value) if *ty == Type::INT2 => out.put_i16(value as i16),
            Cell::Int(value) if *ty == Type::INT4 => out.put_i32(value as i32),
            Cell::Int(value) => out.put_i64(value),
            Cell::Float32(value) if *ty == Type::FLOAT4 => out.put_f32(value),
            Cell::Float32(value) => out.put_f64(value.into()),
            Cell::Float(value) => out.put_f64(value),
            Cell::Str(text) => out.put_slice(text.as_bytes()),
            Cell::Bytes(bytes) => out.put_slice(bytes),
            Cell::Date(days) => out.put_i32(days.saturating_sub(EPOCH_DAYS)),
            Cell::Time(micros) => out.put_i64(micros),
            Cell::Timestamp(micros) | Cell::Instant(micros) => {
                out.put_i64(micros.saturating_sub(i64::from(EPOCH_DAYS) * MICROS_PER_DAY));
            }
            Cell::Null | Cell::Decimal(_, _) => {}
        }
    }

    fn write_text(&self, ty: &Type, out: &mut BytesMut) {
        let mut written = Vec::with_capacity(40);
        match self.cell {
            Cell::Str(text) => return out.put_slice(text.as_bytes()),
            Cell::Bool(value) if !is_number(ty) => return out.put_slice(if value { b"true" } else { b"false" }),
            cell => text::write(&mut written, cell),
        }
        if matches!(self.cell, Cell::Instant(_)) {
            written.extend_from_slice(b"+00");
        }
        out.put_slice(&written);
    }
}

impl ToSql for Param<'_> {
    fn to_sql(&self, ty: &Type, out: &mut BytesMut) -> Result<IsNull, Box<dyn Error + Sync + Send>> {
        if self.cell == Cell::Null {
            return Ok(IsNull::Yes);
        }
        let ty = base(ty);
        match way(self.cell, ty) {
            Way::Binary => self.write_binary(ty, out),
            Way::Text => self.write_text(ty, out),
            Way::Refused => {
                let (what, type_name) = (type_of(self.cell), ty.name().to_owned());
                return Err(Box::new(Unfit { row: self.row, column: self.column, what, type_name }));
            }
        }
        Ok(IsNull::No)
    }

    fn accepts(_: &Type) -> bool {
        true
    }

    fn to_sql_checked(&self, ty: &Type, out: &mut BytesMut) -> Result<IsNull, Box<dyn Error + Sync + Send>> {
        self.to_sql(ty, out)
    }

    fn encode_format(&self, ty: &Type) -> Format {
        match way(self.cell, base(ty)) {
            Way::Text => Format::Text,
            Way::Binary | Way::Refused => Format::Binary,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn sent(cell: Cell<'_>, ty: &Type) -> Result<(bool, Vec<u8>), String> {
        let param = Param { cell, row: 0, column: 0 };
        let mut out = BytesMut::new();
        param.to_sql(ty, &mut out).map_err(|error| error.to_string())?;
        Ok((matches!(param.encode_format(ty), Format::Text), out.to_vec()))
    }

    #[test]
    fn binary_where_the_types_agree_and_text_elsewhere() {
        assert_eq!(sent(Cell::Int(7), &Type::INT2), Ok((false, vec![0, 7])));
        assert_eq!(sent(Cell::Int(70_000), &Type::INT2), Ok((true, b"70000".to_vec())));
        assert_eq!(sent(Cell::Int(7), &Type::TEXT), Ok((true, b"7".to_vec())));
        assert_eq!(sent(Cell::Decimal(-1205, 2), &Type::NUMERIC), Ok((true, b"-12.05".to_vec())));
        assert_eq!(sent(Cell::Bool(true), &Type::INT4), Ok((true, b"1".to_vec())));
        assert_eq!(sent(Cell::Bool(true), &Type::TEXT), Ok((true, b"true".to_vec())));
        assert_eq!(sent(Cell::Date(10_958), &Type::DATE), Ok((false, vec![0, 0, 0, 1])));
        assert_eq!(sent(Cell::Instant(0), &Type::TEXT), Ok((true, b"1970-01-01 00:00:00+00".to_vec())));
    }

    #[test]
    fn senseless_pairs_are_refused() {
        let refused = sent(Cell::Int(1_704_103_200_000), &Type::TIMESTAMP).unwrap_err();
        assert_eq!(refused, "a whole number cannot be written to a column of type timestamp");
        assert!(sent(Cell::Bytes(b"x"), &Type::TEXT).is_err());
        assert!(sent(Cell::Date(1), &Type::INT4).is_err());
    }
}
