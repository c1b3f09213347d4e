//! Columns as the bytes of a checkpoint: Arrow's IPC stream with a checksum behind it, for each key group one.

use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::Arc;

use arrow::array::{ArrayRef, RecordBatch, UInt32Array};
use arrow::compute::{concat_batches, take_record_batch};
use arrow::datatypes::{DataType, Field, Schema};
use arrow_ipc::reader::StreamReader;
use arrow_ipc::writer::StreamWriter;
use bytes::{Buf, Bytes};

use crate::checkpoint::codec::{Decoder, Encoder};
use crate::checkpoint::{CheckpointError, KeyedPart};
use crate::error::{Error, Result};
use crate::types::type_name;

/// Columns under names that are not all different.
pub fn table(columns: Vec<(String, ArrayRef)>) -> Result<RecordBatch> {
    let fields: Vec<Field> =
        columns.iter().map(|(name, column)| Field::new(name, column.data_type().clone(), true)).collect();
    let columns = columns.into_iter().map(|(_, column)| column).collect();
    Ok(RecordBatch::try_new(Arc::new(Schema::new(fields)), columns)?)
}

/// An IPC stream with its checksum.
pub fn encode(records: &RecordBatch) -> Result<Bytes> {
    let mut writer = StreamWriter::try_new(Vec::new(), records.schema_ref())?;
    writer.write(records)?;
    let mut out = Encoder::default();
    out.raw(&writer.into_inner()?);
    Ok(out.sealed())
}

/// `name` is what the bytes belong to, for messages.
pub fn decode(bytes: Bytes, name: &str) -> Result<RecordBatch, CheckpointError> {
    let damaged = |what: String| CheckpointError::Damaged { file: name.to_owned(), what };
    let bytes = Decoder::unsealed(bytes, name)?.rest();
    check_messages(&bytes).map_err(damaged)?;
    let read = || {
        let reader = StreamReader::try_new(bytes.reader(), None)?;
        let schema = reader.schema();
        concat_batches(&schema, &reader.collect::<Result<Vec<_>, _>>()?)
    };
    // the reader panics at some of what is wrong
    match catch_unwind(AssertUnwindSafe(read)) {
        Ok(read) => read.map_err(|error| damaged(error.to_string())),
        Err(_) => Err(damaged("it is no stream of columns".to_owned())),
    }
}

/// What the messages of a stream promise must be there: the reader takes memory for it before it looks.
fn check_messages(mut rest: &[u8]) -> Result<(), String> {
    const CONTINUED: [u8; 4] = [255; 4];
    let missing = || "a message of its columns ends too early".to_owned();
    while let Some((mut length, mut behind)) = rest.split_first_chunk::<4>() {
        if *length == CONTINUED {
            (length, behind) = behind.split_first_chunk().ok_or_else(missing)?;
        }
        let length = usize::try_from(i32::from_le_bytes(*length)).map_err(|_| missing())?;
        if length == 0 {
            return Ok(());
        }
        let (head, behind) = behind.split_at_checked(length).ok_or_else(missing)?;
        let message = arrow_ipc::root_as_message(head).map_err(|error| error.to_string())?;
        let body = usize::try_from(message.bodyLength()).map_err(|_| missing())?;
        let inside = |buffer: &arrow_ipc::Buffer| {
            let end = buffer.offset().checked_add(buffer.length());
            buffer.offset() >= 0 && buffer.length() >= 0 && end.is_some_and(|end| end as u64 <= body as u64)
        };
        let buffers = message.header_as_record_batch().and_then(|batch| batch.buffers());
        if buffers.is_some_and(|buffers| !buffers.iter().all(inside)) {
            return Err(missing());
        }
        rest = behind.split_at_checked(body).ok_or_else(missing)?.1;
    }
    Ok(())
}

