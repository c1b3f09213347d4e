//! A place in a JSON text, and the tokens that can stand there.

use super::fault::{Fault, Parsed};

/// How deep objects and arrays may nest, as in Jackson.
pub(super) const MAX_DEPTH: usize = 1000;

const ONES: u64 = 0x0101_0101_0101_0101;
const HIGH: u64 = 0x8080_8080_8080_8080;

/// Powers of ten that a double holds exactly.
const POWERS: [f64; 23] = [
    1e0, 1e1, 1e2, 1e3, 1e4, 1e5, 1e6, 1e7, 1e8, 1e9, 1e10, 1e11, 1e12, 1e13, 1e14, 1e15, 1e16, 1e17, 1e18, 1e19, 1e20,
    1e21, 1e22,
];

pub(super) struct Cursor<'a> {
    pub text: &'a str,
    /// Those of `text`.
    pub bytes: &'a [u8],
    pub at: usize,
}

/// A number's text and what was learnt from it on the way.
pub(super) struct Number<'a> {
    pub text: &'a str,
    /// It has a fraction or an exponent.
    pub fractional: bool,
    negative: bool,
    /// Its digits without the point, where `exact`.
    mantissa: u64,
    /// The power of ten to multiply them with.
    exponent: i32,
    /// All digits fit into `mantissa`.
    exact: bool,
}

impl Number<'_> {
    /// The integer; for a fraction its whole part, as Jackson converts it; `None` where 64 bits cannot hold it.
    #[inline(always)]
    pub fn as_i64(&self) -> Option<i64> {
        if self.fractional {
            let value = self.as_f64();
            // the bounds are exact in a double: -2^63 and 2^63
            return (-9_223_372_036_854_775_808.0..9_223_372_036_854_775_808.0)
                .contains(&value)
                .then_some(value as i64);
        }
        if !self.exact {
            return None;
        }
        match self.negative {
            false => i64::try_from(self.mantissa).ok(),
            true => 0i64.checked_sub_unsigned(self.mantissa),
        }
    }

    #[inline(always)]
    pub fn as_f64(&self) -> f64 {
        if self.exact && self.mantissa < 1 << 53 && self.exponent.unsigned_abs() <= 22 {
            // both factors are exact, so the one rounding of the operation is the right one
            let mantissa = self.mantissa as f64;
            let power = POWERS[self.exponent.unsigned_abs() as usize];
            let value = if self.exponent < 0 { mantissa / power } else { mantissa * power };
            return if self.negative { -value } else { value };
        }
        self.text.parse().unwrap_or(f64::NAN)
    }

    pub fn as_f32(&self) -> f32 {
        self.text.parse().unwrap_or(f32::NAN)
    }
}

/// A string between its quotation marks.
#[derive(Clone, Copy)]
pub(super) struct Text {
    pub start: usize,
    pub end: usize,
    pub escaped: bool,
}

impl<'a> Cursor<'a> {
    pub fn new(text: &'a str) -> Self {
        Cursor { text, bytes: text.as_bytes(), at: 0 }
    }

    #[inline(always)]
    fn byte(&self) -> u8 {
        self.bytes.get(self.at).copied().unwrap_or(0)
    }

    /// The next byte that is no white space, not consumed; 0 at the end.
    #[inline(always)]
    pub fn peek(&mut self) -> u8 {
        let byte = self.byte();
        if byte > b' ' { byte } else { self.peek_behind_space() }
    }

    #[inline]
    fn peek_behind_space(&mut self) -> u8 {
        while matches!(self.byte(), b' ' | b'\n' | b'\r' | b'\t') {
            self.at += 1;
        }
        self.byte()
    }

    #[inline(always)]
    pub fn expect(&mut self, byte: u8, expected: &'static str) -> Parsed<()> {
        if self.peek() != byte {
            return Err(self.unexpected(expected));
        }
        self.at += 1;
        Ok(())
    }

    /// After an element: true behind a comma, false behind `close`.
    #[inline(always)]
    pub fn more(&mut self, close: u8, expected: &'static str) -> Parsed<bool> {
        let byte = self.peek();
        if byte != b',' && byte != close {
            return Err(self.unexpected(expected));
        }
        self.at += 1;
        Ok(byte == b',')
    }

