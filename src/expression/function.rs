//! A function over whole columns as a DataFusion physical expression, and what functions need to be written.

use std::fmt;
use std::hash::{Hash, Hasher};
use std::sync::Arc;

use arrow::array::{Array, ArrayRef, ArrowPrimitiveType, AsArray, Datum, PrimitiveArray, RecordBatch, UInt32Array};
use arrow::compute::{binary, take, try_binary};
use arrow::datatypes::{DataType, Schema};
use arrow::error::ArrowError;
use datafusion_common::{DataFusionError, ScalarValue};
use datafusion_expr::ColumnarValue;
use datafusion_physical_expr::PhysicalExpr;
use datafusion_physical_expr::expressions::{Literal, lit};

use super::bind::Typed;

pub(crate) type Values = Result<ArrayRef, ArrowError>;
type Run = dyn Fn(&[Arg], usize) -> Values + Send + Sync;

/// An argument: a column, or one value that stands for every row.
pub(crate) struct Arg {
    pub array: ArrayRef,
    pub scalar: bool,
}

impl Datum for Arg {
    fn get(&self) -> (&dyn Array, bool) {
        (self.array.as_ref(), self.scalar)
    }
}

impl Arg {
    /// A column of `rows` values.
    pub fn column(&self, rows: usize) -> Values {
        if self.scalar { take(&self.array, &UInt32Array::from_value(0, rows), None) } else { Ok(self.array.clone()) }
    }

    pub fn primitive<T: ArrowPrimitiveType>(&self) -> &PrimitiveArray<T> {
        self.array.as_primitive()
    }

    pub fn is_null(&self, row: usize) -> bool {
        self.array.is_null(self.index(row))
    }

    /// Where the value of `row` is in the array.
    pub fn index(&self, row: usize) -> usize {
        if self.scalar { 0 } else { row }
    }

    pub fn text(&self, row: usize) -> Option<&str> {
        let texts = self.array.as_string::<i32>();
        let index = self.index(row);
        (!texts.is_null(index)).then(|| texts.value(index))
    }

    pub fn value<T: ArrowPrimitiveType>(&self, row: usize) -> Option<T::Native> {
        let values = self.primitive::<T>();
        let index = self.index(row);
        (!values.is_null(index)).then(|| values.value(index))
    }
}

/// Applies `f` to two columns of one type, either of which may be a single value.
pub(crate) fn map2<I, O>(left: &Arg, right: &Arg, f: impl Fn(I::Native, I::Native) -> O::Native) -> Values
where
    I: ArrowPrimitiveType,
    O: ArrowPrimitiveType,
{
    let (l, r) = (left.primitive::<I>(), right.primitive::<I>());
    let result: PrimitiveArray<O> = match (left.scalar, right.scalar) {
        (false, true) if r.is_null(0) => PrimitiveArray::new_null(l.len()),
        (true, false) if l.is_null(0) => PrimitiveArray::new_null(r.len()),
        (false, true) => {
            let value = r.value(0);
            l.unary(|x| f(x, value))
        }
        (true, false) => {
            let value = l.value(0);
            r.unary(|x| f(value, x))
        }
        _ => binary(l, r, f)?,
    };
    Ok(Arc::new(result))
}

/// As [`map2`], for an operation that can fail; it is not asked about NULLs.
pub(crate) fn try_map2<I, O>(
    left: &Arg,
    right: &Arg,
    f: impl Fn(I::Native, I::Native) -> Result<O::Native, ArrowError>,
) -> Values
where
    I: ArrowPrimitiveType,
    O: ArrowPrimitiveType,
{
    let (l, r) = (left.primitive::<I>(), right.primitive::<I>());
    let result: PrimitiveArray<O> = match (left.scalar, right.scalar) {
        (false, true) if r.is_null(0) => PrimitiveArray::new_null(l.len()),
        (true, false) if l.is_null(0) => PrimitiveArray::new_null(r.len()),
        (false, true) => {
            let value = r.value(0);
            l.try_unary(|x| f(x, value))?
        }
        (true, false) => {
            let value = l.value(0);
            r.try_unary(|x| f(value, x))?
        }
        _ => try_binary(l, r, f)?,
    };
    Ok(Arc::new(result))
}