/// The part of a snapshot that has these records, each in its key group; within one they stay as they stand.
///
/// `what` is what they are of: who restores must name the same.
pub fn keyed_part(name: &str, what: &str, records: &RecordBatch, groups: &[u16]) -> Result<KeyedPart> {
    let mut rows: Vec<u32> = (0..groups.len() as u32).collect();
    rows.sort_by_key(|row| groups[*row as usize]);
    let of = rows.chunk_by(|one, other| groups[*one as usize] == groups[*other as usize]);
    let encoded = of.map(|rows| {
        let group = take_record_batch(records, &UInt32Array::from(rows.to_vec()))?;
        Ok((groups[rows[0] as usize], encode(&group)?))
    });
    Ok(KeyedPart { name: name.to_owned(), encoding: encoding(what), groups: encoded.collect::<Result<_>>()? })
}

/// The records of each group of a part.
///
/// `types` are those of the last columns, which the program needs to go on.
pub fn groups_of(part: &KeyedPart, what: &str, types: &[DataType]) -> Result<Vec<(u16, RecordBatch)>> {
    if part.encoding != encoding(what) {
        return Err(differs(&part.name, &part.encoding, &encoding(what)));
    }
    let decoded = part.groups.iter().map(|(group, bytes)| {
        let records = decode(bytes.clone(), &format!("{} of key group {group}", part.name))?;
        let found = self::types(&records);
        check(&part.name, &found[found.len().saturating_sub(types.len())..], types)?;
        Ok((*group, records))
    });
    decoded.collect()
}

pub fn types(records: &RecordBatch) -> Vec<DataType> {
    records.columns().iter().map(|column| column.data_type().clone()).collect()
}

/// Columns in a checkpoint must be of the types that the program needs.
pub fn check(name: &str, found: &[DataType], needed: &[DataType]) -> Result<()> {
    let listed = |types: &[DataType]| types.iter().map(type_name).collect::<Vec<_>>().join(", ");
    if found == needed { Ok(()) } else { Err(differs(name, &listed(found), &listed(needed))) }
}

fn encoding(what: &str) -> String {
    format!("arrow: {what}")
}

fn differs(name: &str, found: &str, needed: &str) -> Error {
    Error::config(format!("the checkpoint has the state '{name}' as ({found}), and the program needs ({needed})"))
        .with_hint("restore with the program that wrote the checkpoint, or give the operator another uid()")
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::expression::testing::*;

    fn records() -> RecordBatch {
        batch(vec![
            ("k", opt_texts([Some("a"), None, Some("ccc")])),
            ("n", ints([1, 2, 3])),
            ("l", int_lists([Some(vec![1, 2]), None, Some(vec![])])),
            ("c", decimals(10, 2, [105, 210, 210])),
        ])
    }

    #[test]
    fn records_come_back_by_group() {
        let part = keyed_part("x", "y", &records(), &[9, 4, 9]).unwrap();
        let groups = groups_of(&part, "y", &[DataType::Decimal128(10, 2)]).unwrap();
        let rows = |rows: Vec<u32>| take_record_batch(&records(), &UInt32Array::from(rows)).unwrap();
        assert_eq!(groups.iter().map(|(group, _)| *group).collect::<Vec<_>>(), [4, 9]);
        assert_eq!(groups[0].1.columns(), rows(vec![1]).columns());
        assert_eq!(groups[1].1.columns(), rows(vec![0, 2]).columns());
        assert!(keyed_part("x", "y", &records().slice(0, 0), &[]).unwrap().groups.is_empty());
    }

    #[test]
    fn damage_is_noticed() {
        let whole = encode(&records()).unwrap();
        for at in 0..whole.len() {
            let mut changed = whole.to_vec();
            changed[at] ^= 1;
            assert!(matches!(decode(changed.into(), "f"), Err(CheckpointError::Damaged { .. })), "byte {at}");
            assert!(decode(whole.slice(..at), "f").is_err(), "the first {at} bytes");
        }
        // a good checksum over what is no stream
        let mut other = Encoder::default();
        other.text("something else");
        assert!(matches!(decode(other.sealed(), "f"), Err(CheckpointError::Damaged { .. })));
    }

    #[test]
    fn other_columns_are_refused() {
        let part = keyed_part("x", "y", &records(), &[1, 1, 1]).unwrap();
        let error = groups_of(&part, "y", &[DataType::Int64]).unwrap_err();
        assert!(groups_of(&part, "z", &[]).is_err());
        assert!(error.message().contains("DECIMAL(10, 2)), and the program needs (BIGINT)"), "{error}");
    }
}
