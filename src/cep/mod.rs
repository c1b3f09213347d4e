//! Complex event processing: sequences of events that fit a pattern, as Flink's CEP library finds them.
//!
//! A [`Pattern`] is checked while it is built. [`Matcher::new`] compiles it to a non-deterministic automaton ([`Nfa`]);
//! one [`Progress`] a key holds the partial matches of that key, which share the events they have in common. What an
//! event is and how a condition is evaluated is the [`Host`]'s.
//!
//! ```
//! use flott::cep::{Found, Host, Leaf, Matcher, Pattern, Progress, SoFar};
//!
//! #[derive(Clone)]
//! struct Above(i64);
//! impl Leaf for Above {}
//!
//! struct Sums(Vec<Above>, Vec<i64>);
//! impl Host<i64> for Sums {
//!     fn holds(&mut self, condition: usize, event: &i64, _time: i64, _: &SoFar<'_, i64>) -> flott::Result<bool> {
//!         Ok(*event > self.0[condition].0)
//!     }
//!     fn matched(&mut self, found: &Found<'_, i64>, _time: i64) -> flott::Result<()> {
//!         Ok(self.1.push(found.events().map(|(_, event)| *event).sum()))
//!     }
//! }
//!
//! // two events in a row above ten
//! let pattern = Pattern::begin("high").condition(Above(10))?.times(2, 2, None)?.consecutive()?;
//! let (mut matcher, conditions) = Matcher::new(&pattern)?;
//! let (mut host, mut progress) = (Sums(conditions, Vec::new()), Progress::new());
//! for (time, event) in [11, 5, 12, 13].into_iter().enumerate() {
//!     matcher.process(&mut progress, event, time as i64, &mut host)?;
//! }
//! assert_eq!(host.1, [25]);
//! # Ok::<(), flott::Error>(())
//! ```

mod buffer;
mod compile;
mod condition;
mod drawing;
mod error;
mod explain;
mod matcher;
mod nfa;
mod pattern;
mod progress;
mod quantifier;
mod queue;
mod skip;
mod stored;
mod truth;

#[cfg(test)]
mod refused;
#[cfg(test)]
mod tests;
#[cfg(test)]
mod vectors;

pub use buffer::{Found, SoFar};
pub use condition::{Condition, Leaf};
pub use drawing::draw;
pub use error::CepError;
pub use explain::explain;
pub use matcher::{Host, Matcher};
pub use nfa::{Action, Kind, Nfa, State, Test, Transition};
pub use pattern::{Pattern, Within};
pub use progress::Progress;
pub use quantifier::Contiguity;
pub use skip::Skip;