/// A named function with its arguments; equal to another only if it is the same binding.
pub(crate) struct Function {
    name: String,
    args: Vec<Arc<dyn PhysicalExpr>>,
    returns: DataType,
    run: Arc<Run>,
}

/// Binds a function to its arguments. With literal arguments only, it is evaluated here and now (unless that
/// fails: then the failure belongs to the first record).
pub(crate) fn function(
    name: &str,
    args: Vec<Typed>,
    returns: DataType,
    fallible: bool,
    run: impl Fn(&[Arg], usize) -> Values + Send + Sync + 'static,
) -> Typed {
    let fallible = fallible || args.iter().any(|arg| arg.fallible);
    let literals: Option<Vec<&ScalarValue>> = args.iter().map(Typed::literal).collect();
    if let Some(literals) = literals {
        let folded = literals
            .into_iter()
            .map(|value| Ok(Arg { array: value.to_array()?, scalar: true }))
            .collect::<Result<Vec<_>, DataFusionError>>()
            .and_then(|args| Ok(run(&args, 1)?))
            .and_then(|value| ScalarValue::try_from_array(&value, 0));
        if let Ok(value) = folded {
            return Typed { expr: lit(value), data_type: returns, fallible: false };
        }
    }
    let expr = Arc::new(Function {
        name: name.to_owned(),
        args: args.into_iter().map(|arg| arg.expr).collect(),
        returns: returns.clone(),
        run: Arc::new(run),
    });
    Typed { expr, data_type: returns, fallible }
}

impl PhysicalExpr for Function {
    fn data_type(&self, _: &Schema) -> Result<DataType, DataFusionError> {
        Ok(self.returns.clone())
    }

    fn nullable(&self, _: &Schema) -> Result<bool, DataFusionError> {
        Ok(true)
    }

    fn evaluate(&self, batch: &RecordBatch) -> Result<ColumnarValue, DataFusionError> {
        let mut args = Vec::with_capacity(self.args.len());
        for arg in &self.args {
            args.push(match arg.evaluate(batch)? {
                ColumnarValue::Array(array) => Arg { array, scalar: false },
                ColumnarValue::Scalar(value) => Arg { array: value.to_array()?, scalar: true },
            });
        }
        let one = !args.is_empty() && args.iter().all(|arg| arg.scalar);
        let values = (self.run)(&args, if one { 1 } else { batch.num_rows() })?;
        if one {
            return Ok(ColumnarValue::Scalar(ScalarValue::try_from_array(&values, 0)?));
        }
        Ok(ColumnarValue::Array(values))
    }

    fn children(&self) -> Vec<&Arc<dyn PhysicalExpr>> {
        self.args.iter().collect()
    }

    fn with_new_children(
        self: Arc<Self>,
        children: Vec<Arc<dyn PhysicalExpr>>,
    ) -> Result<Arc<dyn PhysicalExpr>, DataFusionError> {
        Ok(Arc::new(Function {
            name: self.name.clone(),
            args: children,
            returns: self.returns.clone(),
            run: self.run.clone(),
        }))
    }

    fn fmt_sql(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, f)
    }
}

impl fmt::Display for Function {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}(", self.name)?;
        for (i, arg) in self.args.iter().enumerate() {
            write!(f, "{}{arg}", if i == 0 { "" } else { ", " })?;
        }
        f.write_str(")")
    }
}

impl fmt::Debug for Function {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, f)
    }
}

impl PartialEq for Function {
    fn eq(&self, other: &Self) -> bool {
        self.name == other.name && self.args == other.args && Arc::ptr_eq(&self.run, &other.run)
    }
}

impl Eq for Function {}

impl Hash for Function {
    fn hash<H: Hasher>(&self, state: &mut H) {
        self.name.hash(state);
        self.args.hash(state);
    }
}

/// The value of a literal.
pub(crate) fn literal_of(expr: &Arc<dyn PhysicalExpr>) -> Option<&ScalarValue> {
    expr.downcast_ref::<Literal>().map(Literal::value)
}
