//! From a pattern to its automaton, as Flink's `NFACompiler` does it.
//!
//! States are made from the last pattern to the first, so that each knows where it leads. What must not occur becomes
//! no state: the states around it lead to a stop state when it does.

mod checks;
mod draft;
mod group;
mod intern;
mod looping;

use std::collections::HashMap;

use super::condition::{Condition, Leaf};
use super::error::CepError;
use super::nfa::{Action, Kind, Nfa};
use super::pattern::{Pattern, Step};
use super::quantifier::{Contiguity, Count};
use draft::Draft;

const END: &str = "$endState$";

/// The automaton, and its single tests by number.
pub fn compile<C: Leaf>(pattern: &Pattern<C>) -> Result<(Nfa, Vec<C>), CepError> {
    checks::names(pattern)?;
    let window = checks::windows(pattern)?;
    let mut compiler = Compiler {
        drafts: Vec::new(),
        used: HashMap::new(),
        stops: HashMap::new(),
        originals: HashMap::new(),
        first_of_loop: HashMap::new(),
        place: Place { steps: &pattern.steps, at: pattern.steps.len() - 1, group: None, following: None },
        too_large: false,
    };
    let end = compiler.add_state(END, END, Kind::Final, None);
    let start = compiler.sequence(end);
    compiler.drafts[start].kind = Kind::Start;
    if compiler.too_large {
        return Err(CepError::TooLarge { limit: LIMIT });
    }
    intern::finish(compiler.drafts, start, window)
}

/// More states than this are a mistake, such as `times(1_000_000)`.
const LIMIT: usize = 10_000;

/// Where in the pattern the compiler is.
struct Place<'p, C> {
    steps: &'p [Step<C>],
    at: usize,
    /// The group that `steps` are of.
    group: Option<&'p Step<C>>,
    /// The step behind the current one.
    following: Option<&'p Step<C>>,
}

// derived, they would need conditions that can be copied
impl<C> Clone for Place<'_, C> {
    fn clone(&self) -> Self {
        *self
    }
}

impl<C> Copy for Place<'_, C> {}

struct Compiler<'p, C> {
    drafts: Vec<Draft<C>>,
    /// How many states there are of each name.
    used: HashMap<String, usize>,
    /// One stop state for each pattern that must not occur.
    stops: HashMap<String, usize>,
    /// What states were before a greedy loop in front of them restricted them.
    originals: HashMap<usize, usize>,
    /// For groups, by address, whether what is made now is the first round of its loop.
    first_of_loop: HashMap<*const Step<C>, bool>,
    place: Place<'p, C>,
    too_large: bool,
}

