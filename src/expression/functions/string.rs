//! Functions of text: positions count characters from 1, a NULL argument gives NULL.

use std::fmt::Write;
use std::sync::Arc;

use arrow::array::{
    Array, ArrayRef, AsArray, BinaryBuilder, BooleanArray, Int32Array, PrimitiveArray, StringArray, StringBuilder,
};
use arrow::buffer::Buffer;
use arrow::datatypes::{DataType, Int32Type, Int64Type};

use super::{Call, Found};
use crate::expression::bind::Typed;
use crate::expression::cast::{Mode, cast};
use crate::expression::error::ExpressionError;
use crate::expression::function::{Arg, Values};
use crate::expression::types::{is_integer, is_string};

type Bound = Result<Typed, ExpressionError>;

pub(super) fn bind(call: &Call<'_>) -> Found {
    Some(match call.name {
        "upper" => whole(call, |texts| cased(texts, <[u8]>::make_ascii_uppercase, str::to_uppercase)),
        "lower" => whole(call, |texts| cased(texts, <[u8]>::make_ascii_lowercase, str::to_lowercase)),
        "initCap" => each(call, init_cap),
        "reverse" => each(call, |text, out| text.chars().rev().for_each(|c| push_char(out, c))),
        "ltrim" => each(call, |text, out| push(out, text.trim_start_matches(' '))),
        "rtrim" => each(call, |text, out| push(out, text.trim_end_matches(' '))),
        "trim" => trim(call),
        "charLength" => length(call),
        "ascii" => ints(call, &["s"], |args, row| Some(i32::from(args[0].text(row)?.bytes().next().unwrap_or(0)))),
        "substring" | "substr" => texts(call, &["s", "i", "i?"], substring),
        "left" => texts(call, &["s", "i"], |args, row, out| {
            push(out, first(args[0].text(row)?, int(&args[1], row)?));
            Some(())
        }),
        "right" => texts(call, &["s", "i"], |args, row, out| {
            let (text, count) = (args[0].text(row)?, int(&args[1], row)?);
            let all = text.chars().count() as i64;
            push(out, &text[first(text, (all - count.max(0)).max(0)).len()..]);
            Some(())
        }),
        "replace" => texts(call, &["s", "s", "s"], |args, row, out| {
            push(out, &args[0].text(row)?.replace(args[1].text(row)?, args[2].text(row)?));
            Some(())
        }),
        "repeat" => texts(call, &["s", "i"], |args, row, out| {
            let (text, times) = (args[0].text(row)?, int(&args[1], row)?);
            (0..times).for_each(|_| push(out, text));
            Some(())
        }),
        "lpad" => texts(call, &["s", "i", "s"], |args, row, out| pad(args, row, out, true)),
        "rpad" => texts(call, &["s", "i", "s"], |args, row, out| pad(args, row, out, false)),
        "overlay" => texts(call, &["s", "s", "i", "i?"], overlay),
        "splitIndex" => texts(call, &["s", "s", "i"], split_index),
        "chr" => texts(call, &["i"], |args, row, out| {
            let code = int(&args[0], row)?;
            if code >= 0 {
                push_char(out, char::from((code & 0xFF) as u8));
            }
            Some(())
        }),
        "concat" => concatenated(call),
        "concat_ws" => concat_ws(call),
        "position" => ints(call, &["s", "s"], |args, row| Some(find(args[1].text(row)?, args[0].text(row)?, 1))),
        "instr" => ints(call, &["s", "s"], |args, row| Some(find(args[0].text(row)?, args[1].text(row)?, 1))),
        "locate" => ints(call, &["s", "s", "i?"], |args, row| {
            let from = if args.len() == 3 { int(&args[2], row)? } else { 1 };
            Some(find(args[1].text(row)?, args[0].text(row)?, from))
        }),
        "STARTSWITH" => tests(call, |text, part| text.starts_with(part)),
        "ENDSWITH" => tests(call, |text, part| text.ends_with(part)),
        "encode" => encode(call),
        "decode" => decode(call),
        "toBase64" => each(call, |text, out| base64(text.as_bytes(), out)),
        "fromBase64" => texts(call, &["s"], |args, row, out| {
            let bytes = from_base64(args[0].text(row)?)?;
            push(out, &String::from_utf8_lossy(&bytes));
            Some(())
        }),
        "bin" => texts(call, &["i"], |args, row, out| {
            let _ = write!(out, "{:b}", int(&args[0], row)?);
            Some(())
        }),
        "hex" => hex(call),
        "parseUrl" => texts(call, &["s", "s", "s?"], parse_url),
        _ => return None,
    })
}

