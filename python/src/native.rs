//! Operators that run in Rust on columns: built and checked where the program names them, added to the graph later.

use std::sync::Arc;

use arrow::array::RecordBatch;
use arrow::datatypes::{DataType, Field, Schema, SchemaRef};
use flott::connector::Options;
use flott::expression::Expr;
use flott::operator::aggregate::{Aggregate, Function};
use flott::operator::event_time::EventTime;
use flott::operator::explode::Explode;
use flott::operator::filter::Filter;
use flott::operator::key_by::KeyBy;
use flott::operator::parse::Parse;
use flott::operator::render::Render;
use flott::operator::select::Select;
use flott::operator::window_aggregate::{Span, WindowAggregate};
use flott::operator::{Operator, OperatorFactory, SubtaskContext};
use flott::types::Shape;
use flott::window::TimeSpan;
use flott::{Error, Result};
use pyo3::prelude::*;

use crate::gate::raise;
use crate::types;
use crate::window::built_in;

/// The exact columns of a typed stream.
#[pyclass(module = "flott._flott", frozen, eq)]
#[derive(Clone, PartialEq)]
pub struct ColumnsType {
    pub schema: SchemaRef,
    pub shape: Shape,
}

#[pymethods]
impl ColumnsType {
    /// From a type's descriptor as JSON.
    #[new]
    pub fn new(py: Python<'_>, descriptor: &str) -> PyResult<Self> {
        let made = types::parse(descriptor).and_then(|descriptor| types::schema(&descriptor));
        made.map(|(schema, shape)| ColumnsType { schema, shape }).map_err(|error| raise(py, error))
    }

    /// The descriptor of the nearest declared type, as JSON.
    fn descriptor(&self) -> String {
        types::descriptor(&self.schema, self.shape).to_string()
    }

    /// These columns, followed by columns of text: as rows, unless there are none to add.
    fn with_texts(&self, names: Vec<String>) -> ColumnsType {
        if names.is_empty() {
            return self.clone();
        }
        let texts = names.into_iter().map(|name| Arc::new(Field::new(name, DataType::Utf8, true)));
        let fields: Vec<_> = self.schema.fields().iter().cloned().chain(texts).collect();
        ColumnsType { schema: Arc::new(Schema::new(fields)), shape: Shape::Row }
    }

    #[getter]
    fn names(&self) -> Vec<String> {
        self.schema.fields().iter().map(|field| field.name().clone()).collect()
    }
}

/// An operator on columns; `output` is the type of its results and `rejected` that of its side output.
#[pyclass(module = "flott._flott", frozen)]
pub struct NativeOperator {
    pub factory: Arc<dyn OperatorFactory>,
    #[pyo3(get)]
    output: ColumnsType,
    #[pyo3(get)]
    rejected: Option<ColumnsType>,
}

#[pymethods]
impl NativeOperator {
    /// Keeps the records for which the condition (JSON) is true; the others go to the side output `rejected`.
    #[staticmethod]
    #[pyo3(signature = (input, condition, rejected=None))]
    fn filter(py: Python<'_>, input: &ColumnsType, condition: &str, rejected: Option<&str>) -> PyResult<Self> {
        made(py, || {
            let mut filter = Filter::new(&Expr::from_json(condition)?, &input.schema)?;
            if let Some(tag) = rejected {
                filter = filter.with_rejected(tag.into());
            }
            let side = rejected.map(|_| input.clone());
            Ok(NativeOperator { factory: Arc::new(filter), output: input.clone(), rejected: side })
        })
    }

    /// The results of the expressions (a JSON array) as fields.
    #[staticmethod]
    fn select(py: Python<'_>, input: &ColumnsType, expressions: &str) -> PyResult<Self> {
        made(py, || {
            let select = Select::new(&Expr::list_from_json(expressions)?, &input.schema)?;
            let output = ColumnsType { schema: select.output_schema().clone(), shape: Shape::Row };
            Ok(NativeOperator { factory: Arc::new(select), output, rejected: None })
        })
    }

    /// One record for each element of a list.
    #[staticmethod]
    fn explode(py: Python<'_>, input: &ColumnsType, column: &str, outer: bool) -> PyResult<Self> {
        made(py, || {
            let explode = Explode::new(column, outer, &input.schema)?;
            let output = ColumnsType { schema: explode.output_schema().clone(), shape: Shape::Row };
            Ok(NativeOperator { factory: Arc::new(explode), output, rejected: None })
        })
    }

    /// Computes the key of each record; `output` is the type of the records, unchanged.
    #[staticmethod]
    fn key_by(py: Python<'_>, input: &ColumnsType, expressions: &str) -> PyResult<Self> {
        made(py, || {
            let key_by = KeyBy::new(&Expr::list_from_json(expressions)?, &input.schema)?;
            Ok(NativeOperator { factory: Arc::new(key_by), output: input.clone(), rejected: None })
        })
    }

