//! The patterns of the cases: one builder call an entry.

use serde_json::{Value, json};

use super::conditions::Written;
use crate::cep::{CepError, Condition, Contiguity, Pattern, Skip, Within};

type Built = Result<Pattern<Written>, String>;

/// `gap` is the time between events that repeat, where the case leaves it out (ms).
pub fn pattern(calls: &Value, skip: &Value, gap: Option<i64>) -> Built {
    Ok(steps(calls, gap)?.with_skip(strategy(skip)?))
}

fn strategy(skip: &Value) -> Result<Skip, String> {
    let name = || skip[1].as_str().unwrap_or_default().to_owned();
    let must_exist = skip.as_array().is_some_and(|words| words.iter().any(|word| word == "throwExceptionOnMiss"));
    Ok(match skip[0].as_str() {
        Some("noSkip") | None => Skip::None,
        Some("skipToNext") => Skip::ToNext,
        Some("skipPastLastEvent") => Skip::PastLastEvent,
        Some("skipToFirst") => Skip::ToFirst { name: name(), must_exist },
        Some("skipToLast") => Skip::ToLast { name: name(), must_exist },
        Some(other) => return Err(format!("unknown skip strategy '{other}'")),
    })
}

fn steps(calls: &Value, gap: Option<i64>) -> Built {
    let mut built: Option<Pattern<Written>> = None;
    for call in calls.as_array().into_iter().flatten() {
        let entries = call.as_object().ok_or_else(|| format!("{call} is no call"))?;
        let (name, argument) = entries.iter().next().ok_or("an empty call")?;
        built = Some(match (name.as_str(), built) {
            ("begin", None) => Pattern::begin(argument.as_str().unwrap_or_default()),
            ("begin_group", None) => Pattern::begin_group(steps(argument, gap)?),
            (_, None) => return Err(format!("{name} without a pattern")),
            (name, Some(pattern)) => apply(pattern, name, argument, call, gap)?,
        });
    }
    built.ok_or_else(|| "no pattern".to_owned())
}

fn apply(pattern: Pattern<Written>, call: &str, argument: &Value, entry: &Value, gap: Option<i64>) -> Built {
    let text = || argument.as_str().unwrap_or_default();
    let condition = || Ok::<_, String>(Condition::test(Written::new(argument)?));
    let number = |at: usize| argument[at].as_i64().or_else(|| argument.as_i64()).unwrap_or_default();
    let told = |built: Result<Pattern<Written>, CepError>| built.map_err(|error| error.to_string());
    told(match call {
        "next" => pattern.then(text(), Contiguity::Strict),
        "followedBy" => pattern.then(text(), Contiguity::Relaxed),
        "followedByAny" => pattern.then(text(), Contiguity::RelaxedAny),
        "notNext" => pattern.then(text(), Contiguity::NotNext),
        "notFollowedBy" => pattern.then(text(), Contiguity::NotFollowedBy),
        "next_group" => Ok(pattern.then_group(steps(argument, gap)?, Contiguity::Strict)),
        "followedBy_group" => Ok(pattern.then_group(steps(argument, gap)?, Contiguity::Relaxed)),
        "followedByAny_group" => Ok(pattern.then_group(steps(argument, gap)?, Contiguity::RelaxedAny)),
        "where" => pattern.and(condition()?),
        "or" => pattern.or(condition()?),
        "subtype" => pattern.and(Condition::test(Written::new(&json!({"subtype": argument}))?)),
        "until" => pattern.until(condition()?),
        "within" => pattern.within(
            argument.as_i64().unwrap_or_default(),
            match entry["within_type"].as_str() {
                Some("PREVIOUS_AND_CURRENT") => Within::PreviousAndCurrent,
                _ => Within::FirstAndLast,
            },
        ),
        "optional" => pattern.optional(),
        "oneOrMore" => pattern.one_or_more(argument[0].as_i64().or(gap)),
        "times" if argument.as_array().is_some_and(|arguments| arguments.len() > 1) => {
            pattern.times(number(0), number(1), argument[2].as_i64().or(gap))
        }
        "times" => pattern.times(number(0), number(0), gap),
        "timesOrMore" => pattern.times_or_more(number(0), argument[1].as_i64().or(gap)),
        "greedy" => pattern.greedy(),
        "consecutive" => pattern.consecutive(),
        "allowCombinations" => pattern.allow_combinations(),
        other => return Err(format!("unknown call '{other}'")),
    })
}
