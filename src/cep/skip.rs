//! After-match skip strategies: which other matches are given up when one is found.

use super::error::CepError;
use super::queue::Start;

#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub enum Skip {
    /// Every match is found.
    #[default]
    None,
    /// Those that begin with the same event are given up.
    ToNext,
    /// Those that begin with an event of the match are given up.
    PastLastEvent,
    /// Those that begin before the first event of the pattern are given up.
    ToFirst { name: String, must_exist: bool },
    /// Those that begin before the last event of the pattern are given up.
    ToLast { name: String, must_exist: bool },
}

/// What a match tells other matches, by where those begin.
pub(super) enum GiveUp {
    UpTo(Start),
    Before(Start),
}

impl GiveUp {
    pub fn covers(&self, start: Start) -> bool {
        match self {
            GiveUp::UpTo(limit) => start <= *limit,
            GiveUp::Before(limit) => start < *limit,
        }
    }
}

impl Skip {
    pub fn skips(&self) -> bool {
        *self != Skip::None
    }

    /// The pattern that is skipped to.
    pub fn name(&self) -> Option<&str> {
        match self {
            Skip::ToFirst { name, .. } | Skip::ToLast { name, .. } => Some(name),
            _ => None,
        }
    }

    /// What to give up behind a match of these events, each under its pattern's name.
    pub(super) fn give_up(&self, events: &[(&str, Start)]) -> Result<Option<GiveUp>, CepError> {
        let all = || events.iter().map(|(_, start)| *start);
        let (name, must_exist, found) = match self {
            Skip::None => return Ok(None),
            Skip::ToNext => return Ok(all().min().map(GiveUp::UpTo)),
            Skip::PastLastEvent => return Ok(all().max().map(GiveUp::UpTo)),
            Skip::ToFirst { name, must_exist } => (name, *must_exist, events.iter().find(|(of, _)| of == name)),
            Skip::ToLast { name, must_exist } => (name, *must_exist, events.iter().rfind(|(of, _)| of == name)),
        };
        let Some((_, to)) = found else {
            return if must_exist { Err(CepError::NothingToSkipTo { name: name.clone() }) } else { Ok(None) };
        };
        if must_exist && all().min() == Some(*to) {
            return Err(CepError::SkipToStart { name: name.clone() });
        }
        Ok(Some(GiveUp::Before(*to)))
    }
}
