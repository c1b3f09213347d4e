//! Dates and times as text: `yyyy-MM-dd`, `HH:mm:ss[.fff]`, and the two ways Flink writes a timestamp.

use crate::error::{Error, Result};

const DAY_MICROS: i64 = 86_400_000_000;

/// How a timestamp's date and time are parted, Flink's `timestamp-format.standard`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum TimestampFormat {
    /// Reads both, writes SQL: where no option says otherwise.
    #[default]
    Any,
    /// `2020-12-30 12:13:14.123`
    Sql,
    /// `2020-12-30T12:13:14.123`
    Iso8601,
}

impl TimestampFormat {
    pub fn parse(option: Option<&str>) -> Result<Self> {
        match option {
            None => Ok(TimestampFormat::Any),
            Some(text) if text.eq_ignore_ascii_case("SQL") => Ok(TimestampFormat::Sql),
            Some(text) if text.eq_ignore_ascii_case("ISO-8601") => Ok(TimestampFormat::Iso8601),
            Some(other) => Err(Error::config(format!("the option 'timestamp-format' is '{other}'"))
                .with_hint("it is SQL (2020-12-30 12:13:14.123) or ISO-8601 (2020-12-30T12:13:14.123)")),
        }
    }

    fn separator(self) -> u8 {
        if self == TimestampFormat::Iso8601 { b'T' } else { b' ' }
    }
}

/// Days since 1970-01-01 of `yyyy-MM-dd`.
pub fn parse_date(text: &[u8]) -> Option<i32> {
    let (days, rest) = take_date(text)?;
    rest.is_empty().then_some(days)
}

/// Milliseconds of the day of `HH:mm:ss[.fff]`, with `Z` allowed behind it; finer fractions are cut.
pub fn parse_time(text: &[u8]) -> Option<i32> {
    let (micros, rest) = take_time(text, false)?;
    matches!(rest, b"" | b"Z").then_some((micros / 1000) as i32)
}

/// Microseconds since 1970-01-01 of a date and time without zone; `Z` is allowed behind it.
pub fn parse_timestamp(text: &[u8], format: TimestampFormat) -> Option<i64> {
    let (micros, rest) = take_timestamp(text, format)?;
    matches!(rest, b"" | b"Z").then_some(micros)
}

/// Microseconds since 1970-01-01 UTC of a date and time with `Z` or an offset such as `+08:00`.
pub fn parse_instant(text: &[u8], format: TimestampFormat) -> Option<i64> {
    let (micros, rest) = take_timestamp(text, format)?;
    let (sign, digits) = match rest {
        b"Z" => return Some(micros),
        [b'+', digits @ ..] => (1, digits),
        [b'-', digits @ ..] => (-1, digits),
        _ => return None,
    };
    let (hours, minutes) = match digits {
        [_, _] => (digits, &b"00"[..]),
        [_, _, b':', _, _] => (&digits[..2], &digits[3..]),
        [_, _, _, _] => digits.split_at(2),
        _ => return None,
    };
    let (hours, minutes) = (two(hours)?, two(minutes)?);
    (hours <= 18 && minutes < 60).then(|| micros - sign * i64::from(hours * 60 + minutes) * 60_000_000)
}

fn take_timestamp(text: &[u8], format: TimestampFormat) -> Option<(i64, &[u8])> {
    let (days, rest) = take_date(text)?;
    let (separator, rest) = rest.split_first()?;
    let fits = match format {
        TimestampFormat::Any => matches!(separator, b' ' | b'T'),
        one => *separator == one.separator(),
    };
    let (micros, rest) = take_time(rest, *separator == b'T')?;
    fits.then_some((i64::from(days) * DAY_MICROS + micros, rest))
}

fn take_date(text: &[u8]) -> Option<(i32, &[u8])> {
    let (date, rest) = text.split_at_checked(10)?;
    let year = two(&date[..2])? * 100 + two(&date[2..4])?;
    let (month, day) = (two(&date[5..7])?, two(&date[8..])?);
    if date[4] != b'-' || date[7] != b'-' || month == 0 || month > 12 || day == 0 || day > days_in(year, month) {
        return None;
    }
    Some((days_from_civil(year, month, day), rest))
}

