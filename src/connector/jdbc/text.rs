//! Values as text, exact: what SQL literals, PostgreSQL's text format and SQLite's TEXT have in common.

use super::rows::Cell;

const MICROS_PER_DAY: i64 = 86_400_000_000;

/// Appends the value without quotes; strings and bytes as they are, NULL as nothing, booleans as 1 and 0.
pub fn write(out: &mut Vec<u8>, cell: Cell<'_>) {
    match cell {
        Cell::Null => {}
        Cell::Bool(value) => out.push(if value { b'1' } else { b'0' }),
        Cell::Int(value) => out.extend_from_slice(itoa::Buffer::new().format(value).as_bytes()),
        Cell::Float32(value) => write_float32(out, value),
        Cell::Float(value) => write_float(out, value),
        Cell::Decimal(digits, scale) => write_decimal(out, digits, scale),
        Cell::Str(text) => out.extend_from_slice(text.as_bytes()),
        Cell::Bytes(bytes) => out.extend_from_slice(bytes),
        Cell::Date(days) => write_date(out, days.into()),
        Cell::Time(micros) => write_time(out, micros),
        Cell::Timestamp(micros) | Cell::Instant(micros) => write_timestamp(out, micros),
    }
}

/// The shortest digits that read back as the same float; whole numbers without point.
fn write_float(out: &mut Vec<u8>, value: f64) {
    if value.is_finite() && value.fract() == 0.0 && value.abs() < 1e15 {
        // the sign of -0.0 is kept
        out.extend_from_slice(if value == 0.0 && value.is_sign_negative() { b"-" } else { b"" });
        out.extend_from_slice(itoa::Buffer::new().format(value as i64).as_bytes());
    } else {
        write_special_or(out, value, ryu::Buffer::new().format(value));
    }
}

fn write_float32(out: &mut Vec<u8>, value: f32) {
    if value.is_finite() && value.fract() == 0.0 && value.abs() < 1e7 {
        write_float(out, value.into());
    } else {
        write_special_or(out, value.into(), ryu::Buffer::new().format(value));
    }
}

fn write_special_or(out: &mut Vec<u8>, value: f64, digits: &str) {
    out.extend_from_slice(match value {
        v if v.is_nan() => b"NaN",
        f64::INFINITY => b"Infinity",
        f64::NEG_INFINITY => b"-Infinity",
        _ => digits.as_bytes(),
    });
}

/// The same value with as few digits behind the point as it needs.
pub fn without_trailing_zeros(mut digits: i128, mut scale: i8) -> (i128, i8) {
    while scale > 0 && digits % 10 == 0 {
        digits /= 10;
        scale -= 1;
    }
    (digits, scale)
}

fn write_decimal(out: &mut Vec<u8>, digits: i128, scale: i8) {
    let mut buffer = itoa::Buffer::new();
    let text = buffer.format(digits.unsigned_abs()).as_bytes();
    if digits < 0 {
        out.push(b'-');
    }
    if scale <= 0 {
        out.extend_from_slice(text);
        if digits != 0 {
            out.extend(std::iter::repeat_n(b'0', usize::from(scale.unsigned_abs())));
        }
        return;
    }
    let scale = usize::from(scale.unsigned_abs());
    if text.len() > scale {
        let (whole, fraction) = text.split_at(text.len() - scale);
        out.extend_from_slice(whole);
        out.push(b'.');
        out.extend_from_slice(fraction);
    } else {
        out.extend_from_slice(b"0.");
        out.extend(std::iter::repeat_n(b'0', scale - text.len()));
        out.extend_from_slice(text);
    }
}

/// `1969-12-31`
fn write_date(out: &mut Vec<u8>, days: i64) {
    let (year, month, day) = civil(days);
    if (0..=9999).contains(&year) {
        padded(out, year.unsigned_abs(), 4);
    } else {
        out.push(if year < 0 { b'-' } else { b'+' });
        padded(out, year.unsigned_abs(), 4);
    }
    out.push(b'-');
    padded(out, month, 2);
    out.push(b'-');
    padded(out, day, 2);
}

