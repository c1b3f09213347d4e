//! What is wrong with a pattern as a whole.

use std::collections::HashSet;

use super::END;
use crate::cep::error::CepError;
use crate::cep::pattern::{Pattern, Step};
use crate::cep::quantifier::{Contiguity, Count};

/// Names are unique, also those in groups, and the skip strategy names one.
pub fn names<C>(pattern: &Pattern<C>) -> Result<(), CepError> {
    let (mut seen, mut listed) = (HashSet::new(), Vec::new());
    each(&pattern.steps, &mut |step| {
        if step.group.is_some() {
            return Ok(());
        }
        if step.name == END {
            return Err(CepError::ReservedName { name: step.name.clone() });
        }
        if !seen.insert(step.name.clone()) {
            return Err(CepError::DuplicateName { name: step.name.clone() });
        }
        listed.push(format!("'{}'", step.name));
        Ok(())
    })?;
    match pattern.skip.name() {
        Some(name) if !seen.contains(name) => {
            Err(CepError::UnknownSkipName { name: name.to_owned(), names: listed.join(", ") })
        }
        _ => Ok(()),
    }
}

/// The time a match may take: the least that any step says; `None` without one, or where it is 0.
pub fn windows<C>(pattern: &Pattern<C>) -> Result<Option<i64>, CepError> {
    let (mut window, mut gap) = (None::<i64>, None::<i64>);
    each(&pattern.steps, &mut |step| {
        window = step.window.into_iter().chain(window).min();
        gap = [step.gap, step.quantifier.gap, gap].into_iter().flatten().max();
        Ok(())
    })?;
    let window = window.filter(|window| *window > 0);
    if let (Some(gap), Some(window)) = (gap, window)
        && gap > window
    {
        return Err(CepError::GapBeyondWindow { gap, window });
    }
    let last = end_of(&pattern.steps);
    if last.contiguity == Contiguity::NotFollowedBy && window.is_none() && last.gap.is_none_or(|gap| gap == 0) {
        return Err(CepError::EndsWithNotFollowedBy { name: last.name.clone() });
    }
    groups(&pattern.steps, true)?;
    Ok(window)
}

/// The step that a match ends with.
fn end_of<C>(steps: &[Step<C>]) -> &Step<C> {
    let last = &steps[steps.len() - 1];
    last.group.as_ref().map_or(last, |group| end_of(group))
}

/// Only where the whole pattern ends can a group end with what must not follow; `at_end` if these steps do.
fn groups<C>(steps: &[Step<C>], at_end: bool) -> Result<(), CepError> {
    for (at, step) in steps.iter().enumerate() {
        let Some(group) = &step.group else { continue };
        let at_end = at_end && at + 1 == steps.len() && step.quantifier.count == Count::One;
        let last = &group[group.len() - 1];
        if last.contiguity == Contiguity::NotFollowedBy && !at_end {
            return Err(CepError::GroupEndsWithNot { name: last.name.clone() });
        }
        groups(group, at_end)?;
    }
    Ok(())
}

/// Each step, also those in groups.
fn each<C>(steps: &[Step<C>], check: &mut impl FnMut(&Step<C>) -> Result<(), CepError>) -> Result<(), CepError> {
    for step in steps {
        check(step)?;
        if let Some(group) = &step.group {
            each(group, check)?;
        }
    }
    Ok(())
}
