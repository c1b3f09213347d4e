//! Values as text: how Flink casts to STRING, and records in messages.

use std::fmt::Write;

use arrow::array::RecordBatch;
use arrow::util::display::{ArrayFormatter, FormatOptions};

/// A double as Java's `Double.toString` writes it: `1.0`, `0.001`, `1.0E7`.
pub(crate) fn write_double(out: &mut impl Write, value: f64) {
    write_float(out, value, &format!("{value:e}"));
}

/// A float as Java's `Float.toString` writes it.
pub(crate) fn write_single(out: &mut impl Write, value: f32) {
    write_float(out, f64::from(value), &format!("{value:e}"));
}

/// `shortest` is the shortest text that reads back as the value: `-1.25e-7`.
fn write_float(out: &mut impl Write, value: f64, shortest: &str) {
    // writing to a String or a string builder does not fail
    let _ = if value.is_nan() {
        out.write_str("NaN")
    } else if value.is_infinite() {
        out.write_str(if value > 0.0 { "Infinity" } else { "-Infinity" })
    } else {
        write_digits(out, shortest)
    };
}

fn write_digits(out: &mut impl Write, shortest: &str) -> std::fmt::Result {
    let (mantissa, exponent) = shortest.split_once('e').unwrap_or((shortest, "0"));
    let exponent: i32 = exponent.parse().unwrap_or(0);
    let (sign, mantissa) = mantissa.strip_prefix('-').map_or(("", mantissa), |rest| ("-", rest));
    let (first, rest) = mantissa.split_once('.').unwrap_or((mantissa, ""));
    out.write_str(sign)?;
    if !(-3..7).contains(&exponent) {
        return write!(out, "{first}.{}E{exponent}", if rest.is_empty() { "0" } else { rest });
    }
    if exponent < 0 {
        return write!(out, "0.{:0<1$}{first}{rest}", "", (-exponent - 1) as usize);
    }
    let whole = exponent as usize;
    let digits = format!("{rest:0<whole$}");
    let (before, behind) = digits.split_at(whole);
    write!(out, "{first}{before}.{}", if behind.is_empty() { "0" } else { behind })
}

/// A decimal with all its digits: `12.50`.
pub(crate) fn write_decimal(out: &mut impl Write, digits: i128, scale: i8) {
    let scale = scale.max(0) as usize;
    let text = format!("{:0>width$}", digits.unsigned_abs(), width = scale + 1);
    let (whole, fraction) = text.split_at(text.len() - scale);
    let sign = if digits < 0 { "-" } else { "" };
    let _ = if scale == 0 { write!(out, "{sign}{whole}") } else { write!(out, "{sign}{whole}.{fraction}") };
}

/// One record as `name=value, …`, for messages.
pub(crate) fn row(batch: &RecordBatch, row: usize) -> String {
    let options = FormatOptions::default().with_null("null");
    let fields = batch.schema_ref().fields().iter().zip(batch.columns()).map(|(field, column)| {
        match ArrayFormatter::try_new(column.as_ref(), &options) {
            Ok(formatter) => format!("{}={}", field.name(), formatter.value(row)),
            Err(_) => format!("{}=?", field.name()),
        }
    });
    fields.collect::<Vec<_>>().join(", ")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn doubles_as_java_writes_them() {
        // Double.toString of each, from its documentation: plain from 10^-3 to below 10^7, else scientific
        for (value, text) in [
            (1.0, "1.0"),
            (-0.0, "-0.0"),
            (0.001, "0.001"),
            (0.00123, "0.00123"),
            (0.0001, "1.0E-4"),
            (1234567.0, "1234567.0"),
            (12345678.9, "1.23456789E7"),
            (1e21, "1.0E21"),
            (100.25, "100.25"),
            (f64::NAN, "NaN"),
        ] {
            let mut out = String::new();
            write_double(&mut out, value);
            assert_eq!(out, text);
        }
    }

    #[test]
    fn decimals_keep_their_zeros() {
        let text = |digits, scale| {
            let mut out = String::new();
            write_decimal(&mut out, digits, scale);
            out
        };
        assert_eq!(text(1250, 2), "12.50");
        assert_eq!(text(-5, 2), "-0.05");
        assert_eq!(text(7, 0), "7");
    }
}
