//! Single values: numbers, texts, dates and times.

use pyo3::exceptions::{PyOverflowError, PyTypeError, PyValueError};
use pyo3::ffi;
use pyo3::prelude::*;
use pyo3::sync::PyOnceLock;
use pyo3::types::{
    PyBool, PyBytes, PyDate, PyDateAccess, PyDateTime, PyFloat, PyInt, PyString, PyTime, PyTimeAccess, PyType,
    PyTzInfoAccess,
};

use super::Converted;
use super::mismatch::Mismatch;

#[derive(Clone, Copy)]
pub enum Scalar {
    String,
    Char,
    Boolean,
    /// Whole numbers of 8, 16, 32 or 64 bits.
    Integer(&'static Width),
    /// The same, where a number that is too large loses its upper bits.
    Narrowed(&'static Width),
    BigInt,
    Float,
    Double,
    BigDec,
    Date(&'static str),
    Time(&'static str),
    Timestamp(&'static str),
    Instant,
}

pub struct Width {
    name: &'static str,
    low: i64,
    high: i64,
    wider: &'static str,
}

static BYTE: Width = Width { name: "BYTE", low: i8::MIN as i64, high: i8::MAX as i64, wider: "SHORT" };
static SHORT: Width = Width { name: "SHORT", low: i16::MIN as i64, high: i16::MAX as i64, wider: "INT" };
static INT: Width = Width { name: "INT", low: i32::MIN as i64, high: i32::MAX as i64, wider: "LONG" };
static LONG: Width = Width { name: "LONG", low: i64::MIN, high: i64::MAX, wider: "BIG_INT" };

impl Scalar {
    /// The scalar type of that name in `Types`.
    pub fn new(name: &str) -> Option<Scalar> {
        Some(match name {
            "STRING" => Scalar::String,
            "CHAR" => Scalar::Char,
            "BOOLEAN" => Scalar::Boolean,
            "BYTE" => Scalar::Integer(&BYTE),
            "SHORT" => Scalar::Integer(&SHORT),
            "INT" => Scalar::Integer(&INT),
            "LONG" => Scalar::Integer(&LONG),
            "BIG_INT" => Scalar::BigInt,
            "FLOAT" => Scalar::Float,
            "DOUBLE" => Scalar::Double,
            "BIG_DEC" => Scalar::BigDec,
            "SQL_DATE" => Scalar::Date("SQL_DATE"),
            "LOCAL_DATE" => Scalar::Date("LOCAL_DATE"),
            "SQL_TIME" => Scalar::Time("SQL_TIME"),
            "LOCAL_TIME" => Scalar::Time("LOCAL_TIME"),
            "SQL_TIMESTAMP" => Scalar::Timestamp("SQL_TIMESTAMP"),
            "LOCAL_DATE_TIME" => Scalar::Timestamp("LOCAL_DATE_TIME"),
            "INSTANT" => Scalar::Instant,
            _ => return None,
        })
    }

    /// The type as Java converts to it: bytes, shorts and ints take the lower bits of any long.
    pub fn narrowing(self) -> Scalar {
        match self {
            Scalar::Integer(width) if !std::ptr::eq(width, &LONG) => Scalar::Narrowed(width),
            other => other,
        }
    }

    pub fn name(self) -> &'static str {
        match self {
            Scalar::String => "STRING",
            Scalar::Char => "CHAR",
            Scalar::Boolean => "BOOLEAN",
            Scalar::Integer(width) | Scalar::Narrowed(width) => width.name,
            Scalar::BigInt => "BIG_INT",
            Scalar::Float => "FLOAT",
            Scalar::Double => "DOUBLE",
            Scalar::BigDec => "BIG_DEC",
            Scalar::Date(name) | Scalar::Time(name) | Scalar::Timestamp(name) => name,
            Scalar::Instant => "INSTANT",
        }
    }

    /// Whether it is a byte, of which arrays are `bytes`.
    pub fn is_byte(self) -> bool {
        matches!(self, Scalar::Integer(width) | Scalar::Narrowed(width) if std::ptr::eq(width, &BYTE))
    }

    /// Whether the value is exactly of the type; None is not looked for.
    #[inline]
    pub fn fits(self, value: &Bound<'_, PyAny>) -> bool {
        match self {
            Scalar::String => value.is_exact_instance_of::<PyString>(),
            Scalar::Char => value.cast_exact::<PyString>().is_ok_and(|text| text.len().is_ok_and(|len| len == 1)),
            Scalar::Boolean => value.is_exact_instance_of::<PyBool>(),
            Scalar::Integer(width) | Scalar::Narrowed(width) => {
                value.is_exact_instance_of::<PyInt>()
                    && small(value).is_some_and(|number| (width.low..=width.high).contains(&number))
            }
            Scalar::BigInt => value.is_exact_instance_of::<PyInt>(),
            // a number of 32 bits stays what it is
            Scalar::Float => value.cast_exact::<PyFloat>().is_ok_and(|float| {
                let float = float.value();
                f64::from(float as f32) == float || float.is_nan()
            }),
            Scalar::Double => value.is_exact_instance_of::<PyFloat>(),
            Scalar::Date(_) => value.is_exact_instance_of::<PyDate>(),
            Scalar::Time(_) => value.cast_exact::<PyTime>().is_ok_and(|time| time.get_tzinfo().is_none()),
            Scalar::Timestamp(_) => value.cast_exact::<PyDateTime>().is_ok_and(|moment| moment.get_tzinfo().is_none()),
            Scalar::BigDec => {
                decimal_class(value.py()).is_ok_and(|class| value.get_type().is(class)) && is_finite(value)
            }
            Scalar::Instant => instant_class(value.py()).is_ok_and(|class| value.get_type().is(class)),
        }
    }

    /// Called for what does not fit and is not None.
    pub fn convert<'py>(self, value: Bound<'py, PyAny>) -> Converted<'py> {
        let py = value.py();
        let convert_text =
            if value.is_instance_of::<PyBytes>() { "decode it with .decode()" } else { "convert it with str(...)" };
        match self {
            Scalar::String => match value.cast::<PyString>() {
                // a subclass, NumPy's for example
                Ok(text) => Ok(PyString::new(py, text.to_str()?).into_any()),
                Err(_) => Err(Mismatch::new("a str (Types.STRING)", &value).with_hint(convert_text)),
            },
            Scalar::Char => {
                let mismatch = Mismatch::new("a str of one character (Types.CHAR)", &value);
                Err(if value.is_instance_of::<PyString>() {
                    mismatch.with_hint("Types.STRING() holds longer text")
                } else {
                    mismatch.with_hint(convert_text)
                })
            }
            Scalar::Boolean => boolean(value),
            Scalar::Integer(width) | Scalar::Narrowed(width) => {
                let whole = whole(value, width.name)?;
                match small(&whole) {
                    Some(number) if (width.low..=width.high).contains(&number) => Ok(whole),
                    Some(number) if matches!(self, Scalar::Narrowed(_)) => Ok(narrowed(py, number, width)?),
                    _ => {
                        let Width { name, low, high, wider } = width;
                        let expected = format!("an int from {low} to {high} (Types.{name})");
                        Err(Mismatch::new(expected, &whole).with_hint(format!("Types.{wider}() holds it")))
                    }
                }
            }
            Scalar::BigInt => whole(value, "BIG_INT"),
            Scalar::Float => {
                let double = number(&value, "FLOAT")?;
                let float = f64::from(double as f32);
                if float.is_infinite() && double.is_finite() {
                    let expected = "a float up to 3.4E38 (Types.FLOAT)";
                    return Err(Mismatch::new(expected, &value).with_hint("Types.DOUBLE() holds it"));
                }
                Ok(PyFloat::new(py, float).into_any())
            }
            Scalar::Double => Ok(PyFloat::new(py, number(&value, "DOUBLE")?).into_any()),
            Scalar::BigDec => decimal(value),
            Scalar::Date(name) => match value.cast::<PyDate>() {
                Ok(date) => Ok(PyDate::new(py, date.get_year(), date.get_month(), date.get_day())?.into_any()),
                Err(_) => Err(temporal(format!("a datetime.date (Types.{name})"), "date", &value)),
            },
            Scalar::Time(name) => time(value, name),
            Scalar::Timestamp(name) => timestamp(value, name),
            Scalar::Instant => match value.is_instance(instant_class(py)?)? {
                true => Ok(value),
                false => Err(Mismatch::new("an Instant (Types.INSTANT)", &value)
                    .with_hint("make one with Instant.of_epoch_milli(...)")),
            },
        }
    }
}

/// The number, if it has at most 64 bits. The value is an int.
#[inline]
fn small(value: &Bound<'_, PyAny>) -> Option<i64> {
    let mut overflow = 0;
    // SAFETY: the callers have seen that it is an int; for one no exception is set
    let number = unsafe { ffi::PyLong_AsLongLongAndOverflow(value.as_ptr(), &mut overflow) };
    (overflow == 0).then_some(number)
}

fn boolean(value: Bound<'_, PyAny>) -> Converted<'_> {
    let py = value.py();
    let class = value.get_type();
    let known = if value.is_exact_instance_of::<PyInt>() {
        // what Flink reads them as; of another number it keeps only that it is not 0
        small(&value).filter(|number| (0..=1).contains(number)).map(|number| number == 1)
    } else if class.name()?.to_str()?.starts_with("bool") {
        Some(value.is_truthy()?) // NumPy's
    } else {
        None
    };
    match known {
        Some(truth) => Ok(PyBool::new(py, truth).to_owned().into_any()),
        None => Err(Mismatch::new("True or False (Types.BOOLEAN)", &value).with_hint("convert it with bool(...)")),
    }
}

/// What Java's cast makes of a number that is too large; said in a warning, since it is another number then.
fn narrowed<'py>(py: Python<'py>, number: i64, width: &Width) -> PyResult<Bound<'py, PyAny>> {
    let Width { name, low, high, wider } = width;
    let lower = (number.wrapping_sub(*low)).rem_euclid(high - low + 1) + low;
    let text = format!(
        "{number} does not fit Types.{name}() and becomes {lower} in from_collection(), as in PyFlink; \
         Types.{wider}() holds it"
    );
    py.import("warnings")?.call_method1("warn", (text, py.get_type::<pyo3::exceptions::PyRuntimeWarning>()))?;
    Ok(PyInt::new(py, lower).into_any())
}

/// A whole number of any size: an int, what counts as one, or a number without a fraction.
fn whole<'py>(value: Bound<'py, PyAny>, name: &str) -> Converted<'py> {
    let py = value.py();
    let mismatch = || Mismatch::new(format!("an int (Types.{name})"), &value);
    // SAFETY: a live reference; null comes with an exception, which is taken
    let index = unsafe { Bound::from_owned_ptr_or_err(py, ffi::PyNumber_Index(value.as_ptr())) };
    if let Ok(index) = index {
        // of a subclass such as bool or an IntEnum the number
        return match index.is_exact_instance_of::<PyInt>() {
            true => Ok(index),
            false => Ok(py.get_type::<PyInt>().call1((index,)).and_then(|int| int.call_method0("__int__"))?),
        };
    }
    let fractional = value.is_instance_of::<PyFloat>() || value.is_instance(decimal_class(py)?)?;
    if fractional {
        if let Ok(int) = py.get_type::<PyInt>().call1((&value,))
            && int.eq(&value)?
        {
            return Ok(int);
        }
        return Err(mismatch().with_hint("Flink cuts the fraction off: say how with int(...) or round(...)"));
    }
    Err(if value.is_instance_of::<PyString>() { mismatch().with_hint("convert it with int(...)") } else { mismatch() })
}

