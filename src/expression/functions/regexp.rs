//! `LIKE`, `similar` and regular expressions. A literal pattern is compiled when the expression is bound.
//!
//! Regular expressions are those of Rust's `regex`: as Java's, without look-around and back-references.

use std::sync::Arc;

use arrow::array::{BooleanArray, StringBuilder};
use arrow::datatypes::{DataType, Int64Type};
use regex::{NoExpand, Regex};
use std::fmt::Write;

use super::string::written;
use super::{Call, Found};
use crate::expression::bind::Typed;
use crate::expression::error::ExpressionError;
use crate::expression::function::Arg;

type Bound = Result<Typed, ExpressionError>;

pub(super) fn bind(call: &Call<'_>) -> Found {
    Some(match call.name {
        "like" | "LIKE" => like(call),
        "similar" => call.args(2, 2).and_then(|_| matched(call, None, similar_to_regex)),
        "regexp" => call.args(2, 2).and_then(|_| matched(call, Some(""), |pattern| Ok(pattern.to_owned()))),
        "regexpReplace" => replaced(call),
        "regexpExtract" => extracted(call),
        _ => return None,
    })
}

/// The compiled pattern of a literal; `None` where it differs from record to record.
fn compiled(
    call: &Call<'_>,
    translate: &dyn Fn(&str) -> Result<String, String>,
) -> Result<Option<Regex>, ExpressionError> {
    let Some(pattern) = call.args[1].literal_text() else { return Ok(None) };
    let regex = translate(pattern).and_then(|pattern| Regex::new(&pattern).map_err(|error| error.to_string()));
    regex.map(Some).map_err(|error| call.invalid(format!("the pattern '{pattern}' cannot be used: {error}")))
}

/// Patterns that come with the records, the last one kept.
struct Patterns<F> {
    fixed: Option<Regex>,
    last: Option<(String, Option<Regex>)>,
    translate: F,
}

impl<F: Fn(&str) -> Result<String, String>> Patterns<F> {
    /// The pattern of a record; `None` if it is not a valid one.
    fn get(&mut self, pattern: &str) -> Option<&Regex> {
        if self.fixed.is_some() {
            return self.fixed.as_ref();
        }
        if self.last.as_ref().is_none_or(|(text, _)| text != pattern) {
            let regex = (self.translate)(pattern).ok().and_then(|pattern| Regex::new(&pattern).ok());
            self.last = Some((pattern.to_owned(), regex));
        }
        self.last.as_ref().and_then(|(_, regex)| regex.as_ref())
    }
}

/// Whether the pattern is found; the pattern `never` matches nothing, and so does an invalid one.
fn matched(
    call: &Call<'_>,
    never: Option<&'static str>,
    translate: impl Fn(&str) -> Result<String, String> + Clone + Send + Sync + 'static,
) -> Bound {
    let fixed = compiled(call, &translate)?;
    let args = vec![call.string(0)?, call.string(1)?];
    Ok(call.total(args, DataType::Boolean, move |args, rows| {
        let mut patterns = Patterns { fixed: fixed.clone(), last: None, translate: translate.clone() };
        let values = (0..rows).map(|row| {
            let (text, pattern) = (args[0].text(row)?, args[1].text(row)?);
            Some(never != Some(pattern) && patterns.get(pattern).is_some_and(|regex| regex.is_match(text)))
        });
        Ok(Arc::new(values.collect::<BooleanArray>()))
    }))
}

/// `%` stands for any characters and `_` for one; there is no escape unless a third argument names it.
fn like(call: &Call<'_>) -> Bound {
    call.args(2, 3)?;
    let escape = match call.args.len() {
        2 => None,
        _ => {
            let mut chars = call.symbol(2)?.chars();
            match (chars.next(), chars.next()) {
                (Some(escape), None) => Some(escape),
                _ => return Err(call.invalid("the escape is one character")),
            }
        }
    };
    let pattern = call.args[1].literal_text().map(str::to_owned);
    if let (Some(pattern), None) = (pattern, escape) {
        let inner = pattern.trim_matches('%').to_owned();
        // without a wildcard inside, no regular expression is needed
        if !inner.contains(['%', '_']) {
            let (open_start, open_end) = (pattern.starts_with('%'), pattern.ends_with('%'));
            return Ok(call.total(vec![call.string(0)?], DataType::Boolean, move |args, rows| {
                let values = (0..rows).map(|row| {
                    let text = args[0].text(row)?;
                    Some(match (open_start, open_end) {
                        (true, true) => text.contains(&inner),
                        (true, false) => text.ends_with(&inner),
                        (false, true) => text.starts_with(&inner),
                        (false, false) => text == inner,
                    })
                });
                Ok(Arc::new(values.collect::<BooleanArray>()))
            }));
        }
    }
    matched(call, None, move |pattern| like_to_regex(pattern, escape))
}

fn like_to_regex(pattern: &str, escape: Option<char>) -> Result<String, String> {
    let mut out = String::from("(?s)^");
    let mut chars = pattern.chars();
    while let Some(c) = chars.next() {
        match c {
            _ if Some(c) == escape => match chars.next() {
                Some(next) if next == '%' || next == '_' || Some(next) == escape => {
                    out.push_str(&regex::escape(&next.to_string()));
                }
                _ => return Err(format!("behind the escape '{c}' stands no %, _ or '{c}'")),
            },
            '%' => out.push_str(".*"),
            '_' => out.push('.'),
            _ => out.push_str(&regex::escape(&c.to_string())),
        }
    }
    out.push('$');
    Ok(out)
}

