//! Which directory below the sink's a record goes to: Flink's `BasePathBucketAssigner` and
//! `DateTimeBucketAssigner`.

use std::fmt::Write;

use chrono::{DateTime, Datelike, Local, NaiveDateTime, Timelike, Utc};

use crate::connector::Options;
use crate::error::{Error, Result};

/// Flink's default.
const HOURLY: &str = "datetime:yyyy-MM-dd--HH";

#[derive(Debug, Clone)]
pub enum Bucket {
    BasePath,
    DateTime(Vec<Piece>, Zone),
}

#[derive(Debug, Clone, PartialEq)]
pub enum Piece {
    Literal(String),
    /// A letter of a Java date pattern and how often it stands there.
    Field(char, usize),
}

#[derive(Debug, Clone, Copy)]
pub enum Zone {
    /// The machine's own, as in Java.
    System,
    Named(chrono_tz::Tz),
    Offset(chrono::FixedOffset),
}

impl Bucket {
    pub fn parse(options: &Options) -> Result<Self> {
        let bucket = options.get("bucket").unwrap_or(HOURLY);
        if bucket == "base-path" {
            return Ok(Bucket::BasePath);
        }
        let pattern = bucket.strip_prefix("datetime:").ok_or_else(|| {
            Error::config(format!("the option 'bucket' is '{bucket}'"))
                .with_hint("it is base-path or datetime:<pattern>, such as datetime:yyyy-MM-dd--HH")
        })?;
        Ok(Bucket::DateTime(pieces(pattern)?, zone(options.get("bucket.timezone"))?))
    }

    /// The directory at that processing time (ms), relative to the sink's.
    pub fn at(&self, now: i64) -> String {
        let Bucket::DateTime(pieces, zone) = self else { return String::new() };
        let utc: DateTime<Utc> = DateTime::from_timestamp_millis(now).unwrap_or_default();
        let local = match zone {
            Zone::System => utc.with_timezone(&Local).naive_local(),
            Zone::Named(zone) => utc.with_timezone(zone).naive_local(),
            Zone::Offset(offset) => utc.with_timezone(offset).naive_local(),
        };
        let mut name = String::new();
        for piece in pieces {
            let written = match piece {
                Piece::Literal(text) => name.write_str(text),
                Piece::Field(letter, count) => write_field(local, *letter, *count, &mut name),
            };
            written.expect("a string takes any text");
        }
        name
    }
}

fn write_field(at: NaiveDateTime, letter: char, count: usize, out: &mut String) -> std::fmt::Result {
    let number = match letter {
        'y' | 'u' if count == 2 => at.year().rem_euclid(100),
        'y' | 'u' => at.year(),
        'M' | 'L' if count == 3 => return write!(out, "{}", at.format("%b")),
        'M' | 'L' if count > 3 => return write!(out, "{}", at.format("%B")),
        'M' | 'L' => at.month() as i32,
        'd' => at.day() as i32,
        'D' => at.ordinal() as i32,
        'H' => at.hour() as i32,
        'h' => at.hour12().1 as i32,
        'm' => at.minute() as i32,
        's' => at.second() as i32,
        'E' if count > 3 => return write!(out, "{}", at.format("%A")),
        'E' => return write!(out, "{}", at.format("%a")),
        'a' => return write!(out, "{}", at.format("%p")),
        // S: the first digits of the fraction
        _ => {
            let digits = format!("{:09}", at.nanosecond() % 1_000_000_000);
            return out.write_str(&digits[..count.min(9)]);
        }
    };
    write!(out, "{number:0count$}")
}