/// A float, or what Python converts to one without being asked for it.
fn number(value: &Bound<'_, PyAny>, name: &str) -> Result<f64, Mismatch> {
    // SAFETY: a live reference; -1 comes with an exception or is the number
    let double = unsafe { ffi::PyFloat_AsDouble(value.as_ptr()) };
    let Some(error) = PyErr::take(value.py()).filter(|_| double == -1.0) else { return Ok(double) };
    let py = value.py();
    let mismatch = Mismatch::new(format!("a float (Types.{name})"), value);
    if error.is_instance_of::<PyOverflowError>(py) {
        return Err(mismatch.with_hint("a float goes up to 1.8E308"));
    }
    if !error.is_instance_of::<PyTypeError>(py) && !error.is_instance_of::<PyValueError>(py) {
        return Err(error.into());
    }
    let is_text = value.is_instance_of::<PyString>() || value.is_instance_of::<PyBytes>();
    Err(if is_text { mismatch.with_hint("convert it with float(...)") } else { mismatch })
}

fn is_finite(decimal: &Bound<'_, PyAny>) -> bool {
    decimal
        .call_method0(pyo3::intern!(decimal.py(), "is_finite"))
        .is_ok_and(|finite| finite.is_truthy().unwrap_or(false))
}

fn decimal(value: Bound<'_, PyAny>) -> Converted<'_> {
    let py = value.py();
    let class = decimal_class(py)?;
    let made = if value.is_instance(class)? {
        Some(value.clone())
    } else if value.is_instance_of::<PyBool>() {
        None
    } else if value.is_instance_of::<PyInt>() {
        Some(class.call1((&value,))?)
    } else if value.is_instance_of::<PyFloat>() {
        // by its shortest digits, as Flink does: 0.1 and not 0.1000000000000000055
        Some(class.call1((PyFloat::new(py, value.extract()?).repr()?,))?)
    } else if value.is_instance_of::<PyString>() {
        class.call1((&value,)).ok()
    } else {
        None
    };
    match made.filter(is_finite) {
        Some(decimal) => Ok(decimal),
        None => {
            Err(Mismatch::new("a finite decimal.Decimal (Types.BIG_DEC)", &value)
                .with_hint("convert it with Decimal(...)"))
        }
    }
}

/// `class` has a `fromisoformat`.
fn temporal(expected: String, class: &str, value: &Bound<'_, PyAny>) -> Mismatch {
    let mismatch = Mismatch::new(expected, value);
    match value.is_instance_of::<PyString>() {
        true => mismatch.with_hint(format!("convert it with {class}.fromisoformat(...)")),
        false => mismatch,
    }
}

fn time<'py>(value: Bound<'py, PyAny>, name: &str) -> Converted<'py> {
    let py = value.py();
    let clock = |of: &dyn Fn() -> (u8, u8, u8, u32)| {
        let (hour, minute, second, micros) = of();
        Ok(PyTime::new(py, hour, minute, second, micros, None)?.into_any())
    };
    if let Ok(of) = value.cast::<PyDateTime>() {
        return clock(&|| (of.get_hour(), of.get_minute(), of.get_second(), of.get_microsecond()));
    }
    if let Ok(of) = value.cast::<PyTime>() {
        return clock(&|| (of.get_hour(), of.get_minute(), of.get_second(), of.get_microsecond()));
    }
    Err(temporal(format!("a datetime.time (Types.{name})"), "time", &value))
}

