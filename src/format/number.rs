//! Numbers as text, the way Java reads and writes them.

/// An integer as `Long.parseLong` reads it: an optional sign and digits.
pub fn parse_i64(text: &[u8]) -> Option<i64> {
    let (negative, digits) = match text {
        [b'-', rest @ ..] => (true, rest),
        [b'+', rest @ ..] => (false, rest),
        rest => (false, rest),
    };
    if digits.is_empty() {
        return None;
    }
    let mut value = 0i64;
    for digit in digits {
        let digit = i64::from(digit.wrapping_sub(b'0'));
        if !(0..=9).contains(&digit) {
            return None;
        }
        // counted downwards, because the smallest integer has no positive counterpart
        value = value.checked_mul(10)?.checked_sub(digit)?;
    }
    if negative { Some(value) } else { value.checked_neg() }
}

/// A floating-point number as `Double.parseDouble` reads it, without the suffixes `d` and `f`.
pub fn parse_f64(text: &str) -> Option<f64> {
    java_float_text(text).then(|| text.parse().ok()).flatten()
}

pub fn parse_f32(text: &str) -> Option<f32> {
    java_float_text(text).then(|| text.parse().ok()).flatten()
}

/// Rust also reads `inf`, `nan` and `infinity` in any case, Java only the two names it writes.
fn java_float_text(text: &str) -> bool {
    let bare = text.trim_start_matches(['+', '-']);
    text.len() - bare.len() <= 1
        && (bare == "NaN" || bare == "Infinity" || bare.starts_with(|c: char| c.is_ascii_digit() || c == '.'))
}

/// Why a text is no decimal of a given precision and scale.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum DecimalError {
    /// It is no number.
    Syntax,
    /// It has more digits before the point than the type, or a fraction where the type is an integer.
    Range,
}

/// The unscaled digits of a decimal number, as `BigDecimal` reads it. Digits behind `scale` are rounded half up.
pub fn parse_decimal(text: &[u8], precision: u8, scale: i8) -> Result<i128, DecimalError> {
    let (negative, mut rest) = match text {
        [b'-', rest @ ..] => (true, rest),
        [b'+', rest @ ..] => (false, rest),
        rest => (false, rest),
    };
    let mut exponent = 0i64;
    if let Some(at) = rest.iter().position(|byte| matches!(byte, b'e' | b'E')) {
        exponent = parse_i64(&rest[at + 1..]).filter(|e| e.abs() < 1 << 31).ok_or(DecimalError::Syntax)?;
        rest = &rest[..at];
    }
    let point = rest.iter().position(|byte| *byte == b'.').unwrap_or(rest.len());
    let (whole, fraction) = (&rest[..point], rest.get(point + 1..).unwrap_or_default());
    let digits = || whole.iter().chain(fraction);
    if digits().next().is_none() || !digits().all(u8::is_ascii_digit) {
        return Err(DecimalError::Syntax);
    }
    // how many of the digits count: those up to the last one the scale holds
    let kept = whole.len() as i64 + exponent + i64::from(scale);
    let mut value = 0i128;
    let mut rounds_up = false;
    for (at, digit) in digits().enumerate() {
        let digit = i128::from(digit - b'0');
        if (at as i64) < kept {
            value = value.checked_mul(10).and_then(|v| v.checked_add(digit)).ok_or(DecimalError::Range)?;
        } else {
            rounds_up |= at as i64 == kept && digit >= 5;
            // BIG_INT (38 digits, no fraction) takes integers only, as BigInteger does
            if precision == 38 && scale == 0 && digit != 0 {
                return Err(DecimalError::Range);
            }
        }
    }
    let padding = kept - (whole.len() + fraction.len()) as i64;
    if value != 0 {
        for _ in 0..padding {
            value = value.checked_mul(10).ok_or(DecimalError::Range)?;
        }
    }
    value += i128::from(rounds_up);
    if value >= 10i128.pow(u32::from(precision.min(38))) {
        return Err(DecimalError::Range);
    }
    Ok(if negative { -value } else { value })
}

