//! Fields of rows, elements of arrays and maps.

use std::hash::Hash;
use std::sync::Arc;

use arrow::array::{
    Array, ArrayRef, ArrowPrimitiveType, AsArray, BooleanArray, Int32Array, UInt32Array, make_array, make_comparator,
};
use arrow::buffer::NullBuffer;
use arrow::compute::{SortOptions, take};
use arrow::datatypes::{DataType, Field, Int8Type, Int16Type, Int32Type, Int64Type};
use datafusion_common::ScalarValue;
use hashbrown::HashSet;
use std::cmp::Ordering;

use super::string::written;
use super::{Call, Found};
use crate::expression::bind::Typed;
use crate::expression::cast::{Mode, cast};
use crate::expression::coerce::unify;
use crate::expression::error::ExpressionError;
use crate::expression::function::{Arg, Values, function};

type Bound = Result<Typed, ExpressionError>;

pub(super) fn bind(call: &Call<'_>) -> Found {
    Some(match call.name {
        "get" => get(call),
        "at" => at(call),
        "cardinality" => cardinality(call),
        "element" => element(call),
        "array" => array(call),
        "row" => row(call),
        "ARRAY_CONTAINS" => contains(call),
        "ARRAY_JOIN" => join(call),
        "MAP_KEYS" => entries(call, 0),
        "MAP_VALUES" => entries(call, 1),
        _ => return None,
    })
}

/// A field of a row by name, or by index from 0.
fn get(call: &Call<'_>) -> Bound {
    let args = call.args(2, 2)?;
    let DataType::Struct(fields) = &args[0].data_type else { return Err(call.wrong(0, "a ROW")) };
    let index = match args[1].literal() {
        Some(ScalarValue::Utf8(Some(name))) => fields.find(name).map(|(index, _)| index),
        Some(ScalarValue::Int32(Some(index))) => usize::try_from(*index).ok().filter(|index| *index < fields.len()),
        _ => return Err(call.invalid("a field is named by a literal text or index")),
    };
    let Some(index) = index else {
        return Err(ExpressionError::UnknownField {
            expression: call.text.clone(),
            name: args[1].literal().map(ToString::to_string).unwrap_or_default(),
            fields: fields.iter().map(|field| field.name().clone()).collect(),
        });
    };
    Ok(call.total(vec![args[0].clone()], fields[index].data_type().clone(), move |args, _| {
        let rows = args[0].array.as_struct();
        under(rows.column(index), rows.nulls())
    }))
}

/// The values, NULL also where their row is.
pub(crate) fn under(values: &ArrayRef, parent: Option<&NullBuffer>) -> Values {
    if parent.is_none_or(|nulls| nulls.null_count() == 0) || values.data_type() == &DataType::Null {
        return Ok(values.clone());
    }
    let nulls = NullBuffer::union(values.nulls(), parent);
    Ok(make_array(values.to_data().into_builder().nulls(nulls).build()?))
}

/// An array's element by index from 1, or a map's value by key; NULL if there is none.
fn at(call: &Call<'_>) -> Bound {
    let args = call.args(2, 2)?;
    match &args[0].data_type {
        DataType::List(item) => {
            if matches!(args[1].literal(), Some(ScalarValue::Int32(Some(..=0)))) {
                return Err(call.invalid("the elements of an array count from 1"));
            }
            let bound = vec![args[0].clone(), call.integer(1)?];
            Ok(call.total(bound, item.data_type().clone(), |args, rows| {
                let lists = args[0].array.as_list::<i32>();
                let indices = (0..rows).map(|row| {
                    let list = args[0].index(row);
                    let index = args[1].value::<Int64Type>(row)?.checked_sub(1)?;
                    let length = i64::from(lists.value_length(list));
                    let found = !lists.is_null(list) && (0..length).contains(&index);
                    found.then(|| (i64::from(lists.value_offsets()[list]) + index) as u32)
                });
                take(lists.values(), &indices.collect::<UInt32Array>(), None)
            }))
        }
        DataType::Map(entries, _) => {
            let (key, value) = pair(entries);
            let wanted = cast(args[1].clone(), &key, Mode::Fail, &call.text)?;
            Ok(call.total(vec![args[0].clone(), wanted], value, |args, rows| {
                let maps = args[0].array.as_map();
                let order = make_comparator(maps.keys(), &args[1].array, SortOptions::default())?;
                let indices = (0..rows).map(|row| {
                    let map = args[0].index(row);
                    if maps.is_null(map) || args[1].is_null(row) {
                        return None;
                    }
                    let range = maps.value_offsets()[map]..maps.value_offsets()[map + 1];
                    let wanted = args[1].index(row);
                    range.map(|at| at as usize).find(|at| order(*at, wanted) == Ordering::Equal).map(|at| at as u32)
                });
                take(maps.values(), &indices.collect::<UInt32Array>(), None)
            }))
        }
        _ => Err(call.wrong(0, "an ARRAY or MAP")),
    }
}