fn pieces(pattern: &str) -> Result<Vec<Piece>> {
    let mut pieces: Vec<Piece> = Vec::new();
    let literal = |pieces: &mut Vec<Piece>, c: char| match pieces.last_mut() {
        Some(Piece::Literal(text)) => text.push(c),
        _ => pieces.push(Piece::Literal(c.to_string())),
    };
    let wrong = |reason: String| {
        Error::config(format!("the date pattern '{pattern}' of the bucket is wrong: {reason}"))
            .with_hint("use Java's letters yyyy MM dd HH mm ss, and quote other letters: yyyy'year'")
    };
    let mut rest = pattern.chars().peekable();
    while let Some(c) = rest.next() {
        match c {
            '\'' if rest.next_if_eq(&'\'').is_some() => literal(&mut pieces, '\''),
            '\'' => loop {
                match rest.next() {
                    Some('\'') if rest.next_if_eq(&'\'').is_some() => literal(&mut pieces, '\''),
                    Some('\'') => break,
                    Some(c) => literal(&mut pieces, c),
                    None => return Err(wrong("a quote is not closed".to_owned())),
                }
            },
            'y' | 'u' | 'M' | 'L' | 'd' | 'D' | 'H' | 'h' | 'm' | 's' | 'S' | 'E' | 'a' => match pieces.last_mut() {
                Some(Piece::Field(letter, count)) if *letter == c => *count += 1,
                _ => pieces.push(Piece::Field(c, 1)),
            },
            c if c.is_ascii_alphabetic() => return Err(wrong(format!("the letter '{c}' is not known"))),
            c => literal(&mut pieces, c),
        }
    }
    // the bucket is a path below the sink's directory and must stay there
    let escapes = |piece: &Piece| matches!(piece, Piece::Literal(text) if text.contains("..") || text.starts_with('/'));
    if pieces.first().is_none_or(escapes)
        || pieces.iter().any(|piece| matches!(piece, Piece::Literal(t) if t.contains("..")))
    {
        return Err(wrong("it is no path below the sink's directory".to_owned()));
    }
    Ok(pieces)
}

fn zone(name: Option<&str>) -> Result<Zone> {
    let Some(name) = name else { return Ok(Zone::System) };
    if let Ok(zone) = name.parse() {
        return Ok(Zone::Named(zone));
    }
    let offset = name.strip_prefix("GMT").or_else(|| name.strip_prefix("UTC")).unwrap_or(name);
    offset.parse().map(Zone::Offset).map_err(|_| {
        Error::config(format!("the time zone '{name}' of the bucket is not known"))
            .with_hint("use a name such as Asia/Shanghai or an offset such as +08:00")
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::connector::testing::options;

    fn bucket(pattern: &str, zone: &str) -> Result<Bucket> {
        Bucket::parse(&options(&[("bucket", pattern), ("bucket.timezone", zone)]))
    }

    /// 1,700,000,000,123 ms is 2023-11-14 22:13:20.123 UTC, a Tuesday; Shanghai is 8 hours ahead.
    #[test]
    fn patterns() {
        let at = |pattern: &str, zone: &str| bucket(pattern, zone).unwrap().at(1_700_000_000_123);
        assert_eq!(at("datetime:yyyy-MM-dd--HH", "UTC"), "2023-11-14--22");
        assert_eq!(at("datetime:yyyy-MM-dd--HH", "Asia/Shanghai"), "2023-11-15--06");
        assert_eq!(at("datetime:yyyy-MM-dd--HH", "+08:00"), "2023-11-15--06");
        assert_eq!(at("datetime:'year='yyyy/'month='M/'o''clock'", "UTC"), "year=2023/month=11/o'clock");
        assert_eq!(at("datetime:yy.MMM.EEE.SSS.hh.a", "UTC"), "23.Nov.Tue.123.10.PM");
        assert_eq!(at("base-path", "UTC"), "");
    }

    #[test]
    fn the_default_is_hourly() {
        assert!(
            matches!(Bucket::parse(&Options::default()).unwrap(), Bucket::DateTime(pieces, _) if pieces.len() == 7)
        );
    }

    #[test]
    fn wrong_buckets() {
        for (pattern, zone) in [
            ("datetime:yyyy-bb", "UTC"),
            ("datetime:'open", "UTC"),
            ("datetime:/yyyy", "UTC"),
            ("datetime:yyyy/'..'/x", "UTC"),
            ("datetime:", "UTC"),
            ("hourly", "UTC"),
            ("datetime:yyyy", "Mars/Base"),
        ] {
            assert_eq!(bucket(pattern, zone).unwrap_err().kind(), crate::ErrorKind::Config, "{pattern} {zone}");
        }
    }
}