pub fn write_i64(value: i64, out: &mut Vec<u8>) {
    out.extend_from_slice(itoa::Buffer::new().format(value).as_bytes());
}

/// A double as `Double.toString` writes it: `17194.0`, `1.0E10`, `NaN`.
pub fn write_f64(value: f64, out: &mut Vec<u8>) {
    if !value.is_finite() {
        return write_non_finite(value, out);
    }
    if value.is_subnormal() {
        // of the texts with two digits Java takes the nearest, where one digit would do: 4.9E-324
        let nearest = format!("{value:.1e}");
        if nearest.parse() == Ok(value) {
            return write_shortest(&nearest, false, out);
        }
    }
    let plain = value == 0.0 || (1e-3..1e7).contains(&value.abs());
    write_shortest(ryu::Buffer::new().format_finite(value), plain, out);
}

/// A float as `Float.toString` writes it.
pub fn write_f32(value: f32, out: &mut Vec<u8>) {
    if !value.is_finite() {
        return write_non_finite(value.into(), out);
    }
    if value.is_subnormal() {
        // of the texts with two digits Java takes the nearest, where one digit would do: 4.9E-324
        let nearest = format!("{value:.1e}");
        if nearest.parse() == Ok(value) {
            return write_shortest(&nearest, false, out);
        }
    }
    let plain = value == 0.0 || (1e-3..1e7).contains(&value.abs());
    write_shortest(ryu::Buffer::new().format_finite(value), plain, out);
}

fn write_non_finite(value: f64, out: &mut Vec<u8>) {
    let text: &[u8] = match value {
        v if v.is_nan() => b"NaN",
        v if v > 0.0 => b"Infinity",
        _ => b"-Infinity",
    };
    out.extend_from_slice(text);
}

/// `shortest` holds the digits that tell the number from its neighbours; Java wants them as `d.dddE-n` outside
/// of 0.001 to 10,000,000.
fn write_shortest(shortest: &str, plain: bool, out: &mut Vec<u8>) {
    if plain {
        return out.extend_from_slice(shortest.as_bytes());
    }
    let (mantissa, exponent) = shortest.split_once('e').unwrap_or((shortest, "0"));
    let (sign, mantissa) = mantissa.strip_prefix('-').map_or(("", mantissa), |rest| ("-", rest));
    let (whole, fraction) = mantissa.split_once('.').unwrap_or((mantissa, ""));
    let digits = format!("{whole}{fraction}");
    let leading = digits.len() - digits.trim_start_matches('0').len();
    let exponent = exponent.parse::<i32>().unwrap_or(0) + whole.len() as i32 - 1 - leading as i32;
    let digits = digits.trim_matches('0');
    out.extend_from_slice(sign.as_bytes());
    out.extend_from_slice(&digits.as_bytes()[..1]);
    out.push(b'.');
    out.extend_from_slice(if digits.len() > 1 { &digits.as_bytes()[1..] } else { b"0" });
    out.push(b'E');
    write_i64(exponent.into(), out);
}

