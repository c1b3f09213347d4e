//! MySQL literals, and the zone that moments are written in.

use chrono::{Offset, TimeZone};

use super::rows::Cell;
use super::text;

/// A zone by name or by offset.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Zone {
    /// Seconds east of UTC.
    Offset(i32),
    Named(chrono_tz::Tz),
}

impl Zone {
    pub fn utc() -> Zone {
        Zone::Offset(0)
    }

    /// `UTC`, `+08:00`, `GMT+8`, `Asia/Shanghai`; Connector/J's `LOCAL` and `SERVER` mean UTC here.
    pub fn parse(text: &str) -> Option<Zone> {
        let upper = text.trim().to_ascii_uppercase();
        if matches!(upper.as_str(), "" | "UTC" | "GMT" | "Z" | "LOCAL" | "SERVER") {
            return Some(Zone::utc());
        }
        let offset = upper.strip_prefix("UTC").or_else(|| upper.strip_prefix("GMT")).unwrap_or(&upper);
        if let Some(rest) = offset.strip_prefix(['+', '-', ' ']) {
            // a '+' that was not percent-encoded may come as a space
            let sign = if offset.starts_with('-') { -1 } else { 1 };
            let (hours, minutes) = match rest.split_once(':') {
                Some(parts) => parts,
                None if rest.len() == 4 && rest.is_ascii() => rest.split_at(2),
                None => (rest, "0"),
            };
            let (hours, minutes): (i32, i32) = (hours.parse().ok()?, minutes.parse().ok()?);
            let fits = (0..=14).contains(&hours) && (0..60).contains(&minutes);
            return fits.then_some(Zone::Offset(sign * (hours * 3600 + minutes * 60)));
        }
        let known = chrono_tz::TZ_VARIANTS.iter().find(|zone| zone.name().eq_ignore_ascii_case(text.trim()))?;
        Some(Zone::Named(*known))
    }

    /// As `SET time_zone` takes it.
    pub fn for_session(&self) -> String {
        match self {
            Zone::Named(zone) => zone.name().to_owned(),
            Zone::Offset(seconds) => {
                let sign = if *seconds < 0 { '-' } else { '+' };
                let minutes = seconds.unsigned_abs() / 60;
                format!("{sign}{:02}:{:02}", minutes / 60, minutes % 60)
            }
        }
    }

    /// The clock's face there, in microseconds, at a moment given in UTC.
    fn local(&self, micros: i64) -> i64 {
        let seconds = match self {
            Zone::Offset(seconds) => *seconds,
            Zone::Named(zone) => match chrono::DateTime::from_timestamp_micros(micros) {
                Some(moment) => zone.offset_from_utc_datetime(&moment.naive_utc()).fix().local_minus_utc(),
                None => 0,
            },
        };
        micros.saturating_add(i64::from(seconds) * 1_000_000)
    }
}

/// Appends the value as a literal of MySQL's grammar, or says why there is none.
pub fn write_literal(out: &mut Vec<u8>, cell: Cell<'_>, zone: &Zone, backslashes: bool) -> Result<(), String> {
    match cell {
        Cell::Null => out.extend_from_slice(b"NULL"),
        Cell::Float(value) if !value.is_finite() => return Err(not_finite(value)),
        Cell::Float32(value) if !value.is_finite() => return Err(not_finite(value.into())),
        Cell::Bool(_) | Cell::Int(_) | Cell::Decimal(_, _) => text::write(out, cell),
        Cell::Float(_) | Cell::Float32(_) => {
            let start = out.len();
            text::write(out, cell);
            // without an exponent it would be a decimal, and too long a one has no exact value
            if !out[start..].contains(&b'e') {
                out.extend_from_slice(b"e0");
            }
        }
        Cell::Str(text) => write_string(out, text, backslashes),
        Cell::Bytes(bytes) => {
            const DIGITS: &[u8; 16] = b"0123456789abcdef";
            out.extend_from_slice(b"x'");
            out.extend(bytes.iter().flat_map(|byte| [DIGITS[usize::from(byte >> 4)], DIGITS[usize::from(byte & 15)]]));
            out.push(b'\'');
        }
        Cell::Instant(micros) => quoted(out, Cell::Timestamp(zone.local(micros))),
        Cell::Date(_) | Cell::Time(_) | Cell::Timestamp(_) => quoted(out, cell),
    }
    Ok(())
}

fn not_finite(value: f64) -> String {
    format!("{value} is not a number this database can store")
}

fn quoted(out: &mut Vec<u8>, cell: Cell<'_>) {
    out.push(b'\'');
    text::write(out, cell);
    out.push(b'\'');
}

fn write_string(out: &mut Vec<u8>, text: &str, backslashes: bool) {
    out.push(b'\'');
    let mut rest = text.as_bytes();
    while let Some(at) = rest.iter().position(|byte| *byte == b'\'' || (backslashes && *byte == b'\\')) {
        out.extend_from_slice(&rest[..=at]);
        // doubling works for both
        out.push(rest[at]);
        rest = &rest[at + 1..];
    }
    out.extend_from_slice(rest);
    out.push(b'\'');
}

#[cfg(test)]
mod tests {
    use super::*;

    fn literal(cell: Cell<'_>) -> String {
        let mut out = Vec::new();
        write_literal(&mut out, cell, &Zone::utc(), true).unwrap();
        String::from_utf8(out).unwrap()
    }

    #[test]
    fn literals() {
        assert_eq!(literal(Cell::Null), "NULL");
        assert_eq!(literal(Cell::Bool(true)), "1");
        assert_eq!(literal(Cell::Decimal(-1205, 2)), "-12.05");
        assert_eq!(literal(Cell::Float(0.1)), "0.1e0");
        assert_eq!(literal(Cell::Float(1e300)), "1e300");
        assert_eq!(literal(Cell::Bytes(&[0, 255, 39])), "x'00ff27'");
        assert_eq!(literal(Cell::Str("it's a \\ 😀")), "'it''s a \\\\ 😀'");
        assert_eq!(literal(Cell::Date(0)), "'1970-01-01'");
        assert!(write_literal(&mut Vec::new(), Cell::Float(f64::NAN), &Zone::utc(), true).is_err());
    }

    #[test]
    fn a_server_without_backslash_escapes_gets_none() {
        let mut out = Vec::new();
        write_literal(&mut out, Cell::Str("\\'"), &Zone::utc(), false).unwrap();
        assert_eq!(out, b"'\\'''");
    }

    #[test]
    fn zones() {
        assert_eq!(Zone::parse("GMT%2B8"), None);
        assert_eq!(Zone::parse("GMT+8"), Some(Zone::Offset(8 * 3600)));
        assert_eq!(Zone::parse("-0330"), Some(Zone::Offset(-12_600)));
        assert_eq!(Zone::parse("-03:30").unwrap().for_session(), "-03:30");
        assert_eq!(Zone::parse("asia/shanghai").unwrap().for_session(), "Asia/Shanghai");
        assert_eq!(Zone::parse("Mars/Olympus"), None);
        // 2024-07-01 00:00 UTC: Berlin has summer time, two hours ahead
        let summer = 1_719_792_000_000_000;
        assert_eq!(Zone::parse("Europe/Berlin").unwrap().local(summer), summer + 7_200_000_000);
    }
}
