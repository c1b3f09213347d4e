//! Flink's names of types, and the Arrow type behind each.

use std::sync::Arc;

use arrow::datatypes::{DataType, Field, IntervalUnit, TimeUnit};

use super::ExpressionError;

/// TIMESTAMP: a date and time without zone, in microseconds.
pub(crate) const TIMESTAMP: DataType = DataType::Timestamp(TimeUnit::Microsecond, None);
/// TIME, in milliseconds.
pub(crate) const TIME: DataType = DataType::Time32(TimeUnit::Millisecond);
/// An interval of days to seconds, in milliseconds.
pub(crate) const DAY_TIME: DataType = DataType::Duration(TimeUnit::Millisecond);
/// An interval of years and months, in months.
pub(crate) const YEAR_MONTH: DataType = DataType::Interval(IntervalUnit::YearMonth);

/// TIMESTAMP_LTZ: an instant, in microseconds.
pub(crate) fn timestamp_ltz() -> DataType {
    DataType::Timestamp(TimeUnit::Microsecond, Some("UTC".into()))
}

/// The type that `text` names in Flink SQL: `INT`, `DECIMAL(10, 2)`, `ARRAY<ROW<sku STRING, qty INT>>`.
pub fn parse_type(text: &str) -> Result<DataType, ExpressionError> {
    let mut parser = Parser { text, rest: text };
    let parsed = parser.data_type()?;
    if parser.rest.trim().is_empty() { Ok(parsed) } else { Err(parser.error("there is text behind the type")) }
}

/// How many digits of a second a TIMESTAMP type's text asks for.
pub(crate) fn fraction_digits(text: &str) -> Option<u32> {
    let upper = text.trim().to_uppercase();
    let digits = upper.strip_prefix("TIMESTAMP_LTZ(").or_else(|| upper.strip_prefix("TIMESTAMP("))?;
    digits.split(')').next()?.trim().parse().ok()
}

pub(crate) fn is_string(data_type: &DataType) -> bool {
    matches!(data_type, DataType::Utf8)
}

pub(crate) fn is_temporal(data_type: &DataType) -> bool {
    matches!(data_type, DataType::Date32 | DataType::Time32(_) | DataType::Timestamp(_, _))
}

pub(crate) fn is_integer(data_type: &DataType) -> bool {
    matches!(data_type, DataType::Int8 | DataType::Int16 | DataType::Int32 | DataType::Int64)
}

pub(crate) fn is_numeric(data_type: &DataType) -> bool {
    is_integer(data_type) || matches!(data_type, DataType::Float32 | DataType::Float64 | DataType::Decimal128(_, _))
}

struct Parser<'a> {
    text: &'a str,
    rest: &'a str,
}

impl<'a> Parser<'a> {
    fn error(&self, message: &str) -> ExpressionError {
        ExpressionError::TypeText { text: self.text.to_owned(), message: message.to_owned() }
    }

