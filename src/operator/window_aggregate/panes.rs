//! What one key has in the slices of its windows, and how windows that overlap are made of it.
//!
//! A window is not made of all its slices each time. What is older than some moment is kept added up from each slice to that
//! moment (`front`), and what is newer in one sum (`back`): a window that has moved on by a slice drops the first of the ones and adds a
//! slice to the other. When the first is used up, it is made anew of all slices: each slice is added up about three times,
//! however many windows it is in, and nothing is ever subtracted.

use std::collections::VecDeque;

use super::accumulate::Accumulators;
use crate::window::TimeWindow;

/// The records of a key in one slice.
#[derive(Debug, Clone, Copy)]
pub struct Pane {
    pub start: i64,
    /// Of its aggregates.
    pub place: u32,
    /// The number of its first record.
    pub first: u64,
}

/// What one key has, by slice.
#[derive(Default)]
pub struct Panes {
    panes: VecDeque<Pane>,
    view: Option<Box<View>>,
}

/// What was added up.
struct View {
    /// From the slice that begins there to the moment that divides; the oldest last.
    front: Vec<Pane>,
    /// From that moment on.
    back: Option<Pane>,
    /// Slices from here on are in neither.
    until: i64,
}

impl Panes {
    /// The place of a slice, if the key has something there.
    #[inline]
    pub fn get(&self, start: i64) -> Option<u32> {
        match self.panes.back() {
            Some(newest) if newest.start == start => Some(newest.place),
            Some(newest) if newest.start > start => {
                let at = self.panes.binary_search_by_key(&start, |pane| pane.start).ok()?;
                Some(self.panes[at].place)
            }
            _ => None,
        }
    }

    pub fn insert(&mut self, pane: Pane) {
        let at = self.panes.partition_point(|known| known.start < pane.start);
        self.panes.insert(at, pane);
    }

    /// Forgets its first slice, which is over.
    pub fn pop(&mut self) -> Option<Pane> {
        self.panes.pop_front()
    }

    pub fn is_empty(&self) -> bool {
        self.panes.is_empty()
    }

    /// All its slices, the oldest first.
    pub fn iter(&self) -> impl Iterator<Item = &Pane> {
        self.panes.iter()
    }

    /// The slices in a window.
    pub fn of(&self, window: TimeWindow) -> impl Iterator<Item = &Pane> + '_ {
        let from = self.panes.partition_point(|pane| pane.start < window.start);
        self.panes.range(from..).take_while(move |pane| pane.start < window.end)
    }

    /// A record has come to a slice: what was added up of it is out of date.
    #[inline]
    pub fn touch(&mut self, start: i64, dropped: &mut Vec<u32>) {
        if self.view.as_ref().is_some_and(|view| start < view.until) {
            self.forget_view(dropped);
        }
    }

    /// Gives back the places of what was added up.
    pub fn forget_view(&mut self, dropped: &mut Vec<u32>) {
        if let Some(view) = self.view.take() {
            dropped.extend(view.front.iter().chain(&view.back).map(|pane| pane.place));
        }
    }

    /// The window's parts: at most two, which have all of its records. Windows must come in order. What has to be merged for that goes to
    /// `pairs`, and places that are not needed any more to `dropped`.
    pub fn parts(
        &mut self,
        window: TimeWindow,
        accumulators: &mut Accumulators,
        pairs: &mut Vec<(u32, u32)>,
        dropped: &mut Vec<u32>,
    ) -> [Option<Pane>; 2] {
        let view =
            self.view.get_or_insert_with(|| Box::new(View { front: Vec::new(), back: None, until: window.start }));
        while let Some(oldest) = view.front.pop_if(|oldest| oldest.start < window.start) {
            dropped.push(oldest.place);
        }
        if let Some(back) = view.back.take_if(|back| view.front.is_empty() && back.start < window.start) {
            dropped.push(back.place);
            let (from, to) = (window.start, view.until);
            let begin = self.panes.partition_point(|pane| pane.start < from);
            let end = self.panes.partition_point(|pane| pane.start < to);
            let mut newer: Option<Pane> = None;
            for pane in self.panes.range(begin..end.max(begin)).rev() {
                let sum = Pane { place: accumulators.place(), ..*pane };
                pairs.push((sum.place, pane.place));
                let sum = match newer {
                    Some(newer) => {
                        pairs.push((sum.place, newer.place));
                        Pane { first: sum.first.min(newer.first), ..sum }
                    }
                    None => sum,
                };
                view.front.push(sum);
                newer = Some(sum);
            }
        }
        let begin = self.panes.partition_point(|pane| pane.start < view.until.max(window.start));
        for pane in self.panes.range(begin..).take_while(|pane| pane.start < window.end) {
            let back = view.back.get_or_insert_with(|| Pane { place: accumulators.place(), ..*pane });
            pairs.push((back.place, pane.place));
            back.first = back.first.min(pane.first);
        }
        view.until = window.end;
        let parts = [view.front.last().copied(), view.back];
        if parts.iter().all(Option::is_none) {
            self.view = None;
        }
        parts
    }
}