fn pair(entries: &Field) -> (DataType, DataType) {
    match entries.data_type() {
        DataType::Struct(fields) if fields.len() == 2 => (fields[0].data_type().clone(), fields[1].data_type().clone()),
        _ => (DataType::Null, DataType::Null),
    }
}

fn cardinality(call: &Call<'_>) -> Bound {
    let arg = call.args(1, 1)?[0].clone();
    if !matches!(arg.data_type, DataType::List(_) | DataType::Map(..)) {
        return Err(call.wrong(0, "an ARRAY or MAP"));
    }
    Ok(call.total(vec![arg], DataType::Int32, |args, _| {
        let (offsets, nulls) = match args[0].array.as_list_opt::<i32>() {
            Some(lists) => (lists.offsets().clone(), lists.nulls().cloned()),
            None => (args[0].array.as_map().offsets().clone(), args[0].array.nulls().cloned()),
        };
        let lengths: Vec<i32> = offsets.lengths().map(|length| length as i32).collect();
        Ok(Arc::new(Int32Array::try_new(lengths.into(), nulls)?))
    }))
}

/// The only element; NULL for an empty array, an error for a longer one.
fn element(call: &Call<'_>) -> Bound {
    let arg = call.args(1, 1)?[0].clone();
    let DataType::List(item) = &arg.data_type else { return Err(call.wrong(0, "an ARRAY")) };
    let returns = item.data_type().clone();
    Ok(call.partial(vec![arg], returns, |args, rows| {
        let lists = args[0].array.as_list::<i32>();
        let mut indices = Vec::with_capacity(rows);
        for row in 0..rows {
            indices.push(match lists.value_length(row) {
                _ if lists.is_null(row) => None,
                0 => None,
                1 => Some(lists.value_offsets()[row] as u32),
                _ => return Err(arrow::error::ArrowError::ComputeError("Array has more than one element.".into())),
            });
        }
        take(lists.values(), &UInt32Array::from(indices), None)
    }))
}

fn array(call: &Call<'_>) -> Bound {
    let items = unify(call.args(1, usize::MAX)?.to_vec(), &call.text, "choosing between")?;
    let item = items[0].data_type.clone();
    let count = items.len();
    let field = Arc::new(Field::new_list_field(item, true));
    let returns = DataType::List(field.clone());
    Ok(call.total(items, returns, move |args, rows| {
        let columns = args.iter().map(|arg| arg.column(rows)).collect::<Result<Vec<_>, _>>()?;
        let columns: Vec<&dyn Array> = columns.iter().map(AsRef::as_ref).collect();
        let order: Vec<(usize, usize)> =
            (0..rows).flat_map(|row| (0..count).map(move |column| (column, row))).collect();
        let values = arrow::compute::interleave(&columns, &order)?;
        let offsets = arrow::buffer::OffsetBuffer::from_repeated_length(count, rows);
        Ok(Arc::new(arrow::array::ListArray::try_new(field.clone(), offsets, values, None)?))
    }))
}

