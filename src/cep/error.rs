//! What can be wrong with a pattern, and with a match that its skip strategy does not fit.

use crate::error::{ErrorKind, Explain};

#[derive(Debug, thiserror::Error, PartialEq, Eq)]
#[non_exhaustive]
pub enum CepError {
    #[error("the pattern '{name}' has a quantifier already, {quantifier}")]
    QuantifierTwice { name: String, quantifier: String },
    #[error("{call} does not apply to '{name}', which must not occur")]
    OnNot { name: String, call: &'static str },
    #[error("{call} applies to a pattern that repeats, and '{name}' is a single event")]
    OnSingle { name: String, call: &'static str },
    #[error("{call} does not apply to a group of patterns")]
    OnGroup { call: &'static str },
    #[error("'{name}' is optional already")]
    OptionalTwice { name: String },
    #[error("'{name}' can't be optional: the pattern before it, '{before}', is greedy")]
    OptionalAfterGreedy { name: String, before: String },
    #[error("'{name}' can't be both consecutive and with combinations")]
    ConsecutiveCombinations { name: String },
    #[error("{call} was applied to '{name}' already")]
    Twice { name: String, call: &'static str },
    #[error("'{name}' can't be greedy and allow combinations")]
    GreedyCombinations { name: String },
    #[error("{call} behind '{name}', which is optional, is not supported")]
    NotAfterOptional { name: String, call: &'static str },
    #[error("'{name}' is to occur {times} times: at least once is needed")]
    TooFewTimes { name: String, times: i64 },
    #[error("'{name}' is to occur between {from} and {to} times: the second number must not be less than the first")]
    TimesBackwards { name: String, from: i64, to: i64 },
    #[error("until() ends a loop, and '{name}' is none")]
    UntilWithoutLoop { name: String },
    #[error("'{name}' has an until condition already")]
    UntilTwice { name: String },
    #[error("within() takes a time that is not negative, not {millis} ms")]
    NegativeWindow { millis: i64 },
    #[error("the pattern name '{name}' is used twice")]
    DuplicateName { name: String },
    #[error("a pattern can't be called '{name}'")]
    ReservedName { name: String },
    #[error(
        "the pattern ends with not_followed_by('{name}') and has no time limit, so it never knows that nothing comes"
    )]
    EndsWithNotFollowedBy { name: String },
    #[error("a group of patterns ends with not_followed_by('{name}')")]
    GroupEndsWithNot { name: String },
    #[error("the skip strategy names the pattern '{name}', which is not among {names}")]
    UnknownSkipName { name: String, names: String },
    #[error("the time between two events, {gap} ms, is more than the time of the whole match, {window} ms")]
    GapBeyondWindow { gap: i64, window: i64 },
    #[error("every pattern of a group that repeats is optional, so it could repeat without an event")]
    EmptyLoop,
    #[error("the pattern has more than {limit} states")]
    TooLarge { limit: usize },
    #[error("a match has no event of '{name}' to skip to")]
    NothingToSkipTo { name: String },
    #[error("skipping to '{name}' would skip to the first event of the match, and find it again for ever")]
    SkipToStart { name: String },
}

impl Explain for CepError {
    fn kind(&self) -> ErrorKind {
        match self {
            CepError::NothingToSkipTo { .. } | CepError::SkipToStart { .. } => ErrorKind::Data,
            _ => ErrorKind::Config,
        }
    }

    fn hint(&self) -> Option<String> {
        Some(match self {
            CepError::QuantifierTwice { .. } => "keep one of one_or_more(), times() and times_or_more()".into(),
            CepError::OnSingle { .. } => "call one_or_more(), times() or times_or_more() before".into(),
            CepError::OnGroup { .. } => "apply it to the patterns in the group".into(),
            CepError::NotAfterOptional { .. } => "use two patterns, one with and one without what is optional".into(),
            CepError::UntilWithoutLoop { .. } => "call one_or_more() or times_or_more() before".into(),
            CepError::EndsWithNotFollowedBy { .. } => "add within(), or a pattern behind it".into(),
            CepError::GroupEndsWithNot { .. } => "put it behind the group, or a pattern behind it".into(),
            CepError::NothingToSkipTo { .. } => {
                "leave throw_exception_on_miss() out, or make the pattern one that always has events".into()
            }
            CepError::SkipToStart { .. } => "leave throw_exception_on_miss() out, or skip to another pattern".into(),
            _ => return None,
        })
    }
}