/// Microseconds of the day; ISO allows the seconds to be left out.
fn take_time(text: &[u8], seconds_optional: bool) -> Option<(i64, &[u8])> {
    let (time, mut rest) = text.split_at_checked(5)?;
    let (hours, minutes) = (two(&time[..2])?, two(&time[3..])?);
    let mut seconds = 0;
    if rest.first() == Some(&b':') {
        let (digits, behind) = rest[1..].split_at_checked(2)?;
        seconds = two(digits)?;
        rest = behind;
    } else if !seconds_optional {
        return None;
    }
    if time[2] != b':' || hours > 23 || minutes > 59 || seconds > 59 {
        return None;
    }
    let mut micros = i64::from(hours * 3600 + minutes * 60 + seconds) * 1_000_000;
    if rest.first() == Some(&b'.') {
        let digits = rest[1..].iter().take_while(|byte| byte.is_ascii_digit()).count();
        if digits == 0 || digits > 9 {
            return None;
        }
        let fraction = rest[1..=digits].iter().take(6).fold(0, |all, digit| all * 10 + i64::from(digit - b'0'));
        micros += fraction * 10i64.pow(6 - digits.min(6) as u32);
        rest = &rest[digits + 1..];
    }
    Some((micros, rest))
}

fn two(digits: &[u8]) -> Option<i32> {
    let &[tens, ones] = digits else { return None };
    let (tens, ones) = (tens.wrapping_sub(b'0'), ones.wrapping_sub(b'0'));
    (tens <= 9 && ones <= 9).then(|| i32::from(tens) * 10 + i32::from(ones))
}

fn days_in(year: i32, month: i32) -> i32 {
    match month {
        2 if year % 4 == 0 && (year % 100 != 0 || year % 400 == 0) => 29,
        2 => 28,
        4 | 6 | 9 | 11 => 30,
        _ => 31,
    }
}

/// Days since 1970-01-01 in the proleptic Gregorian calendar; years begin in March so that leap days come last.
fn days_from_civil(year: i32, month: i32, day: i32) -> i32 {
    let year = if month <= 2 { year - 1 } else { year };
    let era = year.div_euclid(400);
    let year_of_era = year.rem_euclid(400);
    let day_of_year = (153 * ((month + 9) % 12) + 2) / 5 + day - 1;
    era * 146_097 + year_of_era * 365 + year_of_era / 4 - year_of_era / 100 + day_of_year - 719_468
}

fn civil_from_days(days: i64) -> (i64, i64, i64) {
    let days = days + 719_468;
    let era = days.div_euclid(146_097);
    let day_of_era = days.rem_euclid(146_097);
    let year_of_era = (day_of_era - day_of_era / 1_460 + day_of_era / 36_524 - day_of_era / 146_096) / 365;
    let day_of_year = day_of_era - (365 * year_of_era + year_of_era / 4 - year_of_era / 100);
    let month_from_march = (5 * day_of_year + 2) / 153;
    let month = if month_from_march < 10 { month_from_march + 3 } else { month_from_march - 9 };
    let day = day_of_year - (153 * month_from_march + 2) / 5 + 1;
    (era * 400 + year_of_era + i64::from(month <= 2), month, day)
}

fn push_digits(mut value: i64, width: usize, out: &mut Vec<u8>) {
    let start = out.len();
    out.resize(start + width, b'0');
    for digit in out[start..].iter_mut().rev() {
        *digit = b'0' + (value % 10) as u8;
        value /= 10;
    }
}

pub fn write_date(days: i64, out: &mut Vec<u8>) {
    let (year, month, day) = civil_from_days(days);
    if (0..=9999).contains(&year) {
        push_digits(year, 4, out);
    } else {
        out.extend_from_slice(format!("{year:+05}").as_bytes());
    }
    out.push(b'-');
    push_digits(month, 2, out);
    out.push(b'-');
    push_digits(day, 2, out);
}