impl<'p, C: Leaf> Compiler<'p, C> {
    fn step(&self) -> &'p Step<C> {
        &self.place.steps[self.place.at]
    }

    fn before(&self) -> Option<&'p Step<C>> {
        self.place.at.checked_sub(1).map(|at| &self.place.steps[at])
    }

    fn add_state(&mut self, base: &str, label: &str, kind: Kind, gap: Option<i64>) -> usize {
        // as in Flink: name, name:0, name:1, …
        let count = self.used.entry(base.to_owned()).or_default();
        let name = if *count == 0 { base.to_owned() } else { format!("{base}:{}", *count - 1) };
        *count += 1;
        self.drafts.push(Draft { name, label: label.to_owned(), kind, gap, transitions: Vec::new() });
        self.too_large |= self.drafts.len() > LIMIT;
        self.drafts.len() - 1
    }

    /// A state that waits for an event of the current pattern, for as long as that says.
    ///
    /// Of a pattern that occurs several times only its own limit counts, and not for the state that is made first, which
    /// waits for the last of its events: so it is in Flink.
    fn waiting_state(&mut self, kind: Kind) -> usize {
        let step = self.step();
        let gap = match step.quantifier.count {
            Count::One => step.gap,
            _ if self.used.contains_key(&step.name) => step.quantifier.gap,
            _ => None,
        };
        self.add_state(&step.name, &step.name, kind, gap)
    }

    /// A state that waits after it has passed over an event; without a limit, as in Flink.
    fn passing_state(&mut self) -> usize {
        let step = self.step();
        self.add_state(&step.name, &step.name, Kind::Normal, None)
    }

    fn link(&mut self, from: usize, action: Action, to: usize, condition: Condition<C>) {
        self.drafts[from].transitions.push(draft::Transition { action, target: to, condition });
    }

    /// The states of all steps up to the current one; `sink` is where the last leads to.
    fn sequence(&mut self, sink: usize) -> usize {
        let mut sink = sink;
        while self.before().is_some() {
            if self.too_large {
                return sink;
            }
            sink = match self.step().contiguity {
                Contiguity::NotFollowedBy => self.not_followed_by(sink),
                Contiguity::NotNext => self.not_next(sink),
                _ => self.convert(sink),
            };
            self.place.following = Some(self.step());
            self.place.at -= 1;
        }
        self.convert(sink)
    }

    /// At the end of a pattern with a time limit a state waits until that is over; otherwise the states around know.
    fn not_followed_by(&mut self, sink: usize) -> usize {
        let step = self.step();
        if self.drafts[sink].kind != Kind::Final {
            return sink;
        }
        let pending = self.waiting_state(Kind::Pending);
        let condition = self.take_condition(step);
        let stop = self.stop_state(&condition, &step.name);
        self.link(pending, Action::Proceed, stop, condition.clone());
        self.link(pending, Action::Ignore, pending, condition.negated());
        pending
    }

    fn not_next(&mut self, sink: usize) -> usize {
        let step = self.step();
        let state = self.waiting_state(Kind::Normal);
        let condition = self.take_condition(step);
        let stop = self.stop_state(&condition, &step.name);
        // proceeding to the end would complete the match before the next event is known
        let action = if self.drafts[sink].kind == Kind::Final { Action::Ignore } else { Action::Proceed };
        self.link(state, action, sink, condition.clone().negated());
        self.link(state, Action::Proceed, stop, condition);
        state
    }

    fn convert(&mut self, sink: usize) -> usize {
        let step = self.step();
        let state = match step.quantifier.count {
            Count::AtLeast(times) => {
                self.set_first_of_loop(false);
                // once the loop has begun, what must not come before it may come
                let free = self.without_nots(sink);
                let looping = self.looping(free);
                self.set_first_of_loop(true);
                self.times(looping, sink, times, times)
            }
            Count::Between(from, to) => self.times(sink, sink, from, to),
            Count::One => self.single(sink),
        };
        for (condition, name) in self.nots_before() {
            let stop = self.stop_state(&condition, &name);
            self.link(state, Action::Proceed, stop, condition);
        }
        state
    }

    fn stop_state(&mut self, condition: &Condition<C>, name: &str) -> usize {
        if let Some(known) = self.stops.get(name) {
            return *known;
        }
        let stop = self.add_state(name, name, Kind::Stop, None);
        self.link(stop, Action::Take, stop, condition.clone());
        self.stops.insert(name.to_owned(), stop);
        stop
    }

    /// What must not occur before the current pattern: `not_followed_by` in front of it, also in front of optional ones.
    fn nots_before(&self) -> Vec<(Condition<C>, String)> {
        let before = self.place.steps[..self.place.at].iter().enumerate().rev();
        let reaching =
            before.take_while(|(_, step)| step.quantifier.optional || step.contiguity == Contiguity::NotFollowedBy);
        let nots = reaching.filter(|(_, step)| step.contiguity == Contiguity::NotFollowedBy);
        nots.map(|(_, step)| (self.take_condition(step), step.name.clone())).collect()
    }

    /// Behind an optional pattern that was taken, what must not come before it may come: a copy of the state that
    /// follows, without the way to those stop states. The state itself where there are none.
    fn without_nots(&mut self, sink: usize) -> usize {
        let nots = self.nots_before();
        if nots.is_empty() || !self.step().quantifier.optional || self.too_large {
            return sink;
        }
        let Draft { label, kind, transitions, .. } = self.drafts[sink].clone();
        let copy = self.add_state(&label, &label, kind, None);
        for draft::Transition { action, target, condition } in transitions {
            let target = match action {
                Action::Proceed if self.drafts[target].kind == Kind::Stop => {
                    if nots.iter().any(|(_, name)| *name == self.drafts[target].label) {
                        continue;
                    }
                    target
                }
                Action::Proceed => self.without_nots(target),
                _ if target == sink => copy,
                _ => target,
            };
            self.link(copy, action, target, condition);
        }
        copy
    }

    fn copy(&mut self, state: usize) -> usize {
        let Draft { label, kind, transitions, .. } = self.drafts[state].clone();
        let copy = self.add_state(&label, &label, kind, None);
        for draft::Transition { action, target, condition } in transitions {
            self.link(copy, action, if target == state { copy } else { target }, condition);
        }
        copy
    }
}
