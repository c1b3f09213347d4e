//! A pattern as it is written: steps one behind the other, each checked when it is added.

use super::condition::Condition;
use super::error::CepError;
use super::quantifier::{Contiguity, Count, Quantifier};
use super::skip::Skip;

/// Between which events a time limit holds.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Within {
    /// The first and the last of a match.
    FirstAndLast,
    /// The one before and the one of the pattern it is set on.
    PreviousAndCurrent,
}

/// One named pattern, or a group of them.
#[derive(Debug)]
pub struct Step<C> {
    pub name: String,
    pub contiguity: Contiguity,
    pub condition: Option<Condition<C>>,
    pub until: Option<Condition<C>>,
    pub quantifier: Quantifier,
    /// Of the whole match, in ms.
    pub window: Option<i64>,
    /// Since the event before, in ms.
    pub gap: Option<i64>,
    pub group: Option<Vec<Step<C>>>,
}

impl<C> Clone for Step<C> {
    fn clone(&self) -> Self {
        Step {
            name: self.name.clone(),
            contiguity: self.contiguity,
            condition: self.condition.clone(),
            until: self.until.clone(),
            quantifier: self.quantifier.clone(),
            window: self.window,
            gap: self.gap,
            group: self.group.clone(),
        }
    }
}

/// What Flink calls a group, which has no name of its own.
const GROUP: &str = "GroupPattern";

/// A sequence of steps. Methods apply to the last one, as in Flink.
#[derive(Debug)]
pub struct Pattern<C> {
    pub(super) steps: Vec<Step<C>>,
    pub(super) skip: Skip,
}

impl<C> Clone for Pattern<C> {
    fn clone(&self) -> Self {
        Pattern { steps: self.steps.clone(), skip: self.skip.clone() }
    }
}

type Built<C> = Result<Pattern<C>, CepError>;

impl<C> Pattern<C> {
    pub fn begin(name: impl Into<String>) -> Self {
        Pattern { steps: Vec::new(), skip: Skip::None }.with(name.into(), Contiguity::Strict, None)
    }

    pub fn begin_group(group: Pattern<C>) -> Self {
        Pattern { steps: Vec::new(), skip: Skip::None }.with(GROUP.into(), Contiguity::Strict, Some(group.steps))
    }

    pub fn with_skip(mut self, skip: Skip) -> Self {
        self.skip = skip;
        self
    }

    pub fn skip(&self) -> &Skip {
        &self.skip
    }

    /// Adds a pattern behind the last one.
    pub fn then(self, name: impl Into<String>, contiguity: Contiguity) -> Built<C> {
        let before = self.last();
        if contiguity.is_not() && before.quantifier.optional {
            let call = if contiguity == Contiguity::NotNext { "not_next()" } else { "not_followed_by()" };
            return Err(CepError::NotAfterOptional { name: before.name.clone(), call });
        }
        Ok(self.with(name.into(), contiguity, None))
    }

    /// Adds a group of patterns behind the last one; groups always occur.
    pub fn then_group(self, group: Pattern<C>, contiguity: Contiguity) -> Self {
        self.with(GROUP.into(), contiguity, Some(group.steps))
    }

    fn with(mut self, name: String, contiguity: Contiguity, group: Option<Vec<Step<C>>>) -> Self {
        let quantifier = Quantifier::ONE;
        let (condition, until, window, gap) = (None, None, None, None);
        self.steps.push(Step { name, contiguity, condition, until, quantifier, window, gap, group });
        self
    }

    fn last(&self) -> &Step<C> {
        self.steps.last().expect("a pattern has a first step from the beginning")
    }

    fn change(mut self, change: impl FnOnce(&mut Step<C>)) -> Built<C> {
        change(self.steps.last_mut().expect("a pattern has a first step from the beginning"));
        Ok(self)
    }

    /// The last pattern's name.
    pub fn name(&self) -> &str {
        &self.last().name
    }

    fn not_on_group(&self, call: &'static str) -> Result<(), CepError> {
        if self.last().group.is_some() { Err(CepError::OnGroup { call }) } else { Ok(()) }
    }

    fn not_on_not(&self, call: &'static str) -> Result<(), CepError> {
        let Step { name, contiguity, .. } = self.last();
        if contiguity.is_not() { Err(CepError::OnNot { name: name.clone(), call }) } else { Ok(()) }
    }

    /// Adds a single test that must hold as well.
    pub fn condition(self, leaf: C) -> Built<C> {
        self.and(Condition::test(leaf))
    }

    pub fn and(self, condition: Condition<C>) -> Built<C> {
        self.not_on_group("where()")?;
        self.change(|step| {
            step.condition = Some(match step.condition.take() {
                Some(known) => known.and(condition),
                None => condition,
            });
        })
    }