/// A decimal in plain digits, without zeros at the end of its fraction.
pub fn write_decimal(unscaled: i128, scale: i8, out: &mut Vec<u8>) {
    if unscaled == 0 {
        return out.push(b'0');
    }
    let mut buffer = itoa::Buffer::new();
    let digits = buffer.format(unscaled.unsigned_abs()).as_bytes();
    if unscaled < 0 {
        out.push(b'-');
    }
    if scale <= 0 {
        out.extend_from_slice(digits);
        out.resize(out.len() + usize::from(scale.unsigned_abs()), b'0');
        return;
    }
    let scale = usize::from(scale.unsigned_abs());
    let (whole, fraction) = digits.split_at(digits.len().saturating_sub(scale));
    out.extend_from_slice(if whole.is_empty() { b"0" } else { whole });
    let kept = fraction.iter().rposition(|digit| *digit != b'0').map_or(0, |at| at + 1);
    if kept > 0 {
        out.push(b'.');
        out.resize(out.len() + scale - fraction.len(), b'0');
        out.extend_from_slice(&fraction[..kept]);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn text(write: impl FnOnce(&mut Vec<u8>)) -> String {
        let mut out = Vec::new();
        write(&mut out);
        String::from_utf8(out).unwrap()
    }

    #[test]
    fn integers_as_java_parses_them() {
        assert_eq!(parse_i64(b"-9223372036854775808"), Some(i64::MIN));
        assert_eq!(parse_i64(b"+42"), Some(42));
        for wrong in ["9223372036854775808", "", "-", "1.0", " 1", "0x1", "1_000"] {
            assert_eq!(parse_i64(wrong.as_bytes()), None, "{wrong}");
        }
    }

    #[test]
    fn floats_as_java_parses_them() {
        assert_eq!(parse_f64("1e3"), Some(1000.0));
        assert_eq!(parse_f64(".5"), Some(0.5));
        assert_eq!(parse_f64("-Infinity"), Some(f64::NEG_INFINITY));
        assert!(parse_f64("NaN").unwrap().is_nan());
        for wrong in ["nan", "inf", "", "1,5", "--1", "abc"] {
            assert_eq!(parse_f64(wrong), None, "{wrong}");
        }
    }

    /// The expected texts are what `System.out.println` prints for these in Java.
    #[test]
    fn doubles_as_java_prints_them() {
        for (value, expected) in [
            (17194.0, "17194.0"),
            (1e10, "1.0E10"),
            (1e7, "1.0E7"),
            (9999999.0, "9999999.0"),
            (12345678.9, "1.23456789E7"),
            (0.001, "0.001"),
            (0.00012, "1.2E-4"),
            (-0.0, "-0.0"),
            (-2.5e-300, "-2.5E-300"),
            (f64::MAX, "1.7976931348623157E308"),
            (f64::from_bits(1), "4.9E-324"),
            (f64::INFINITY, "Infinity"),
            (100.0, "100.0"),
            (1e21, "1.0E21"),
        ] {
            assert_eq!(text(|out| write_f64(value, out)), expected);
        }
        assert_eq!(text(|out| write_f32(3.4e38, out)), "3.4E38");
        assert_eq!(text(|out| write_f32(0.1, out)), "0.1");
        assert_eq!(text(|out| write_f32(f32::from_bits(1), out)), "1.4E-45");
    }

    #[test]
    fn decimals_round_half_up_and_keep_their_range() {
        assert_eq!(parse_decimal(b"12.5", 38, 18), Ok(12_500_000_000_000_000_000));
        assert_eq!(parse_decimal(b"12.345", 10, 2), Ok(1235));
        assert_eq!(parse_decimal(b"-12.345", 10, 2), Ok(-1235));
        assert_eq!(parse_decimal(b"1.2E+3", 10, 2), Ok(120_000));
        assert_eq!(parse_decimal(b"5e-3", 10, 2), Ok(1));
        assert_eq!(parse_decimal(b"4e-3", 10, 2), Ok(0));
        assert_eq!(parse_decimal(b"0.000", 38, 0), Ok(0));
        assert_eq!(parse_decimal(b"0e999999999", 10, 2), Ok(0));
        assert_eq!(parse_decimal(b"99.999", 4, 2), Err(DecimalError::Range));
        assert_eq!(parse_decimal(b"1e40", 38, 0), Err(DecimalError::Range));
        assert_eq!(parse_decimal(b"1.5", 38, 0), Err(DecimalError::Range));
        for wrong in ["", ".", "1.2.3", "e5", "1e", "x"] {
            assert_eq!(parse_decimal(wrong.as_bytes(), 38, 18), Err(DecimalError::Syntax), "{wrong}");
        }
    }

    #[test]
    fn decimals_are_written_plain() {
        for (unscaled, scale, expected) in [
            (1235, 2, "12.35"),
            (1200, 2, "12"),
            (1250, 2, "12.5"),
            (5, 3, "0.005"),
            (-5, 3, "-0.005"),
            (0, 18, "0"),
            (7, -2, "700"),
        ] {
            assert_eq!(text(|out| write_decimal(unscaled, scale, out)), expected);
        }
    }
}