fn push(out: &mut StringBuilder, text: &str) {
    // writing to a builder does not fail
    let _ = out.write_str(text);
}

fn push_char(out: &mut StringBuilder, c: char) {
    let _ = out.write_char(c);
}

fn int(arg: &Arg, row: usize) -> Option<i64> {
    arg.value::<Int64Type>(row)
}

/// Binds the arguments by their kinds: `s` text, `i` integer, with `?` where it may be left out.
fn arguments(call: &Call<'_>, kinds: &[&str]) -> Result<Vec<Typed>, ExpressionError> {
    let needed = kinds.iter().filter(|kind| !kind.ends_with('?')).count();
    call.args(needed, kinds.len())?;
    let bind = |index: usize| if kinds[index].starts_with('s') { call.string(index) } else { call.integer(index) };
    (0..call.args.len()).map(bind).collect()
}

/// A text made from the arguments of one row; `None` is NULL.
pub(super) fn texts(
    call: &Call<'_>,
    kinds: &[&str],
    write: impl Fn(&[Arg], usize, &mut StringBuilder) -> Option<()> + Send + Sync + 'static,
) -> Bound {
    Ok(call.total(arguments(call, kinds)?, DataType::Utf8, move |args, rows| Ok(written(args, rows, &write))))
}

pub(super) fn written(
    args: &[Arg],
    rows: usize,
    write: impl Fn(&[Arg], usize, &mut StringBuilder) -> Option<()>,
) -> ArrayRef {
    let mut out = StringBuilder::with_capacity(rows, rows * 16);
    for row in 0..rows {
        // nothing has been written where a function gives None, as it looks at its arguments first
        match write(args, row, &mut out) {
            Some(()) => out.append_value(""),
            None => out.append_null(),
        }
    }
    Arc::new(out.finish())
}

pub(super) fn ints(
    call: &Call<'_>,
    kinds: &[&str],
    value: impl Fn(&[Arg], usize) -> Option<i32> + Send + Sync + 'static,
) -> Bound {
    Ok(call.total(arguments(call, kinds)?, DataType::Int32, move |args, rows| {
        Ok(Arc::new((0..rows).map(|row| value(args, row)).collect::<Int32Array>()))
    }))
}

pub(super) fn tests(call: &Call<'_>, holds: fn(&str, &str) -> bool) -> Bound {
    Ok(call.total(arguments(call, &["s", "s"])?, DataType::Boolean, move |args, rows| {
        let values = (0..rows).map(|row| Some(holds(args[0].text(row)?, args[1].text(row)?)));
        Ok(Arc::new(values.collect::<BooleanArray>()))
    }))
}

fn whole(call: &Call<'_>, run: fn(&StringArray) -> Values) -> Bound {
    Ok(call.total(arguments(call, &["s"])?, DataType::Utf8, move |args, _| run(args[0].array.as_string())))
}

fn each(call: &Call<'_>, write: fn(&str, &mut StringBuilder)) -> Bound {
    texts(call, &["s"], move |args, row, out| {
        write(args[0].text(row)?, out);
        Some(())
    })
}