    /// `sum`, `min`, … of a column, behind [`Self::key_by`] with the same expressions; each result or the last ones.
    #[staticmethod]
    fn aggregate(
        py: Python<'_>,
        input: &ColumnsType,
        keys: &str,
        function: &str,
        column: usize,
        only_final: bool,
    ) -> PyResult<Self> {
        made(py, || {
            let of = Function::named(function)
                .ok_or_else(|| Error::internal(format!("there is no aggregate '{function}'")))?;
            let key = KeyBy::new(&Expr::list_from_json(keys)?, &input.schema)?.key_column();
            let mut aggregate = Aggregate::new(of, column, &input.schema)?.with_key_column(key, &input.schema);
            if only_final {
                aggregate = aggregate.only_final();
            }
            Ok(NativeOperator { factory: Arc::new(aggregate), output: input.clone(), rejected: None })
        })
    }

    /// The event time of each record, an expression in ms or a TIMESTAMP.
    #[staticmethod]
    fn event_time(py: Python<'_>, input: &ColumnsType, expression: &str) -> PyResult<Self> {
        made(py, || {
            let event_time = EventTime::new(&Expr::from_json(expression)?, &input.schema)?;
            Ok(NativeOperator { factory: Arc::new(event_time), output: input.clone(), rejected: None })
        })
    }

    /// Aggregates of the windows of each key, behind [`Self::key_by`] with the same expressions, or of all records if `keys` is empty.
    /// `assigner` is one of the engine's own and `trigger` too; late records go to the side output `late`.
    #[staticmethod]
    #[pyo3(signature = (input, keys, assigner, event_time, trigger, allowed_lateness, aggregates, late=None))]
    #[allow(clippy::too_many_arguments, reason = "Python passes them by name")]
    fn window(
        py: Python<'_>,
        input: &ColumnsType,
        keys: &str,
        assigner: (String, Vec<i64>),
        event_time: bool,
        trigger: (String, i64),
        allowed_lateness: i64,
        aggregates: &str,
        late: Option<&str>,
    ) -> PyResult<Self> {
        let span = match (assigner.0.as_str(), assigner.1.as_slice()) {
            ("tumbling", &[size, offset]) => Span::Time(TimeSpan::Tumbling { size, offset }),
            ("sliding", &[size, slide, offset]) => Span::Time(TimeSpan::Sliding { size, slide, offset }),
            ("session", &[gap]) => Span::Time(TimeSpan::Session { gap }),
            ("global", &[]) => Span::Time(TimeSpan::Global),
            ("count", &[size, slide]) => Span::Count { size, slide },
            (kind, numbers) => {
                let error = Error::internal(format!("there is no window assigner '{kind}' of {numbers:?}"));
                return Err(raise(py, error));
            }
        };
        made(py, || {
            let (keys, aggregates) = (Expr::list_from_json(keys)?, Expr::list_from_json(aggregates)?);
            let trigger = built_in(&trigger.0, trigger.1)?;
            let window = WindowAggregate::new(&keys, span, event_time, trigger, &aggregates, &input.schema)?
                .with_allowed_lateness(allowed_lateness)
                .with_late_output(late.map(Arc::from));
            let output = ColumnsType { schema: window.output_schema().clone(), shape: Shape::Row };
            let side = late.map(|_| input.clone());
            Ok(NativeOperator { factory: Arc::new(window), output, rejected: side })
        })
    }

    /// Payloads to columns of type `output`; bad ones, unchanged, to the side output `rejected`.
    #[staticmethod]
    #[pyo3(signature = (input, format, options, output, rejected=None))]
    fn deserialize(
        py: Python<'_>,
        input: &ColumnsType,
        format: String,
        options: Vec<(String, String)>,
        output: &ColumnsType,
        rejected: Option<&str>,
    ) -> PyResult<Self> {
        let side = rejected.map(|_| input.clone());
        made(py, || {
            let (tag, output_type, options) = (rejected.map(Arc::from), output.clone(), Options::new(options));
            let create = move |context: &SubtaskContext| {
                let ColumnsType { schema, shape } = output_type.clone();
                let parse = Parse::new(&format, schema, shape, &options, tag.clone(), &context.metrics)?;
                Ok(Box::new(parse) as Box<dyn Operator>)
            };
            Ok(NativeOperator { factory: Arc::new(create), output: output.clone(), rejected: side })
        })
    }

    /// Columns to one text each.
    #[staticmethod]
    fn serialize(
        py: Python<'_>,
        input: &ColumnsType,
        format: String,
        options: Vec<(String, String)>,
    ) -> PyResult<Self> {
        made(py, || {
            let ColumnsType { schema, shape } = input.clone();
            let options = Options::new(options);
            // fails here, at the user's line, for what can't be written
            Render::new(&format, schema.clone(), shape, &options)?;
            let create = move |_: &SubtaskContext| {
                Ok(Box::new(Render::new(&format, schema.clone(), shape, &options)?) as Box<dyn Operator>)
            };
            let text = flott::batch::Columns::scalar(arrow::array::new_empty_array(&DataType::Utf8));
            let output = ColumnsType { schema: RecordBatch::schema(&text.records), shape: Shape::Scalar };
            Ok(NativeOperator { factory: Arc::new(create), output, rejected: None })
        })
    }
}

fn made(py: Python<'_>, make: impl FnOnce() -> Result<NativeOperator>) -> PyResult<NativeOperator> {
    make().map_err(|error: Error| raise(py, error))
}
