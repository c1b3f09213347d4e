//! The values of a pattern's tests for one event: each is asked for once, however many partial matches need it.

use super::nfa::Test;
use crate::error::Result;

#[derive(Debug, Default)]
pub struct Truth {
    /// Tests that look at the event alone.
    of_event: Vec<Option<bool>>,
    /// Those that look at the events of one partial match as well.
    of_partial: Vec<Option<bool>>,
    /// Whether one of these is known.
    asked_partial: bool,
    looks_back: Vec<bool>,
}

impl Truth {
    pub fn new(looks_back: &[bool]) -> Truth {
        let unknown = vec![None; looks_back.len()];
        Truth { of_event: unknown.clone(), of_partial: unknown, asked_partial: false, looks_back: looks_back.to_vec() }
    }

    /// Forgets everything: another event.
    pub fn next_event(&mut self) {
        self.of_event.fill(None);
        self.next_partial();
    }

    pub fn next_partial(&mut self) {
        if std::mem::take(&mut self.asked_partial) {
            self.of_partial.fill(None);
        }
    }

    pub fn of(&mut self, test: &Test, ask: &mut impl FnMut(usize) -> Result<bool>) -> Result<bool> {
        Ok(match test {
            Test::True => true,
            Test::Not(of) => !self.of(of, ask)?,
            Test::And(left, right) => self.of(left, ask)? && self.of(right, ask)?,
            Test::Or(left, right) => self.of(left, ask)? || self.of(right, ask)?,
            Test::Leaf(leaf) => {
                let looks_back = self.looks_back[*leaf];
                let known = if looks_back { &mut self.of_partial } else { &mut self.of_event };
                match known[*leaf] {
                    Some(known) => known,
                    None => {
                        let value = ask(*leaf)?;
                        known[*leaf] = Some(value);
                        self.asked_partial |= looks_back;
                        value
                    }
                }
            }
        })
    }
}