/// Plain ASCII is changed in one go over all of the column's bytes.
fn cased(texts: &StringArray, ascii: fn(&mut [u8]), other: fn(&str) -> String) -> Values {
    if texts.value_data().is_ascii() {
        let mut bytes = texts.value_data().to_vec();
        ascii(&mut bytes);
        let values = StringArray::try_new(texts.offsets().clone(), Buffer::from_vec(bytes), texts.nulls().cloned())?;
        return Ok(Arc::new(values));
    }
    Ok(Arc::new(texts.iter().map(|text| text.map(other)).collect::<StringArray>()))
}

fn init_cap(text: &str, out: &mut StringBuilder) {
    let mut start = true;
    for c in text.chars() {
        if start {
            c.to_uppercase().for_each(|c| push_char(out, c));
        } else {
            c.to_lowercase().for_each(|c| push_char(out, c));
        }
        start = !c.is_alphanumeric();
    }
}

/// `trim(leading, trailing, characters, text)`.
fn trim(call: &Call<'_>) -> Bound {
    call.args(4, 4)?;
    let args = vec![call.boolean(0)?, call.boolean(1)?, call.string(2)?, call.string(3)?];
    Ok(call.total(args, DataType::Utf8, |args, rows| {
        let flag = |arg: &Arg, row: usize| arg.array.as_boolean().value(arg.index(row));
        Ok(written(args, rows, |args, row, out| {
            let (set, mut text) = (args[2].text(row)?, args[3].text(row)?);
            if flag(&args[0], row) {
                text = text.trim_start_matches(|c| set.contains(c));
            }
            if flag(&args[1], row) {
                text = text.trim_end_matches(|c| set.contains(c));
            }
            push(out, text);
            Some(())
        }))
    }))
}

fn length(call: &Call<'_>) -> Bound {
    Ok(call.total(arguments(call, &["s"])?, DataType::Int32, |args, _| {
        let texts = args[0].array.as_string::<i32>();
        if texts.value_data().is_ascii() {
            let lengths = texts.offsets().lengths().map(|length| length as i32).collect::<Vec<_>>();
            return Ok(Arc::new(PrimitiveArray::<Int32Type>::try_new(lengths.into(), texts.nulls().cloned())?));
        }
        let lengths = texts.iter().map(|text| text.map(|text| text.chars().count() as i32));
        Ok(Arc::new(lengths.collect::<Int32Array>()))
    }))
}

/// The first `count` characters.
fn first(text: &str, count: i64) -> &str {
    match usize::try_from(count) {
        Err(_) => "",
        Ok(count) if text.is_ascii() => &text[..count.min(text.len())],
        Ok(count) => text.char_indices().nth(count).map_or(text, |(end, _)| &text[..end]),
    }
}

/// From a position that counts from 1, or from the end where it is negative.
fn substring(args: &[Arg], row: usize, out: &mut StringBuilder) -> Option<()> {
    let (text, position) = (args[0].text(row)?, int(&args[1], row)?);
    let length = if args.len() == 3 { int(&args[2], row)? } else { i64::MAX };
    if length < 0 {
        return None;
    }
    let skipped = match position {
        1.. => position - 1,
        0 => 0,
        _ => match text.chars().count() as i64 + position {
            before @ 0.. => before,
            _ => return Some(()),
        },
    };
    let rest = &text[first(text, skipped).len()..];
    push(out, first(rest, length));
    Some(())
}

fn pad(args: &[Arg], row: usize, out: &mut StringBuilder, left: bool) -> Option<()> {
    let (text, length, padding) = (args[0].text(row)?, int(&args[1], row)?, args[2].text(row)?);
    if length < 0 || padding.is_empty() {
        return None;
    }
    let missing = (length - text.chars().count() as i64).max(0) as usize;
    let fill = |out: &mut StringBuilder| padding.chars().cycle().take(missing).for_each(|c| push_char(out, c));
    if left {
        fill(out);
    }
    push(out, first(text, length));
    if !left {
        fill(out);
    }
    Some(())
}