fn timestamp<'py>(value: Bound<'py, PyAny>, name: &str) -> Converted<'py> {
    let Ok(moment) = value.cast::<PyDateTime>() else {
        return Err(temporal(format!("a datetime.datetime (Types.{name})"), "datetime", &value));
    };
    if moment.get_tzinfo().is_none() {
        return Ok(value); // a subclass, such as pandas' Timestamp
    }
    Ok(utc(moment)?.into_any())
}

/// A moment with a zone as the date and time in UTC, without zone.
pub fn utc<'py>(moment: &Bound<'py, PyDateTime>) -> PyResult<Bound<'py, PyDateTime>> {
    let py = moment.py();
    let utc = py.import("datetime")?.getattr("timezone")?.getattr("utc")?;
    let moment = moment.call_method1("astimezone", (utc,))?.cast_into::<PyDateTime>().map_err(PyErr::from)?;
    PyDateTime::new(
        py,
        moment.get_year(),
        moment.get_month(),
        moment.get_day(),
        moment.get_hour(),
        moment.get_minute(),
        moment.get_second(),
        moment.get_microsecond(),
        None,
    )
}

fn decimal_class(py: Python<'_>) -> PyResult<&Bound<'_, PyType>> {
    static DECIMAL: PyOnceLock<Py<PyType>> = PyOnceLock::new();
    DECIMAL.import(py, "decimal", "Decimal")
}

fn instant_class(py: Python<'_>) -> PyResult<&Bound<'_, PyType>> {
    static INSTANT: PyOnceLock<Py<PyType>> = PyOnceLock::new();
    INSTANT.import(py, "flott.common.time", "Instant")
}