    /// The error that something else stands here.
    #[cold]
    pub fn unexpected(&self, expected: &'static str) -> Box<Fault> {
        let rest = &self.bytes[self.at.min(self.bytes.len())..];
        let found = match std::str::from_utf8(rest).ok().and_then(|text| text.chars().next()) {
            None => "the end of the payload".to_owned(),
            Some(c) => format!("{c:?}"),
        };
        Fault::syntax(self.at, expected, found)
    }

    pub fn slice(&self, text: Text) -> &'a [u8] {
        &self.bytes[text.start..text.end]
    }

    /// A part that is cut at ASCII characters.
    pub fn str(&self, start: usize, end: usize) -> &'a str {
        self.text.get(start..end).unwrap_or_default()
    }

    pub fn literal(&mut self, word: &'static str) -> Parsed<()> {
        if !self.bytes[self.at..].starts_with(word.as_bytes()) {
            return Err(self.unexpected(match word {
                "null" => "a value (null?)",
                "true" => "a value (true?)",
                _ => "a value (false?)",
            }));
        }
        self.at += word.len();
        Ok(())
    }

    /// A string whose opening quotation mark is here.
    #[inline(always)]
    pub fn string(&mut self) -> Parsed<Text> {
        let start = self.at + 1;
        let mut at = start;
        let mut escaped = false;
        loop {
            // eight bytes at once: find the first quotation mark, backslash or control character
            while let Some(chunk) = self.bytes.get(at..at + 8) {
                let chunk = u64::from_le_bytes(chunk.try_into().expect("eight bytes were asked for"));
                let quote = chunk ^ (ONES * u64::from(b'"'));
                let slash = chunk ^ (ONES * u64::from(b'\\'));
                let hits = ((quote.wrapping_sub(ONES) & !quote)
                    | (slash.wrapping_sub(ONES) & !slash)
                    | (chunk.wrapping_sub(ONES * 0x20) & !chunk))
                    & HIGH;
                if hits != 0 {
                    at += (hits.trailing_zeros() / 8) as usize;
                    break;
                }
                at += 8;
            }
            match self.bytes.get(at) {
                Some(b'"') => {
                    self.at = at + 1;
                    return Ok(Text { start, end: at, escaped });
                }
                Some(b'\\') => {
                    escaped = true;
                    at += 2;
                }
                Some(byte) if *byte >= 0x20 => at += 1,
                Some(_) => {
                    self.at = at;
                    return Err(self.unexpected("a string without raw control characters"));
                }
                None => {
                    self.at = self.bytes.len();
                    return Err(self.unexpected("the closing '\"' of a string"));
                }
            }
        }
    }

    /// Appends what a string with escapes stands for.
    pub fn unescape(&self, text: Text, out: &mut Vec<u8>) -> Parsed<()> {
        let mut at = text.start;
        while at < text.end {
            let plain = self.bytes[at..text.end].iter().position(|byte| *byte == b'\\').unwrap_or(text.end - at);
            out.extend_from_slice(&self.bytes[at..at + plain]);
            at += plain;
            if at == text.end {
                break;
            }
            let wrong = |at: usize| Cursor { at, ..*self }.unexpected("a valid escape after '\\'");
            let replacement = match self.bytes[at + 1] {
                b'"' => b'"',
                b'\\' => b'\\',
                b'/' => b'/',
                b'b' => 8,
                b'f' => 12,
                b'n' => b'\n',
                b'r' => b'\r',
                b't' => b'\t',
                b'u' => {
                    let unit = self.hex(at + 2, text.end).ok_or_else(|| wrong(at + 2))?;
                    at += 6;
                    let mut point = unit;
                    if (0xD800..0xDC00).contains(&unit) && self.bytes[at..text.end].starts_with(b"\\u") {
                        let low = self.hex(at + 2, text.end).ok_or_else(|| wrong(at + 2))?;
                        if (0xDC00..0xE000).contains(&low) {
                            point = 0x10000 + ((unit - 0xD800) << 10) + (low - 0xDC00);
                            at += 6;
                        }
                    }
                    // half of a surrogate pair is no character; UTF-8 cannot hold it
                    let character = char::from_u32(point).unwrap_or(char::REPLACEMENT_CHARACTER);
                    out.extend_from_slice(character.encode_utf8(&mut [0; 4]).as_bytes());
                    continue;
                }
                _ => return Err(wrong(at + 1)),
            };
            out.push(replacement);
            at += 2;
        }
        Ok(())
    }

    fn hex(&self, at: usize, end: usize) -> Option<u32> {
        let digits = self.bytes[..end].get(at..at + 4)?;
        digits.iter().try_fold(0, |all, digit| Some(all * 16 + char::from(*digit).to_digit(16)?))
    }

    /// A number, which must begin here.
    #[inline(always)]
    pub fn number(&mut self) -> Parsed<Number<'a>> {
        let start = self.at;
        let negative = self.byte() == b'-';
        self.at += usize::from(negative);
        let first = self.at;
        let mut mantissa = 0u64;
        while self.byte().is_ascii_digit() {
            mantissa = mantissa.wrapping_mul(10).wrapping_add(u64::from(self.byte() - b'0'));
            self.at += 1;
        }
        let mut digits = self.at - first;
        if digits == 0 || (digits > 1 && self.bytes[first] == b'0') {
            return Err(self.unexpected(if digits == 0 { "a digit" } else { "a number without leading zeros" }));
        }
        let mut exponent = 0i32;
        let mut fractional = false;
        if self.byte() == b'.' {
            self.at += 1;
            let point = self.at;
            while self.byte().is_ascii_digit() {
                mantissa = mantissa.wrapping_mul(10).wrapping_add(u64::from(self.byte() - b'0'));
                self.at += 1;
            }
            let places = self.at - point;
            if places == 0 {
                return Err(self.unexpected("a digit behind the decimal point"));
            }
            digits += places;
            exponent = -(places.min(i32::MAX as usize) as i32);
            fractional = true;
        }
        if matches!(self.byte(), b'e' | b'E') {
            exponent = exponent.saturating_add(self.exponent()?);
            fractional = true;
        }
        // 19 digits are below 10^19, and that is below 2^64
        Ok(Number { text: self.str(start, self.at), fractional, negative, mantissa, exponent, exact: digits <= 19 })
    }

    fn exponent(&mut self) -> Parsed<i32> {
        self.at += 1;
        let negative = self.byte() == b'-';
        self.at += usize::from(matches!(self.byte(), b'-' | b'+'));
        let first = self.at;
        let mut value = 0i32;
        while self.byte().is_ascii_digit() {
            value = value.saturating_mul(10).saturating_add(i32::from(self.byte() - b'0'));
            self.at += 1;
        }
        if self.at == first {
            return Err(self.unexpected("a digit in the exponent"));
        }
        Ok(if negative { -value } else { value })
    }

    /// Passes over one value of any kind, which must be well-formed.
    pub fn skip(&mut self, depth: usize) -> Parsed<()> {
        match self.peek() {
            b'"' => {
                let text = self.string()?;
                if text.escaped { self.unescape(text, &mut Vec::new()) } else { Ok(()) }
            }
            b'{' => {
                self.enter(depth)?;
                if self.peek() == b'}' {
                    self.at += 1;
                    return Ok(());
                }
                loop {
                    if self.peek() != b'"' {
                        return Err(self.unexpected("a field name in '\"'"));
                    }
                    self.skip(depth + 1)?;
                    self.expect(b':', "':'")?;
                    self.skip(depth + 1)?;
                    if !self.more(b'}', "',' or '}'")? {
                        return Ok(());
                    }
                }
            }
            b'[' => {
                self.enter(depth)?;
                if self.peek() == b']' {
                    self.at += 1;
                    return Ok(());
                }
                loop {
                    self.skip(depth + 1)?;
                    if !self.more(b']', "',' or ']'")? {
                        return Ok(());
                    }
                }
            }
            b'-' | b'0'..=b'9' => self.number().map(|_| ()),
            b't' => self.literal("true"),
            b'f' => self.literal("false"),
            b'n' => self.literal("null"),
            _ => Err(self.unexpected("a value")),
        }
    }

    /// Steps over the opening bracket that is here.
    pub fn enter(&mut self, depth: usize) -> Parsed<()> {
        if depth >= MAX_DEPTH {
            return Err(Fault::syntax(self.at, "at most 1000 nested objects and arrays", "one more".to_owned()));
        }
        self.at += 1;
        Ok(())
    }
}