fn overlay(args: &[Arg], row: usize, out: &mut StringBuilder) -> Option<()> {
    let (text, new, start) = (args[0].text(row)?, args[1].text(row)?, int(&args[2], row)?);
    let length = if args.len() == 4 { int(&args[3], row)? } else { new.chars().count() as i64 };
    if start <= 0 || start > text.chars().count() as i64 {
        push(out, text);
        return Some(());
    }
    let before = first(text, start - 1);
    push(out, before);
    push(out, new);
    if length > 0 {
        push(out, &text[before.len() + first(&text[before.len()..], length).len()..]);
    }
    Some(())
}

fn split_index(args: &[Arg], row: usize, out: &mut StringBuilder) -> Option<()> {
    let (text, separator, index) = (args[0].text(row)?, args[1].text(row)?, int(&args[2], row)?);
    let index = usize::try_from(index).ok()?;
    if text.is_empty() {
        return None;
    }
    let part =
        if separator.is_empty() { text.split_whitespace().nth(index)? } else { text.split(separator).nth(index)? };
    push(out, part);
    Some(())
}

/// Where `part` is in `text`, searching from a position; all count from 1, 0 is nowhere.
fn find(text: &str, part: &str, from: i64) -> i32 {
    let skipped = first(text, from.max(1) - 1).len();
    match text[skipped..].find(part) {
        Some(at) => text[..skipped + at].chars().count() as i32 + 1,
        None => 0,
    }
}

/// All arguments as text, one behind the other; a NULL makes the whole NULL.
pub(super) fn concatenated(call: &Call<'_>) -> Bound {
    call.args(1, usize::MAX)?;
    let args = call.args.iter().map(|arg| cast(arg.clone(), &DataType::Utf8, Mode::Fail, &call.text));
    Ok(call.total(args.collect::<Result<_, _>>()?, DataType::Utf8, |args, rows| {
        Ok(written(args, rows, |args, row, out| {
            if args.iter().any(|arg| arg.is_null(row)) {
                return None;
            }
            args.iter().for_each(|arg| push(out, arg.text(row).unwrap_or("")));
            Some(())
        }))
    }))
}

/// Joins with a separator; NULLs behind it are left out.
fn concat_ws(call: &Call<'_>) -> Bound {
    call.args(2, usize::MAX)?;
    let args = (0..call.args.len()).map(|index| call.string(index)).collect::<Result<_, _>>()?;
    Ok(call.total(args, DataType::Utf8, |args, rows| {
        Ok(written(args, rows, |args, row, out| {
            let separator = args[0].text(row)?;
            for (at, part) in args[1..].iter().filter_map(|arg| arg.text(row)).enumerate() {
                if at > 0 {
                    push(out, separator);
                }
                push(out, part);
            }
            Some(())
        }))
    }))
}