/// `23:59:59`, with milliseconds or microseconds where there are any.
fn write_time(out: &mut Vec<u8>, micros: i64) {
    let micros = micros.unsigned_abs();
    let seconds = micros / 1_000_000;
    padded(out, seconds / 3600, 2);
    out.push(b':');
    padded(out, seconds / 60 % 60, 2);
    out.push(b':');
    padded(out, seconds % 60, 2);
    let fraction = micros % 1_000_000;
    if fraction != 0 {
        out.push(b'.');
        if fraction.is_multiple_of(1_000) { padded(out, fraction / 1_000, 3) } else { padded(out, fraction, 6) }
    }
}

fn write_timestamp(out: &mut Vec<u8>, micros: i64) {
    write_date(out, micros.div_euclid(MICROS_PER_DAY));
    out.push(b' ');
    write_time(out, micros.rem_euclid(MICROS_PER_DAY));
}

/// The number with zeros in front, at least `width` digits.
fn padded(out: &mut Vec<u8>, value: u64, width: usize) {
    let mut buffer = itoa::Buffer::new();
    let digits = buffer.format(value).as_bytes();
    out.extend(std::iter::repeat_n(b'0', width.saturating_sub(digits.len())));
    out.extend_from_slice(digits);
}

/// Year, month and day of a number of days since 1970-01-01, in the proleptic Gregorian calendar.
pub fn civil(days: i64) -> (i64, u64, u64) {
    // years are counted from March, so that the leap day is a year's last; 400 years have 146,097 days
    let shifted = days + 719_468;
    let era = shifted.div_euclid(146_097);
    let day_of_era = shifted.rem_euclid(146_097) as u64;
    let year_of_era = (day_of_era - day_of_era / 1_460 + day_of_era / 36_524 - day_of_era / 146_096) / 365;
    let day_of_year = day_of_era - (365 * year_of_era + year_of_era / 4 - year_of_era / 100);
    let month_from_march = (5 * day_of_year + 2) / 153;
    let day = day_of_year - (153 * month_from_march + 2) / 5 + 1;
    let month = if month_from_march < 10 { month_from_march + 3 } else { month_from_march - 9 };
    (year_of_era as i64 + era * 400 + i64::from(month <= 2), month, day)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn text(cell: Cell<'_>) -> String {
        let mut out = Vec::new();
        write(&mut out, cell);
        String::from_utf8(out).unwrap()
    }

    #[test]
    fn decimals_are_exact() {
        assert_eq!(text(Cell::Decimal(i128::from(i64::MAX) * 1000, 3)), "9223372036854775807.000");
        assert_eq!(text(Cell::Decimal(-5, 3)), "-0.005");
        assert_eq!(text(Cell::Decimal(-12345, 2)), "-123.45");
        assert_eq!(text(Cell::Decimal(12, -2)), "1200");
        assert_eq!(text(Cell::Decimal(0, 2)), "0.00");
        assert_eq!(without_trailing_zeros(-1200, 3), (-12, 1));
    }

    #[test]
    fn floats_read_back_as_themselves() {
        for value in [0.1, -2.0, 1e300, 5e-324, 123456789.125, f64::MAX, -0.0] {
            assert_eq!(text(Cell::Float(value)).parse::<f64>().unwrap().to_bits(), value.to_bits());
        }
        assert_eq!(text(Cell::Float(2.0)), "2");
        assert_eq!(text(Cell::Float32(0.1)), "0.1");
        assert_eq!(text(Cell::Float(f64::NEG_INFINITY)), "-Infinity");
    }

    #[test]
    fn dates_and_times() {
        assert_eq!(text(Cell::Date(0)), "1970-01-01");
        assert_eq!(text(Cell::Date(-1)), "1969-12-31");
        assert_eq!(text(Cell::Date(19_782)), "2024-02-29");
        assert_eq!(text(Cell::Date(-719_162)), "0001-01-01");
        assert_eq!(text(Cell::Date(2_932_896)), "9999-12-31");
        assert_eq!(text(Cell::Time(86_399_999_999)), "23:59:59.999999");
        assert_eq!(text(Cell::Time(1_500_000)), "00:00:01.500");
        assert_eq!(text(Cell::Timestamp(-1)), "1969-12-31 23:59:59.999999");
        assert_eq!(text(Cell::Timestamp(1_704_103_200_000_000)), "2024-01-01 10:00:00");
    }
}