/// `HH:mm:ss` and the fraction without zeros at its end, but at least `min_fraction` digits of it.
pub fn write_time(micros: i64, min_fraction: usize, out: &mut Vec<u8>) {
    let seconds = micros / 1_000_000;
    push_digits(seconds / 3600, 2, out);
    out.push(b':');
    push_digits(seconds / 60 % 60, 2, out);
    out.push(b':');
    push_digits(seconds % 60, 2, out);
    let fraction = micros % 1_000_000;
    if fraction != 0 || min_fraction > 0 {
        out.push(b'.');
        let start = out.len();
        push_digits(fraction, 6, out);
        while out.len() > start + min_fraction && out.last() == Some(&b'0') {
            out.pop();
        }
    }
}

pub fn write_timestamp(micros: i64, format: TimestampFormat, min_fraction: usize, out: &mut Vec<u8>) {
    write_date(micros.div_euclid(DAY_MICROS), out);
    out.push(format.separator());
    write_time(micros.rem_euclid(DAY_MICROS), min_fraction, out);
}

#[cfg(test)]
mod tests {
    use super::*;

    fn written(micros: i64, format: TimestampFormat) -> String {
        let mut out = Vec::new();
        write_timestamp(micros, format, 0, &mut out);
        String::from_utf8(out).unwrap()
    }

    /// 1,700,000,000 s is 2023-11-14 22:13:20 UTC; 951,782,400 s is 2000-02-29.
    #[test]
    fn known_moments() {
        let micros = 1_700_000_000_123_000;
        assert_eq!(written(micros, TimestampFormat::Sql), "2023-11-14 22:13:20.123");
        assert_eq!(written(micros, TimestampFormat::Iso8601), "2023-11-14T22:13:20.123");
        assert_eq!(parse_timestamp(b"2023-11-14 22:13:20.123", TimestampFormat::Sql), Some(micros));
        assert_eq!(parse_timestamp(b"2023-11-14T22:13:20.123Z", TimestampFormat::Any), Some(micros));
        assert_eq!(parse_date(b"2000-02-29"), Some(951_782_400 / 86_400));
        assert_eq!(written(-1, TimestampFormat::Sql), "1969-12-31 23:59:59.999999");
        assert_eq!(written(0, TimestampFormat::Sql), "1970-01-01 00:00:00");
    }

    #[test]
    fn instants_need_a_zone() {
        let format = TimestampFormat::Iso8601;
        assert_eq!(parse_instant(b"1970-01-01T08:00:00+08:00", format), Some(0));
        assert_eq!(parse_instant(b"1970-01-01T00:00:00-0130", format), Some(5_400_000_000));
        assert_eq!(parse_instant(b"1970-01-01T00:00:00Z", format), Some(0));
        assert_eq!(parse_instant(b"1970-01-01T00:00:00", format), None);
        assert_eq!(parse_instant(b"1970-01-01 00:00:00Z", format), None);
    }

    #[test]
    fn wrong_texts() {
        for wrong in ["2023-02-29", "2023-13-01", "2023-1-1", "20230101", "2023-01-00", "", "2023-01-01 ", "abcd-ef-gh"]
        {
            assert_eq!(parse_date(wrong.as_bytes()), None, "{wrong}");
        }
        for wrong in ["24:00:00", "10:60:00", "10:00", "10:00:00.", "10:00:00.1234567890", "10:00:00x"] {
            assert_eq!(parse_time(wrong.as_bytes()), None, "{wrong}");
        }
        assert_eq!(parse_timestamp(b"2023-01-01T00:00:00", TimestampFormat::Sql), None);
    }

    #[test]
    fn every_day_comes_back() {
        for days in (-719_000..2_900_000).step_by(37) {
            let mut out = Vec::new();
            write_date(days, &mut out);
            assert_eq!(parse_date(&out), Some(days as i32), "{}", String::from_utf8_lossy(&out));
        }
    }
}
