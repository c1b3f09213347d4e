//! Columns behind the format's own that hold a record's key, place, time and headers.

use std::sync::Arc;

use arrow::array::{
    ArrayBuilder, ArrayRef, BinaryBuilder, Int32Builder, Int64Builder, ListBuilder, StringBuilder, StructBuilder,
    TimestampMicrosecondBuilder,
};
use arrow::datatypes::{DataType, Field, FieldRef, Fields, TimeUnit};

use super::error::KafkaError;
use super::fetcher::Message;

/// A name in the option `metadata`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum MetadataField {
    Key,
    Topic,
    Partition,
    Offset,
    Timestamp,
    Headers,
}

impl MetadataField {
    pub fn parse(name: &str) -> Result<MetadataField, KafkaError> {
        Ok(match name {
            "key" => MetadataField::Key,
            "topic" => MetadataField::Topic,
            "partition" => MetadataField::Partition,
            "offset" => MetadataField::Offset,
            "timestamp" => MetadataField::Timestamp,
            "headers" => MetadataField::Headers,
            other => {
                return Err(KafkaError::Option {
                    option: "metadata".into(),
                    problem: format!("names '{other}'"),
                    hint: "the names are key, topic, partition, offset, timestamp and headers".into(),
                });
            }
        })
    }

    /// What the declared type may be, for messages.
    fn types(self) -> &'static str {
        match self {
            MetadataField::Key => "binary (a primitive array of bytes) or a string",
            MetadataField::Topic => "a string",
            MetadataField::Partition => "an int",
            MetadataField::Offset => "a long",
            MetadataField::Timestamp => "a timestamp, an instant, or a long (milliseconds)",
            MetadataField::Headers => "a list of rows of a string and binary",
        }
    }
}

enum Column {
    Binary(BinaryBuilder),
    Text(StringBuilder),
    Topic(StringBuilder),
    Partition(Int32Builder),
    Offset(Int64Builder),
    Micros(TimestampMicrosecondBuilder),
    Millis(Int64Builder),
    Headers(ListBuilder<StructBuilder>),
}

/// Collects the metadata of the records of a batch.
pub struct MetadataColumns {
    columns: Vec<Column>,
}

impl MetadataColumns {
    /// `declared` are the columns the program declared for `fields`, one each.
    pub fn new(fields: &[MetadataField], declared: &[FieldRef]) -> Result<MetadataColumns, KafkaError> {
        let columns = fields.iter().zip(declared).map(|(field, declared)| {
            column(*field, declared).ok_or_else(|| KafkaError::Option {
                option: "metadata".into(),
                problem: format!("puts the {} into '{}', a {}", text(*field), declared.name(), declared.data_type()),
                hint: format!("that column has to be {}", field.types()),
            })
        });
        Ok(MetadataColumns { columns: columns.collect::<Result<_, _>>()? })
    }

    /// Appends the metadata of `message` once for each of the `rows` it was decoded to.
    pub fn append(&mut self, message: Message<'_>, rows: usize) {
        for _ in 0..rows {
            for column in &mut self.columns {
                match column {
                    Column::Binary(keys) => keys.append_option(message.key()),
                    Column::Text(keys) => keys.append_option(message.key().map(String::from_utf8_lossy)),
                    Column::Topic(topics) => topics.append_value(message.topic()),
                    Column::Partition(partitions) => partitions.append_value(message.partition()),
                    Column::Offset(offsets) => offsets.append_value(message.offset()),
                    Column::Micros(times) => {
                        times.append_option(message.timestamp().map(|millis| millis.saturating_mul(1000)));
                    }
                    Column::Millis(times) => times.append_option(message.timestamp()),
                    Column::Headers(lists) => append_headers(lists, message),
                }
            }
        }
    }

    /// The columns collected since the last call.
    pub fn finish(&mut self) -> impl Iterator<Item = ArrayRef> + '_ {
        self.columns.iter_mut().map(|column| match column {
            Column::Binary(builder) => ArrayBuilder::finish(builder),
            Column::Text(builder) | Column::Topic(builder) => ArrayBuilder::finish(builder),
            Column::Partition(builder) => ArrayBuilder::finish(builder),
            Column::Offset(builder) | Column::Millis(builder) => ArrayBuilder::finish(builder),
            Column::Micros(builder) => ArrayBuilder::finish(builder),
            Column::Headers(builder) => ArrayBuilder::finish(builder),
        })
    }
}