fn row(call: &Call<'_>) -> Bound {
    let args = call.args(1, usize::MAX)?.to_vec();
    let fields: arrow::datatypes::Fields = args
        .iter()
        .enumerate()
        .map(|(at, arg)| Field::new(format!("f{at}"), arg.data_type.clone(), true))
        .collect::<Vec<_>>()
        .into();
    Ok(call.total(args, DataType::Struct(fields.clone()), move |args, rows| {
        let columns = args.iter().map(|arg| arg.column(rows)).collect::<Result<Vec<_>, _>>()?;
        Ok(Arc::new(arrow::array::StructArray::try_new(fields.clone(), columns, None)?))
    }))
}

fn contains(call: &Call<'_>) -> Bound {
    let args = call.args(2, 2)?;
    let DataType::List(item) = &args[0].data_type else { return Err(call.wrong(0, "an ARRAY")) };
    let needle = cast(args[1].clone(), item.data_type(), Mode::Fail, &call.text)?;
    Ok(call.total(vec![args[0].clone(), needle], DataType::Boolean, |args, rows| {
        let lists = args[0].array.as_list::<i32>();
        let order = make_comparator(lists.values(), &args[1].array, SortOptions::default())?;
        let values = (0..rows).map(|row| {
            let (list, needle) = (args[0].index(row), args[1].index(row));
            let range = lists.value_offsets()[list]..lists.value_offsets()[list + 1];
            (!lists.is_null(list)).then(|| range.map(|at| at as usize).any(|at| order(at, needle) == Ordering::Equal))
        });
        Ok(Arc::new(values.collect::<BooleanArray>()))
    }))
}

/// Joins the texts of an array; NULLs are left out unless there is a text for them.
fn join(call: &Call<'_>) -> Bound {
    let args = call.args(2, 3)?;
    if !matches!(&args[0].data_type, DataType::List(item) if *item.data_type() == DataType::Utf8) {
        return Err(call.wrong(0, "ARRAY<STRING>"));
    }
    let mut bound = vec![args[0].clone(), call.string(1)?];
    if args.len() == 3 {
        bound.push(call.string(2)?);
    }
    Ok(call.total(bound, DataType::Utf8, |args, rows| {
        use std::fmt::Write;
        let lists = args[0].array.as_list::<i32>();
        let texts = lists.values().as_string::<i32>();
        Ok(written(args, rows, |args, row, out| {
            let separator = args[1].text(row)?;
            let list = args[0].index(row);
            if lists.is_null(list) {
                return None;
            }
            let range = lists.value_offsets()[list] as usize..lists.value_offsets()[list + 1] as usize;
            let parts = range.filter_map(|at| match texts.is_null(at) {
                false => Some(texts.value(at)),
                true => args.get(2).and_then(|replacement| replacement.text(row)),
            });
            for (at, part) in parts.enumerate() {
                let _ = write!(out, "{}{part}", if at == 0 { "" } else { separator });
            }
            Some(())
        }))
    }))
}

fn entries(call: &Call<'_>, side: usize) -> Bound {
    let arg = call.args(1, 1)?[0].clone();
    let DataType::Map(pairs, _) = &arg.data_type else { return Err(call.wrong(0, "a MAP")) };
    let (key, value) = pair(pairs);
    let field = Arc::new(Field::new_list_field(if side == 0 { key } else { value }, true));
    Ok(call.total(vec![arg], DataType::List(field.clone()), move |args, _| {
        let maps = args[0].array.as_map();
        let values = if side == 0 { maps.keys() } else { maps.values() };
        let lists = arrow::array::ListArray::try_new(
            field.clone(),
            maps.offsets().clone(),
            values.clone(),
            maps.nulls().cloned(),
        )?;
        Ok(Arc::new(lists))
    }))
}

