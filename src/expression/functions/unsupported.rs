//! Names of PyFlink's that are no function of one record, each with the reason.

use super::{Call, Found};
use crate::expression::error::ExpressionError;

pub(super) fn bind(call: &Call<'_>) -> Found {
    let reason = match call.name {
        "sum"
        | "sum0"
        | "min"
        | "max"
        | "count"
        | "avg"
        | "first_value"
        | "last_value"
        | "listAgg"
        | "stddevPop"
        | "stddevSamp"
        | "varPop"
        | "varSamp"
        | "collect"
        | "ARRAY_AGG"
        | "distinct"
        | "JSON_OBJECTAGG_NULL_ON_NULL"
        | "JSON_OBJECTAGG_ABSENT_ON_NULL"
        | "JSON_ARRAYAGG_NULL_ON_NULL"
        | "JSON_ARRAYAGG_ABSENT_ON_NULL" => "it aggregates records; give it to aggregate(...) of a window",
        "asc" | "desc" => "a stream has no order to sort by",
        "over" | "start" | "end" | "rowtime" | "proctime" | "temporalOverlaps" | "UNBOUNDED_ROW" | "CURRENT_ROW" => {
            "it needs a table's window"
        }
        "currentDate" | "currentTime" | "currentTimestamp" | "localTime" | "localTimestamp" | "CURRENT_WATERMARK"
        | "SOURCE_WATERMARK" => "it reads a clock or a watermark; use a process function's context",
        "rand" | "randInteger" | "uuid" => "its value would differ each time records are replayed",
        "currentDatabase" => "a stream has no catalog",
        "md5" | "sha1" | "sha224" | "sha256" | "sha384" | "sha512" | "sha2" => {
            "hash functions are not part of the engine"
        }
        "convertTz" => "time zones are not part of the engine; timestamps are UTC",
        "withColumns" | "withoutColumns" | "rangeTo" | "flatten" => {
            "it selects columns; write it directly in select(...)"
        }
        "IS_JSON" | "JSON_EXISTS" | "JSON_VALUE" | "JSON_QUERY" | "JSON_STRING" | "JSON_OBJECT" | "JSON_ARRAY" => {
            "JSON texts are read by a source's json format or by a Python function"
        }
        "call" | "callSql" => "user-defined functions and SQL are not columns' functions",
        _ => return None,
    };
    Some(Err(ExpressionError::Unsupported { name: call.text.clone(), reason: reason.to_owned() }))
}