    pub fn or(self, condition: Condition<C>) -> Built<C> {
        self.not_on_group("or_()")?;
        self.change(|step| {
            step.condition = Some(match step.condition.take() {
                Some(known) => known.or(condition),
                None => condition,
            });
        })
    }

    /// Ends the loop of the last pattern at the first event for which the condition holds.
    pub fn until(self, condition: Condition<C>) -> Built<C> {
        let step = self.last();
        if step.until.is_some() {
            return Err(CepError::UntilTwice { name: step.name.clone() });
        }
        if !step.quantifier.is_loop() {
            return Err(CepError::UntilWithoutLoop { name: step.name.clone() });
        }
        self.change(|step| step.until = Some(condition))
    }

    pub fn within(self, millis: i64, within: Within) -> Built<C> {
        if millis < 0 {
            return Err(CepError::NegativeWindow { millis });
        }
        self.change(|step| match within {
            Within::FirstAndLast => step.window = Some(millis),
            Within::PreviousAndCurrent => step.gap = Some(millis),
        })
    }

    pub fn optional(self) -> Built<C> {
        if let [.., before, last] = self.steps.as_slice()
            && before.quantifier.greedy
        {
            return Err(CepError::OptionalAfterGreedy { name: last.name.clone(), before: before.name.clone() });
        }
        self.not_on_not("optional()")?;
        let step = self.last();
        if step.quantifier.optional {
            return Err(CepError::OptionalTwice { name: step.name.clone() });
        }
        self.change(|step| step.quantifier.optional = true)
    }

    fn counted(self, call: &'static str, count: Count, gap: Option<i64>) -> Built<C> {
        self.not_on_not(call)?;
        let Step { name, quantifier, .. } = self.last();
        if quantifier.count != Count::One {
            let quantifier = quantifier.to_string();
            return Err(CepError::QuantifierTwice { name: name.clone(), quantifier });
        }
        if let Some(millis) = gap.filter(|gap| *gap < 0) {
            return Err(CepError::NegativeWindow { millis });
        }
        // what else was said of it is over, as in Flink
        self.change(|step| step.quantifier = Quantifier { count, gap, ..Quantifier::ONE })
    }

    /// One event or more; `gap` is the time from one to the next at most, in ms.
    pub fn one_or_more(self, gap: Option<i64>) -> Built<C> {
        self.counted("one_or_more()", Count::AtLeast(1), gap)
    }

    /// Between `from` and `to` events; none at all is possible where `from` is 0.
    pub fn times(self, from: i64, to: i64, gap: Option<i64>) -> Built<C> {
        let name = || self.name().to_owned();
        if to < from {
            return Err(CepError::TimesBackwards { name: name(), from, to });
        }
        // "zero times" says nothing; zero to some is optional
        if from < 0 || to < 1 {
            return Err(CepError::TooFewTimes { name: name(), times: from });
        }
        let count = |times: i64| u32::try_from(times).unwrap_or(u32::MAX);
        let built = self.counted("times()", Count::Between(count(from.max(1)), count(to)), gap)?;
        if from == 0 { built.change(|step| step.quantifier.optional = true) } else { Ok(built) }
    }

    /// `times` events or more.
    pub fn times_or_more(self, times: i64, gap: Option<i64>) -> Built<C> {
        if times < 1 {
            return Err(CepError::TooFewTimes { name: self.name().to_owned(), times });
        }
        self.counted("times_or_more()", Count::AtLeast(u32::try_from(times).unwrap_or(u32::MAX)), gap)
    }

    fn on_loop(&self, call: &'static str) -> Result<(), CepError> {
        let Step { name, quantifier, .. } = self.last();
        if quantifier.count == Count::One { Err(CepError::OnSingle { name: name.clone(), call }) } else { Ok(()) }
    }

    /// As many events as there are.
    pub fn greedy(self) -> Built<C> {
        self.not_on_not("greedy()")?;
        self.not_on_group("greedy()")?;
        self.on_loop("greedy()")?;
        let step = self.last();
        if step.quantifier.inner == Contiguity::RelaxedAny {
            return Err(CepError::GreedyCombinations { name: step.name.clone() });
        }
        self.change(|step| step.quantifier.greedy = true)
    }

    pub fn consecutive(self) -> Built<C> {
        self.inner(Contiguity::Strict, "consecutive()")
    }

    pub fn allow_combinations(self) -> Built<C> {
        self.inner(Contiguity::RelaxedAny, "allow_combinations()")
    }

    fn inner(self, inner: Contiguity, call: &'static str) -> Built<C> {
        self.on_loop(call)?;
        let Step { name, quantifier, .. } = self.last();
        if quantifier.inner == inner {
            return Err(CepError::Twice { name: name.clone(), call });
        }
        if quantifier.inner != Contiguity::Relaxed {
            return Err(CepError::ConsecutiveCombinations { name: name.clone() });
        }
        self.change(|step| step.quantifier.inner = inner)
    }
}
