//! Reads the files of one subtask, one after the other. A split's id is the file's path, its position the number
//! of bytes that were read.

use std::collections::VecDeque;
use std::path::Path;
use std::sync::Arc;
use std::time::Duration;

use arrow::array::RecordBatch;

use super::Formatting;
use super::lines::{Blocks, Framing};
use crate::batch::Batch;
use crate::connector::{Polled, SourceReader, Split};
use crate::error::{Error, Result};
use crate::format::column::Column;
use crate::format::{
    Charset, CsvDialect, Decoder, FIELDS_IN_ERRORS, IGNORE_PARSE_ERRORS, RECORDS_IN_ERRORS, TEXTS_REPLACED,
    payload_text,
};
use crate::metrics::Counter;
use crate::operator::SubtaskContext;
use crate::types::{DataType, SchemaRef, Shape};

/// A batch holds at most about this much of a file.
const BATCH_BYTES: usize = 4 << 20;

pub struct FileReader {
    waiting: VecDeque<(Arc<str>, u64)>,
    current: Option<(Arc<str>, Blocks)>,
    records: Records,
    shape: Shape,
    batch_size: usize,
    counters: Counters,
}

struct Counters {
    records_in_errors: Counter,
    fields_in_errors: Counter,
    texts_replaced: Counter,
}

/// How the format turns a file into columns.
pub enum Records {
    /// One text a line, copied straight into its column.
    Lines { schema: SchemaRef, charset: Charset, column: Column },
    Decoded {
        decoder: Box<dyn Decoder>,
        framing: Framing,
        ignore_errors: bool,
        /// The first record names the columns.
        header: bool,
        /// The first record behind the header is passed over.
        skip_first: bool,
    },
}

impl Records {
    pub fn new(formatting: &Formatting) -> Result<Self> {
        let (schema, options) = (formatting.schema.clone(), &formatting.options);
        // the decoder is made for text lines too: it checks the columns and the options
        let decoder = formatting.format.decoder(schema.clone(), formatting.shape, options)?;
        if formatting.format.name() == "string" {
            let charset = Charset::parse(options.get("charset"))?;
            if charset.is_wide() {
                return Err(Error::config("text files in UTF-16 cannot be cut into lines")
                    .with_hint("convert them to UTF-8 first"));
            }
            let column = Column::new("string", schema.field(0).name(), &DataType::Utf8)?;
            return Ok(Records::Lines { schema, charset, column });
        }
        let csv = formatting.format.name() == "csv";
        let framing = if csv { Framing::Csv(CsvDialect::parse(options)?) } else { Framing::Lines };
        Ok(Records::Decoded {
            decoder,
            framing,
            ignore_errors: options.parse(IGNORE_PARSE_ERRORS, false)?,
            header: csv && options.parse("use-header", false)?,
            skip_first: csv && options.parse("skip-first-data-row", false)?,
        })
    }

    /// Opens a file where reading goes on; records at its beginning that are no data are passed over.
    fn open(&mut self, path: &str, offset: u64) -> Result<Blocks> {
        let path = Path::new(path);
        let Records::Decoded { decoder, framing, header, skip_first, .. } = self else {
            return Blocks::open(path, offset);
        };
        if !*header && (!*skip_first || offset > 0) {
            return Blocks::open(path, offset);
        }
        let mut blocks = Blocks::open(path, 0)?;
        if *header && let Some((_, names)) = blocks.next_record(framing)? {
            decoder.header(names).map_err(|error| error.at(format!("the header of '{}'", path.display())))?;
        }
        if *skip_first && offset == 0 {
            blocks.next_record(framing)?;
        }
        if offset == 0 { Ok(blocks) } else { Blocks::open(path, offset) }
    }

    /// The next rows of a file, and whether it is at its end. There may be no rows before the end, where records
    /// were skipped.
    fn read(&mut self, path: &str, file: &mut Blocks, rows: usize, count: &Counters) -> Result<(RecordBatch, bool)> {
        match self {
            Records::Lines { schema, charset, column } => {
                let Column::Text(text) = column else {
                    return Err(Error::internal("text lines without a text column"));
                };
                let replaced = file.read_lines(*charset, rows, BATCH_BYTES, text)?;
                count.texts_replaced.add(replaced);
                let ended = text.is_empty();
                let array = column.finish(&DataType::Utf8)?;
                Ok((RecordBatch::try_new(schema.clone(), vec![array])?, ended))
            }
            Records::Decoded { decoder, framing, ignore_errors, .. } => {
                let limit = file.offset() + BATCH_BYTES as u64;
                let mut ended = false;
                while decoder.len() < rows && file.offset() < limit {
                    let Some((offset, record)) = file.next_record(framing)? else {
                        ended = true;
                        break;
                    };
                    if record.iter().all(u8::is_ascii_whitespace) {
                        continue;
                    }
                    match decoder.decode(record) {
                        Ok(_) => {}
                        Err(_) if *ignore_errors => count.records_in_errors.add(1),
                        Err(error) => {
                            let place = format!("'{path}', record at byte {offset}");
                            return Err(error.at(place).with_input(payload_text(record)));
                        }
                    }
                }
                count.fields_in_errors.add(decoder.take_nulled_fields());
                Ok((decoder.finish()?, ended))
            }
        }
    }
}

impl FileReader {
    pub fn new(formatting: &Formatting, context: &SubtaskContext) -> Result<Self> {
        let metrics = &context.metrics;
        Ok(FileReader {
            waiting: VecDeque::new(),
            current: None,
            records: Records::new(formatting)?,
            shape: formatting.shape,
            batch_size: context.batch_size.max(1),
            counters: Counters {
                records_in_errors: metrics.counter(RECORDS_IN_ERRORS),
                fields_in_errors: metrics.counter(FIELDS_IN_ERRORS),
                texts_replaced: metrics.counter(TEXTS_REPLACED),
            },
        })
    }
}

impl SourceReader for FileReader {
    fn add_splits(&mut self, splits: Vec<Split>) -> Result<()> {
        for split in splits {
            let position = split
                .position
                .as_slice()
                .try_into()
                .map_err(|_| Error::internal(format!("the position of the split '{}' is damaged", split.id)))?;
            self.waiting.push_back((split.id.as_str().into(), u64::from_le_bytes(position)));
        }
        Ok(())
    }

    fn poll(&mut self, _wait: Duration) -> Result<Polled> {
        let (path, mut file) = match self.current.take() {
            Some(open) => open,
            None => {
                let Some((path, offset)) = self.waiting.pop_front() else { return Ok(Polled::Nothing) };
                let file = self.records.open(&path, offset)?;
                (path, file)
            }
        };
        let (rows, ended) = self.records.read(&path, &mut file, self.batch_size, &self.counters)?;
        if rows.num_rows() == 0 {
            if ended {
                return Ok(Polled::SplitEnd { split: path });
            }
            self.current = Some((path, file));
            return Ok(Polled::Nothing);
        }
        let split = path.clone();
        self.current = Some((path, file));
        Ok(Polled::Records { split, batch: Batch::columns(rows, self.shape) })
    }

    fn snapshot(&self) -> Vec<Split> {
        let split =
            |path: &Arc<str>, offset: u64| Split { id: path.to_string(), position: offset.to_le_bytes().to_vec() };
        let current = self.current.iter().map(|(path, file)| split(path, file.offset()));
        current.chain(self.waiting.iter().map(|(path, offset)| split(path, *offset))).collect()
    }
}
