//! Groups of patterns: their steps are made once for each time the group occurs.

use super::{Compiler, Place};
use crate::cep::condition::Leaf;
use crate::cep::nfa::{Action, Kind};
use crate::cep::pattern::Step;

impl<'p, C: Leaf> Compiler<'p, C> {
    /// The states of a group's steps, with `sink` behind them.
    fn inside(&mut self, group: &'p Step<C>, steps: &'p [Step<C>], sink: usize) -> usize {
        let around = self.place;
        self.place = Place { steps, at: steps.len() - 1, group: Some(group), following: around.following };
        let first = self.sequence(sink);
        self.place = around;
        first
    }

    /// A group that occurs once; `proceed` is where it can go on without it.
    pub(super) fn group(
        &mut self,
        group: &'p Step<C>,
        steps: &'p [Step<C>],
        sink: usize,
        proceed: Option<usize>,
    ) -> usize {
        // as long as the loop around this group has not ended
        let always = self.always();
        let first = self.inside(group, steps, sink);
        if let Some(proceed) = proceed {
            self.link(first, Action::Proceed, proceed, always);
        }
        first
    }

    /// A group that occurs again and again.
    pub(super) fn looping_group(&mut self, group: &'p Step<C>, steps: &'p [Step<C>], sink: usize) -> usize {
        let always = self.always();
        let again = self.waiting_state(Kind::Normal);
        let first = self.inside(group, steps, again);
        self.link(first, Action::Proceed, sink, always.clone());
        self.link(again, Action::Proceed, first, always);
        first
    }

    pub(super) fn set_first_of_loop(&mut self, first: bool) {
        let step = self.step();
        if step.group.is_some() {
            self.first_of_loop.insert(step, first);
        }
    }

    /// Whether the group around is made for the first time it occurs.
    pub(super) fn is_first_of_loop(&self) -> bool {
        let known = self.place.group.and_then(|group| self.first_of_loop.get(&std::ptr::from_ref(group)));
        known.copied().unwrap_or(true)
    }

    /// The group around, for its first step.
    pub(super) fn group_of_head(&self, step: &'p Step<C>) -> Option<&'p Step<C>> {
        self.place.group.filter(|_| std::ptr::eq(step, &self.place.steps[0]))
    }

    pub(super) fn is_head_of_optional_group(&self) -> bool {
        self.is_first_of_loop() && self.group_of_head(self.step()).is_some_and(|group| group.quantifier.optional)
    }
}