/// SQL's own regular expressions: `%`, `_`, and `| * + ? {} () []`.
fn similar_to_regex(pattern: &str) -> Result<String, String> {
    let mut out = String::from("(?s)^(?:");
    for c in pattern.chars() {
        match c {
            '%' => out.push_str(".*"),
            '_' => out.push('.'),
            '|' | '*' | '+' | '?' | '{' | '}' | '(' | ')' | '[' | ']' | '-' | '^' => out.push(c),
            _ => out.push_str(&regex::escape(&c.to_string())),
        }
    }
    out.push_str(")$");
    Ok(out)
}

fn as_it_is(pattern: &str) -> Result<String, String> {
    Ok(pattern.to_owned())
}

/// The replacement is taken as it is: `$1` has no meaning in it.
fn replaced(call: &Call<'_>) -> Bound {
    call.args(3, 3)?;
    let fixed = compiled(call, &as_it_is)?;
    let args = vec![call.string(0)?, call.string(1)?, call.string(2)?];
    Ok(call.total(args, DataType::Utf8, move |args, rows| {
        let patterns = std::cell::RefCell::new(Patterns { fixed: fixed.clone(), last: None, translate: as_it_is });
        Ok(written(args, rows, |args, row, out| {
            let (text, pattern, new) = (args[0].text(row)?, args[1].text(row)?, args[2].text(row)?);
            push(out, &patterns.borrow_mut().get(pattern)?.replace_all(text, NoExpand(new)));
            Some(())
        }))
    }))
}

fn extracted(call: &Call<'_>) -> Bound {
    call.args(2, 3)?;
    let fixed = compiled(call, &as_it_is)?;
    let mut args = vec![call.string(0)?, call.string(1)?];
    if call.args.len() == 3 {
        args.push(call.integer(2)?);
    }
    Ok(call.total(args, DataType::Utf8, move |args, rows| {
        let patterns = std::cell::RefCell::new(Patterns { fixed: fixed.clone(), last: None, translate: as_it_is });
        Ok(written(args, rows, |args, row, out| {
            let (text, pattern) = (args[0].text(row)?, args[1].text(row)?);
            let group = group(args, row)?;
            let mut patterns = patterns.borrow_mut();
            push(out, patterns.get(pattern)?.captures(text)?.get(group)?.as_str());
            Some(())
        }))
    }))
}

fn group(args: &[Arg], row: usize) -> Option<usize> {
    match args.get(2) {
        None => Some(0),
        Some(index) => usize::try_from(index.value::<Int64Type>(row)?).ok(),
    }
}

fn push(out: &mut StringBuilder, text: &str) {
    let _ = out.write_str(text);
}

#[cfg(test)]
mod tests {
    use crate::expression::testing::*;

    #[test]
    fn like_patterns() {
        let batch = batch(vec![("s", opt_texts([Some("John Smith"), Some("a\\b%\nc"), None]))]);
        let like = |pattern: &str| booleans(&batch, "like", &[col("s"), text(pattern)]);
        assert_eq!(like("John%"), [Some(true), Some(false), None]);
        assert_eq!(like("%Smith"), [Some(true), Some(false), None]);
        assert_eq!(like("%n S%"), [Some(true), Some(false), None]);
        assert_eq!(like("Jo_n%"), [Some(true), Some(false), None]);
        assert_eq!(like("John"), [Some(false), Some(false), None]);
        // a backslash is a character like any other, and % matches line ends
        assert_eq!(like("a\\b%"), [Some(false), Some(true), None]);
        assert_eq!(like("a_b%c"), [Some(false), Some(true), None]);
        assert_eq!(booleans(&batch, "like", &[col("s"), text("%!%%"), text("!")]), [Some(false), Some(true), None]);
    }

    #[test]
    fn patterns_that_come_with_the_records() {
        let batch = batch(vec![("s", texts(["abc", "abc"])), ("p", texts(["a%", "_"]))]);
        assert_eq!(booleans(&batch, "like", &[col("s"), col("p")]), [Some(true), Some(false)]);
    }

    #[test]
    fn similar_patterns() {
        let batch = batch(vec![("s", texts(["abab", "aba"]))]);
        assert_eq!(booleans(&batch, "similar", &[col("s"), text("(ab)+")]), [Some(true), Some(false)]);
    }

    #[test]
    fn regular_expressions() {
        let batch = batch(vec![("s", texts(["foobar", "x"]))]);
        assert_eq!(booleans(&batch, "regexp", &[col("s"), text("o+b")]), [Some(true), Some(false)]);
        assert_eq!(booleans(&batch, "regexp", &[col("s"), text("")]), [Some(false), Some(false)]);
        // the examples of Flink's documentation
        assert_eq!(strings(&batch, "regexpReplace", &[col("s"), text("oo|ar"), text("")]), [Some("fb"), Some("x")]);
        assert_eq!(one("regexpReplace", &[text("ab"), text("(a)"), text("$1")]), Some("$1b".into()));
        assert_eq!(one("regexpExtract", &[text("foothebar"), text("foo(.*?)(bar)"), int(2)]), Some("bar".into()));
        assert_eq!(strings(&batch, "regexpExtract", &[col("s"), text("f(o+)")]), [Some("foo"), None]);
        assert_eq!(strings(&batch, "regexpExtract", &[col("s"), text("f(o+)"), int(7)]), [None, None]);
        let message = bind_error(&batch, "regexp", &[col("s"), text("(a")]);
        assert!(message.contains("the pattern '(a' cannot be used"), "{message}");
    }
}