fn text(field: MetadataField) -> String {
    format!("{field:?}").to_lowercase()
}

fn column(field: MetadataField, declared: &Field) -> Option<Column> {
    Some(match (field, declared.data_type()) {
        (MetadataField::Key, DataType::Binary) => Column::Binary(BinaryBuilder::new()),
        (MetadataField::Key, DataType::Utf8) => Column::Text(StringBuilder::new()),
        (MetadataField::Topic, DataType::Utf8) => Column::Topic(StringBuilder::new()),
        (MetadataField::Partition, DataType::Int32) => Column::Partition(Int32Builder::new()),
        (MetadataField::Offset, DataType::Int64) => Column::Offset(Int64Builder::new()),
        (MetadataField::Timestamp, DataType::Int64) => Column::Millis(Int64Builder::new()),
        (MetadataField::Timestamp, DataType::Timestamp(TimeUnit::Microsecond, _)) => {
            Column::Micros(TimestampMicrosecondBuilder::new().with_data_type(declared.data_type().clone()))
        }
        (MetadataField::Headers, DataType::List(item)) => Column::Headers(header_lists(item)?),
        _ => return None,
    })
}

fn header_lists(item: &FieldRef) -> Option<ListBuilder<StructBuilder>> {
    let DataType::Struct(fields) = item.data_type() else { return None };
    let types: Vec<_> = fields.iter().map(|field| field.data_type()).collect();
    if types != [&DataType::Utf8, &DataType::Binary] {
        return None;
    }
    let builder = StructBuilder::new(
        fields.clone(),
        vec![Box::new(StringBuilder::new()) as Box<dyn ArrayBuilder>, Box::new(BinaryBuilder::new())],
    );
    Some(ListBuilder::new(builder).with_field(item.clone()))
}

fn append_headers(lists: &mut ListBuilder<StructBuilder>, message: Message<'_>) {
    let headers = lists.values();
    message.headers(|key, value| {
        if let Some(keys) = headers.field_builder::<StringBuilder>(0) {
            keys.append_value(key);
        }
        if let Some(values) = headers.field_builder::<BinaryBuilder>(1) {
            values.append_option(value);
        }
        headers.append(true);
    });
    lists.append(true);
}

/// The type of a `headers` column.
pub fn header_type() -> DataType {
    let fields: Fields =
        vec![Field::new("key", DataType::Utf8, true), Field::new("value", DataType::Binary, true)].into();
    DataType::List(Arc::new(Field::new_list_field(DataType::Struct(fields), true)))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_column_of_another_type_says_which_it_has_to_be() {
        let declared = vec![Arc::new(Field::new("p", DataType::Utf8, true))];
        let error = MetadataColumns::new(&[MetadataField::Partition], &declared).err().unwrap();
        let error = crate::Error::from(error).to_string();
        assert!(error.contains("partition") && error.contains("'p'") && error.contains("an int"), "{error}");
        assert!(MetadataField::parse("ofset").is_err());
    }

    #[test]
    fn every_field_takes_its_type() {
        let instant = DataType::Timestamp(TimeUnit::Microsecond, Some("UTC".into()));
        let pairs = [
            (MetadataField::Key, DataType::Binary),
            (MetadataField::Topic, DataType::Utf8),
            (MetadataField::Partition, DataType::Int32),
            (MetadataField::Offset, DataType::Int64),
            (MetadataField::Timestamp, instant),
            (MetadataField::Headers, header_type()),
        ];
        for (field, declared) in pairs {
            let declared = Field::new("m", declared, true);
            let mut columns = MetadataColumns::new(&[field], &[Arc::new(declared.clone())]).ok().unwrap();
            assert_eq!(columns.finish().next().unwrap().data_type(), declared.data_type());
        }
    }
}