    fn word(&mut self) -> Option<&'a str> {
        self.rest = self.rest.trim_start();
        if let Some(quoted) = self.rest.strip_prefix('`') {
            let end = quoted.find('`')?;
            self.rest = &quoted[end + 1..];
            return Some(&quoted[..end]);
        }
        let end = self.rest.find(|c: char| !(c.is_alphanumeric() || c == '_')).unwrap_or(self.rest.len());
        let (word, rest) = self.rest.split_at(end);
        if word.is_empty() {
            return None;
        }
        self.rest = rest;
        Some(word)
    }

    fn take(&mut self, symbol: char) -> bool {
        self.rest = self.rest.trim_start();
        match self.rest.strip_prefix(symbol) {
            Some(rest) => {
                self.rest = rest;
                true
            }
            None => false,
        }
    }

    fn expect(&mut self, symbol: char) -> Result<(), ExpressionError> {
        if self.take(symbol) { Ok(()) } else { Err(self.error(&format!("'{symbol}' is missing"))) }
    }

    /// Takes the words if they come next.
    fn keywords(&mut self, words: &[&str]) -> bool {
        let before = self.rest;
        for expected in words {
            if !self.word().is_some_and(|word| word.eq_ignore_ascii_case(expected)) {
                self.rest = before;
                return false;
            }
        }
        true
    }

    /// `(a)` or `(a, b)`.
    fn numbers(&mut self) -> Result<Vec<u32>, ExpressionError> {
        let mut numbers = Vec::new();
        if !self.take('(') {
            return Ok(numbers);
        }
        loop {
            let number = self.word().and_then(|word| word.parse().ok());
            numbers.push(number.ok_or_else(|| self.error("a number is missing in the parentheses"))?);
            if !self.take(',') {
                self.expect(')')?;
                return Ok(numbers);
            }
        }
    }

    fn item(&mut self) -> Result<DataType, ExpressionError> {
        self.expect('<')?;
        let item = self.data_type()?;
        self.expect('>')?;
        Ok(item)
    }

    fn data_type(&mut self) -> Result<DataType, ExpressionError> {
        let name = self.word().ok_or_else(|| self.error("the name of a type is missing"))?.to_uppercase();
        let data_type = match name.as_str() {
            "NULL" => DataType::Null,
            "BOOLEAN" => DataType::Boolean,
            "TINYINT" => DataType::Int8,
            "SMALLINT" => DataType::Int16,
            "INT" | "INTEGER" => DataType::Int32,
            "BIGINT" => DataType::Int64,
            "FLOAT" => DataType::Float32,
            "DOUBLE" => {
                self.keywords(&["PRECISION"]);
                DataType::Float64
            }
            "DECIMAL" | "DEC" | "NUMERIC" => self.decimal()?,
            "STRING" => DataType::Utf8,
            "VARCHAR" | "CHAR" => {
                let length = self.numbers()?;
                if length.first().is_some_and(|length| *length != i32::MAX as u32) {
                    return Err(self.error("texts have no fixed length here; use STRING, and left(n) to shorten"));
                }
                DataType::Utf8
            }
            "BYTES" | "VARBINARY" | "BINARY" => {
                self.numbers()?;
                DataType::Binary
            }
            "DATE" => DataType::Date32,
            "TIME" => {
                self.numbers()?;
                TIME
            }
            "TIMESTAMP" => {
                self.numbers()?;
                if self.keywords(&["WITH", "LOCAL", "TIME", "ZONE"]) {
                    timestamp_ltz()
                } else {
                    self.keywords(&["WITHOUT", "TIME", "ZONE"]);
                    TIMESTAMP
                }
            }
            "TIMESTAMP_LTZ" => {
                self.numbers()?;
                timestamp_ltz()
            }
            "INTERVAL" => self.interval()?,
            "ARRAY" => DataType::List(Arc::new(Field::new_list_field(self.item()?, true))),
            "MAP" => self.map()?,
            "ROW" => self.row()?,
            _ => return Err(self.error("no such type")),
        };
        if !self.keywords(&["NOT", "NULL"]) && name != "NULL" {
            self.keywords(&["NULL"]);
        }
        Ok(data_type)
    }

    fn decimal(&mut self) -> Result<DataType, ExpressionError> {
        let numbers = self.numbers()?;
        let precision = numbers.first().copied().unwrap_or(10);
        let scale = numbers.get(1).copied().unwrap_or(0);
        if !(1..=38).contains(&precision) || scale > precision {
            return Err(self.error("the precision is 1 to 38, the scale 0 to the precision"));
        }
        Ok(DataType::Decimal128(precision as u8, scale as i8))
    }

    fn interval(&mut self) -> Result<DataType, ExpressionError> {
        let unit = self.word().map(str::to_uppercase);
        self.numbers()?;
        let data_type = match unit.as_deref() {
            Some("YEAR" | "MONTH") => YEAR_MONTH,
            Some("DAY" | "HOUR" | "MINUTE" | "SECOND") => DAY_TIME,
            _ => return Err(self.error("an interval is of YEAR, MONTH, DAY, HOUR, MINUTE or SECOND")),
        };
        if self.keywords(&["TO"]) {
            self.word();
            self.numbers()?;
        }
        Ok(data_type)
    }

    fn map(&mut self) -> Result<DataType, ExpressionError> {
        self.expect('<')?;
        let key = self.data_type()?;
        self.expect(',')?;
        let value = self.data_type()?;
        self.expect('>')?;
        let entries = vec![Field::new("key", key, false), Field::new("value", value, true)];
        Ok(DataType::Map(Arc::new(Field::new("entries", DataType::Struct(entries.into()), false)), false))
    }

    fn row(&mut self) -> Result<DataType, ExpressionError> {
        let end = if self.take('(') { ')' } else { '>' };
        if end == '>' {
            self.expect('<')?;
        }
        let mut fields = Vec::new();
        while !self.take(end) {
            let name = self.word().ok_or_else(|| self.error("the name of a field is missing"))?;
            fields.push(Field::new(name, self.data_type()?, true));
            if !self.take(',') {
                self.expect(end)?;
                break;
            }
        }
        Ok(DataType::Struct(fields.into()))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::types::type_name;

    #[test]
    fn names_round_trip() {
        for text in [
            "INT",
            "DECIMAL(10, 2)",
            "STRING",
            "TIMESTAMP",
            "TIMESTAMP_LTZ",
            "ARRAY<BIGINT>",
            "MAP<STRING, DOUBLE>",
            "ROW<sku STRING, qty INT, tags ARRAY<STRING>>",
            "TIME",
            "BYTES",
        ] {
            assert_eq!(type_name(&parse_type(text).unwrap()), text);
        }
    }

    #[test]
    fn other_spellings() {
        assert_eq!(parse_type("decimal").unwrap(), DataType::Decimal128(10, 0));
        assert_eq!(parse_type("TIMESTAMP(3) WITH LOCAL TIME ZONE").unwrap(), timestamp_ltz());
        assert_eq!(parse_type("VARCHAR(2147483647)").unwrap(), DataType::Utf8);
        assert_eq!(parse_type("INT NOT NULL").unwrap(), DataType::Int32);
        assert_eq!(parse_type("INTERVAL SECOND(3)").unwrap(), DAY_TIME);
        assert_eq!(fraction_digits("TIMESTAMP(3)"), Some(3));
    }

    #[test]
    fn wrong_types_say_what_is_wrong() {
        for (text, part) in
            [("INTT", "no such type"), ("DECIMAL(39)", "1 to 38"), ("ARRAY<INT", "'>'"), ("INT x", "behind")]
        {
            let message = parse_type(text).unwrap_err().to_string();
            assert!(message.contains(part), "{message}");
        }
    }
}