/// `args[0] IN (args[1], …)` with literals only: one look-up for each record, for integers and texts.
pub(super) fn in_set(args: &[Typed]) -> Option<Typed> {
    let values: Option<Vec<&ScalarValue>> = args[1..].iter().map(Typed::literal).collect();
    let values = values?;
    let some: Vec<ScalarValue> = values.iter().filter(|value| !value.is_null()).map(|value| (*value).clone()).collect();
    let unknown = some.len() < values.len();
    let list = ScalarValue::iter_to_array(some).ok()?;
    let arg = args[0].clone();
    Some(match arg.data_type {
        DataType::Int8 => set::<Int8Type>(arg, &list, unknown),
        DataType::Int16 => set::<Int16Type>(arg, &list, unknown),
        DataType::Int32 => set::<Int32Type>(arg, &list, unknown),
        DataType::Int64 => set::<Int64Type>(arg, &list, unknown),
        DataType::Utf8 => {
            let set: HashSet<String, foldhash::fast::RandomState> =
                list.as_string::<i32>().iter().flatten().map(str::to_owned).collect();
            function("in", vec![arg], DataType::Boolean, false, move |args, rows| {
                looked_up(&args[0], rows, unknown, |arg, row| arg.text(row).map(|text| set.contains(text)))
            })
        }
        _ => return None,
    })
}

fn set<T: ArrowPrimitiveType>(arg: Typed, list: &ArrayRef, unknown: bool) -> Typed
where
    T::Native: Eq + Hash,
{
    let set: HashSet<T::Native, foldhash::fast::RandomState> =
        list.as_primitive::<T>().values().iter().copied().collect();
    function("in", vec![arg], DataType::Boolean, false, move |args, rows| {
        looked_up(&args[0], rows, unknown, |arg, row| arg.value::<T>(row).map(|value| set.contains(&value)))
    })
}

fn looked_up(arg: &Arg, rows: usize, unknown: bool, found: impl Fn(&Arg, usize) -> Option<bool>) -> Values {
    let values = (0..rows).map(|row| found(arg, row).filter(|found| *found || !unknown));
    Ok(Arc::new(values.collect::<BooleanArray>()))
}

#[cfg(test)]
mod tests {
    use crate::expression::testing::*;

    #[test]
    fn fields_of_rows() {
        let batch = batch(vec![("o", rows_with_a_null())]);
        // rows: {a: 1, b: "x"}, NULL, {a: 3, b: NULL}
        assert_eq!(int_values(&batch, "get", &[col("o"), text("a")]), [Some(1), None, Some(3)]);
        assert_eq!(strings(&batch, "get", &[col("o"), int(1)]), [Some("x"), None, None]);
        let message = bind_error(&batch, "get", &[col("o"), text("c")]);
        assert!(message.contains("there is no field 'c'; the fields are a, b"), "{message}");
    }

    #[test]
    fn elements_count_from_one() {
        let batch = batch(vec![("l", int_lists([Some(vec![10, 20]), None, Some(vec![])]))]);
        assert_eq!(int_values(&batch, "at", &[col("l"), int(2)]), [Some(20), None, None]);
        assert_eq!(int_values(&batch, "at", &[col("l"), int(3)]), [None, None, None]);
        assert_eq!(int_values(&batch, "cardinality", &[col("l")]), [Some(2), None, Some(0)]);
        assert_eq!(booleans(&batch, "ARRAY_CONTAINS", &[col("l"), int(20)]), [Some(true), None, Some(false)]);
        assert!(bind_error(&batch, "at", &[col("l"), int(0)]).contains("count from 1"));
        assert!(run_error(&batch, "element", &[col("l")]).message().contains("more than one element"));
    }

    #[test]
    fn arrays_are_made_and_joined() {
        let batch = batch(vec![("a", opt_texts([Some("x"), None]))]);
        let made = call("array", &[col("a"), text("y")]);
        assert_eq!(strings(&batch, "ARRAY_JOIN", &[made.clone(), text("-")]), [Some("x-y"), Some("y")]);
        assert_eq!(strings(&batch, "ARRAY_JOIN", &[made, text("-"), text("?")]), [Some("x-y"), Some("?-y")]);
    }

    #[test]
    fn values_of_maps() {
        let batch = batch(vec![("m", text_maps())]);
        // maps: {a: 1, b: 2}, NULL, {}
        assert_eq!(int_values(&batch, "at", &[col("m"), text("b")]), [Some(2), None, None]);
        assert_eq!(int_values(&batch, "cardinality", &[col("m")]), [Some(2), None, Some(0)]);
        assert_eq!(
            strings(&batch, "ARRAY_JOIN", &[call("MAP_KEYS", &[col("m")]), text(",")]),
            [Some("a,b"), None, Some("")]
        );
    }
}