/// Only the character sets every Java has.
fn charset(call: &Call<'_>) -> Result<&'static str, ExpressionError> {
    let name = call.symbol(1)?;
    match name.to_uppercase().as_str() {
        "UTF-8" | "UTF8" => Ok("UTF-8"),
        "US-ASCII" | "ASCII" => Ok("US-ASCII"),
        "ISO-8859-1" | "LATIN1" => Ok("ISO-8859-1"),
        "UTF-16BE" | "UTF-16" => Ok("UTF-16BE"),
        "UTF-16LE" => Ok("UTF-16LE"),
        _ => Err(call.invalid(format!(
            "'{name}' is not a known character set; there are UTF-8, US-ASCII, ISO-8859-1, UTF-16BE and UTF-16LE"
        ))),
    }
}

fn encode(call: &Call<'_>) -> Bound {
    call.args(2, 2)?;
    let charset = charset(call)?;
    Ok(call.total(vec![call.string(0)?], DataType::Binary, move |args, rows| {
        let mut out = BinaryBuilder::new();
        for row in 0..rows {
            out.append_option(args[0].text(row).map(|text| match charset {
                "US-ASCII" => text.chars().map(|c| if c.is_ascii() { c as u8 } else { b'?' }).collect(),
                "ISO-8859-1" => text.chars().map(|c| u8::try_from(u32::from(c)).unwrap_or(b'?')).collect(),
                "UTF-16BE" => text.encode_utf16().flat_map(u16::to_be_bytes).collect(),
                "UTF-16LE" => text.encode_utf16().flat_map(u16::to_le_bytes).collect(),
                _ => text.as_bytes().to_vec(),
            }));
        }
        Ok(Arc::new(out.finish()))
    }))
}

fn decode(call: &Call<'_>) -> Bound {
    call.args(2, 2)?;
    let charset = charset(call)?;
    if call.args[0].data_type != DataType::Binary {
        return Err(call.wrong(0, "BYTES"));
    }
    Ok(call.total(vec![call.args[0].clone()], DataType::Utf8, move |args, rows| {
        Ok(written(args, rows, |args, row, out| {
            if args[0].is_null(row) {
                return None;
            }
            let bytes = args[0].array.as_binary::<i32>().value(args[0].index(row));
            let units = |read: fn([u8; 2]) -> u16| {
                let units: Vec<u16> = bytes.chunks_exact(2).map(|pair| read([pair[0], pair[1]])).collect();
                String::from_utf16_lossy(&units)
            };
            match charset {
                "US-ASCII" => {
                    bytes.iter().for_each(|b| push_char(out, if b.is_ascii() { char::from(*b) } else { '\u{FFFD}' }))
                }
                "ISO-8859-1" => bytes.iter().for_each(|b| push_char(out, char::from(*b))),
                "UTF-16BE" => push(out, &units(u16::from_be_bytes)),
                "UTF-16LE" => push(out, &units(u16::from_le_bytes)),
                _ => push(out, &String::from_utf8_lossy(bytes)),
            }
            Some(())
        }))
    }))
}

fn hex(call: &Call<'_>) -> Bound {
    let arg = &call.args(1, 1)?[0];
    if is_integer(&arg.data_type) {
        return texts(call, &["i"], |args, row, out| {
            let _ = write!(out, "{:X}", int(&args[0], row)?);
            Some(())
        });
    }
    if !is_string(&arg.data_type) {
        return Err(call.wrong(0, "an integer or STRING"));
    }
    each(call, |text, out| {
        for byte in text.bytes() {
            let _ = write!(out, "{byte:02X}");
        }
    })
}

const BASE64: &[u8; 64] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";

fn base64(bytes: &[u8], out: &mut StringBuilder) {
    for chunk in bytes.chunks(3) {
        let group = chunk.iter().fold(0u32, |group, byte| (group << 8) | u32::from(*byte)) << (8 * (3 - chunk.len()));
        for at in 0..4 {
            let letter = BASE64[(group >> (18 - 6 * at)) as usize & 63];
            push_char(out, if at <= chunk.len() { char::from(letter) } else { '=' });
        }
    }
}

fn from_base64(text: &str) -> Option<Vec<u8>> {
    let digits: Option<Vec<u32>> = text
        .trim_end_matches('=')
        .bytes()
        .map(|byte| BASE64.iter().position(|letter| *letter == byte).map(|at| at as u32))
        .collect();
    let mut bytes = Vec::with_capacity(text.len() * 3 / 4);
    for chunk in digits?.chunks(4) {
        if chunk.len() == 1 {
            return None;
        }
        let group = chunk.iter().fold(0, |group, digit| (group << 6) | digit) << (6 * (4 - chunk.len()));
        bytes.extend_from_slice(&group.to_be_bytes()[1..chunk.len()]);
    }
    Some(bytes)
}

fn parse_url(args: &[Arg], row: usize, out: &mut StringBuilder) -> Option<()> {
    let (parsed, part) = (url::Url::parse(args[0].text(row)?).ok()?, args[1].text(row)?);
    let query = parsed.query();
    if args.len() == 3 {
        let key = args[2].text(row)?;
        if part != "QUERY" {
            return None;
        }
        let pairs = query?.split('&').filter_map(|pair| pair.split_once('='));
        push(out, pairs.into_iter().find(|(name, _)| *name == key)?.1);
        return Some(());
    }
    let (start, end) = (url::Position::BeforeUsername, url::Position::AfterPort);
    match part {
        "HOST" => push(out, parsed.host_str()?),
        "PATH" => push(out, parsed.path()),
        "QUERY" => push(out, query?),
        "REF" => push(out, parsed.fragment()?),
        "PROTOCOL" => push(out, parsed.scheme()),
        "FILE" => push(out, &parsed[url::Position::BeforePath..url::Position::AfterQuery]),
        "AUTHORITY" => push(out, &parsed[start..end]),
        "USERINFO" => {
            let user = &parsed[start..url::Position::BeforeHost];
            push(out, user.strip_suffix('@')?);
        }
        _ => return None,
    }
    Some(())
}

#[cfg(test)]
mod tests {
    use crate::expression::testing::*;

    #[test]
    fn substring_counts_characters_from_one() {
        let batch = batch(vec![("s", opt_texts([Some("订单abc"), Some(""), None]))]);
        assert_eq!(strings(&batch, "substring", &[col("s"), int(2), int(2)]), [Some("单a"), Some(""), None]);
        assert_eq!(strings(&batch, "substring", &[col("s"), int(0), int(1)]), [Some("订"), Some(""), None]);
        assert_eq!(strings(&batch, "substring", &[col("s"), int(-3)])[0].as_deref(), Some("abc"));
        assert_eq!(strings(&batch, "substring", &[col("s"), int(-9)])[0].as_deref(), Some(""));
        assert_eq!(strings(&batch, "substring", &[col("s"), int(9)])[0].as_deref(), Some(""));
        assert_eq!(strings(&batch, "substring", &[col("s"), int(1), int(-1)])[0], None);
    }

    #[test]
    fn case_and_length() {
        let batch = batch(vec![("a", texts(["Ab c", "x"])), ("u", texts(["straße", "é"]))]);
        assert_eq!(strings(&batch, "upper", &[col("a")]), [Some("AB C"), Some("X")]);
        assert_eq!(strings(&batch, "upper", &[col("u")]), [Some("STRASSE"), Some("É")]);
        assert_eq!(strings(&batch, "lower", &[col("a")]), [Some("ab c"), Some("x")]);
        assert_eq!(int_values(&batch, "charLength", &[col("u")]), [Some(6), Some(1)]);
        assert_eq!(strings(&batch, "initCap", &[text("heLLo wORLD-x1")]), [Some("Hello World-X1"); 2]);
    }

    #[test]
    fn slices_of_columns_keep_their_own_texts() {
        let whole = batch(vec![("s", texts(["aa", "bb", "cc"]))]);
        assert_eq!(strings(&whole.slice(1, 1), "upper", &[col("s")]), [Some("BB")]);
    }

    #[test]
    fn trimming() {
        let batch = batch(vec![("s", texts(["  a ", "xxaxx"]))]);
        let sides = |leading, trailing, set: &str| [bool_lit(leading), bool_lit(trailing), text(set), col("s")];
        assert_eq!(strings(&batch, "trim", &sides(true, true, " ")), [Some("a"), Some("xxaxx")]);
        assert_eq!(strings(&batch, "trim", &sides(true, false, "x")), [Some("  a "), Some("axx")]);
        assert_eq!(strings(&batch, "rtrim", &[col("s")]), [Some("  a"), Some("xxaxx")]);
    }

    #[test]
    fn padding_and_parts() {
        // the examples of Flink's documentation
        assert_eq!(one("lpad", &[text("hi"), int(4), text("??")]), Some("??hi".into()));
        assert_eq!(one("lpad", &[text("hi"), int(1), text("??")]), Some("h".into()));
        assert_eq!(one("rpad", &[text("hi"), int(4), text("??")]), Some("hi??".into()));
        assert_eq!(one("rpad", &[text("hi"), int(4), text("")]), None);
        assert_eq!(one("overlay", &[text("xxxxxtest"), text("xxxx"), int(6)]), Some("xxxxxxxxx".into()));
        assert_eq!(one("overlay", &[text("xxxxxtest"), text("xxxx"), int(6), int(2)]), Some("xxxxxxxxxst".into()));
        assert_eq!(one("left", &[text("Flink"), int(2)]), Some("Fl".into()));
        assert_eq!(one("right", &[text("Flink"), int(2)]), Some("nk".into()));
        assert_eq!(one("right", &[text("Flink"), int(9)]), Some("Flink".into()));
        assert_eq!(one("repeat", &[text("This is a test String."), int(2)]).map(|s| s.len()), Some(44));
        assert_eq!(one("splitIndex", &[text("a,b,,c"), text(","), int(3)]), Some("c".into()));
        assert_eq!(one("splitIndex", &[text("a,b"), text(","), int(2)]), None);
        assert_eq!(one("replace", &[text("hello world"), text("world"), text("flink")]), Some("hello flink".into()));
        assert_eq!(one("replace", &[text("ababab"), text("abab"), text("z")]), Some("zab".into()));
        assert_eq!(one("reverse", &[text("订a")]), Some("a订".into()));
        assert_eq!(one("chr", &[int(97)]), Some("a".into()));
        assert_eq!(one("bin", &[int(12)]), Some("1100".into()));
        assert_eq!(one("hex", &[int(100)]), Some("64".into()));
        assert_eq!(one("hex", &[text("hello,world")]), Some("68656C6C6F2C776F726C64".into()));
    }

    #[test]
    fn joining() {
        let batch = batch(vec![("a", opt_texts([Some("AA"), None])), ("b", texts(["BB", "CC"]))]);
        assert_eq!(strings(&batch, "concat", &[col("a"), col("b")]), [Some("AABB"), None]);
        assert_eq!(strings(&batch, "concat_ws", &[text("~"), col("a"), col("b")]), [Some("AA~BB"), Some("CC")]);
    }

    #[test]
    fn searching() {
        let batch = batch(vec![("s", texts(["订单abca"]))]);
        assert_eq!(int_values(&batch, "position", &[text("a"), col("s")]), [Some(3)]);
        assert_eq!(int_values(&batch, "instr", &[col("s"), text("x")]), [Some(0)]);
        assert_eq!(int_values(&batch, "locate", &[text("a"), col("s"), int(4)]), [Some(6)]);
        assert_eq!(booleans(&batch, "STARTSWITH", &[col("s"), text("订")]), [Some(true)]);
    }

    #[test]
    fn codes() {
        assert_eq!(one("toBase64", &[text("hello world")]), Some("aGVsbG8gd29ybGQ=".into()));
        assert_eq!(one("fromBase64", &[text("aGVsbG8gd29ybGQ=")]), Some("hello world".into()));
        assert_eq!(
            one("decode", &[call("encode", &[text("é订"), text("utf-16le")]), text("UTF-16LE")]),
            Some("é订".into())
        );
        assert_eq!(
            one("decode", &[call("encode", &[text("é"), text("ISO-8859-1")]), text("ISO-8859-1")]),
            Some("é".into())
        );
    }

    #[test]
    fn parts_of_a_url() {
        // the example of Flink's documentation
        let url = || text("http://facebook.com/path1/p.php?k1=v1&k2=v2#Ref1");
        assert_eq!(one("parseUrl", &[url(), text("HOST")]), Some("facebook.com".into()));
        assert_eq!(one("parseUrl", &[url(), text("QUERY"), text("k2")]), Some("v2".into()));
        assert_eq!(one("parseUrl", &[url(), text("FILE")]), Some("/path1/p.php?k1=v1&k2=v2".into()));
        assert_eq!(one("parseUrl", &[url(), text("REF")]), Some("Ref1".into()));
    }
}
