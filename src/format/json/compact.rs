//! An object or array as compact JSON text, for STRING columns: what Jackson's `JsonNode.toString` writes.

use hashbrown::HashSet;

use super::super::number::write_f64;
use super::cursor::{Cursor, Text};
use super::decode::write_number;
use super::encode::write_string;
use super::fault::Parsed;

/// The keys of one object, to notice one that comes twice. Small objects are searched, large ones hashed.
#[derive(Default)]
pub(super) struct Keys {
    bytes: Vec<u8>,
    ends: Vec<usize>,
    hashed: HashSet<Vec<u8>, foldhash::fast::RandomState>,
}

const SEARCHED: usize = 16;

impl Keys {
    /// False where the key was there already.
    pub fn insert(&mut self, key: &[u8]) -> bool {
        if !self.hashed.is_empty() {
            return self.hashed.insert(key.to_vec());
        }
        if self.iter().any(|known| known == key) {
            return false;
        }
        if self.ends.len() == SEARCHED {
            self.hashed = self.iter().map(<[u8]>::to_vec).collect();
            return self.hashed.insert(key.to_vec());
        }
        self.bytes.extend_from_slice(key);
        self.ends.push(self.bytes.len());
        true
    }

    fn iter(&self) -> impl Iterator<Item = &[u8]> {
        let starts = std::iter::once(0).chain(self.ends.iter().copied());
        starts.zip(&self.ends).map(|(start, end)| &self.bytes[start..*end])
    }
}

/// Appends the value that comes next.
pub(super) fn write(cursor: &mut Cursor, out: &mut Vec<u8>, depth: usize) -> Parsed<()> {
    match cursor.peek() {
        b'"' => {
            let text = cursor.string()?;
            write_text(cursor, text, out)
        }
        b'{' => object(cursor, out, depth),
        b'[' => {
            cursor.enter(depth)?;
            out.push(b'[');
            if cursor.peek() == b']' {
                cursor.at += 1;
            } else {
                loop {
                    write(cursor, out, depth + 1)?;
                    if !cursor.more(b']', "',' or ']'")? {
                        break;
                    }
                    out.push(b',');
                }
            }
            out.push(b']');
            Ok(())
        }
        b'-' | b'0'..=b'9' => {
            let number = cursor.number()?;
            if number.fractional && !number.as_f64().is_finite() {
                // JSON has no number for it; Jackson writes such a name as a string
                out.push(b'"');
                write_f64(number.as_f64(), out);
                out.push(b'"');
            } else {
                write_number(&number, out);
            }
            Ok(())
        }
        _ => {
            let start = cursor.at;
            cursor.skip(depth)?;
            out.extend_from_slice(&cursor.bytes[start..cursor.at]);
            Ok(())
        }
    }
}

fn object(cursor: &mut Cursor, out: &mut Vec<u8>, depth: usize) -> Parsed<()> {
    cursor.enter(depth)?;
    out.push(b'{');
    if cursor.peek() == b'}' {
        cursor.at += 1;
        out.push(b'}');
        return Ok(());
    }
    // where each member's key begins, its value begins, and it ends in `out`
    let mut members: Vec<(usize, usize, usize)> = Vec::new();
    let mut keys = Keys::default();
    let mut repeated = false;
    let first = out.len();
    loop {
        if cursor.peek() != b'"' {
            return Err(cursor.unexpected("a field name in '\"'"));
        }
        let name = cursor.string()?;
        let start = out.len();
        write_text(cursor, name, out)?;
        repeated |= !keys.insert(&out[start..]);
        out.push(b':');
        cursor.expect(b':', "':'")?;
        let value = out.len();
        write(cursor, out, depth + 1)?;
        members.push((start, value, out.len()));
        if !cursor.more(b'}', "',' or '}'")? {
            break;
        }
        out.push(b',');
    }
    if repeated {
        keep_last(out, first, &members);
    }
    out.push(b'}');
    Ok(())
}

/// A key that comes again keeps its place and takes the later value.
#[cold]
fn keep_last(out: &mut Vec<u8>, first: usize, members: &[(usize, usize, usize)]) {
    let written = out.split_off(first);
    let slice = |from: usize, to: usize| &written[from - first..to - first];
    let mut last: Vec<(&[u8], &[u8])> = Vec::new();
    for (start, value, end) in members {
        let (key, value) = (slice(*start, *value), slice(*value, *end));
        match last.iter_mut().find(|(known, _)| *known == key) {
            Some(member) => member.1 = value,
            None => last.push((key, value)),
        }
    }
    for (at, (key, value)) in last.iter().enumerate() {
        if at > 0 {
            out.push(b',');
        }
        out.extend_from_slice(key);
        out.extend_from_slice(value);
    }
}

fn write_text(cursor: &Cursor, text: Text, out: &mut Vec<u8>) -> Parsed<()> {
    if !text.escaped {
        out.push(b'"');
        out.extend_from_slice(cursor.slice(text));
        out.push(b'"');
        return Ok(());
    }
    let mut plain = Vec::new();
    cursor.unescape(text, &mut plain)?;
    write_string(&plain, out);
    Ok(())
}
