//! What one key has in the slices of its windows, and how a window is made of it.
//!
//! A window is not made of all its slices each time. A moment divides them: what is older is kept summed up from each slice
//! to that moment (`front`), what is newer in one sum (`back`). A window that has moved on by a slice drops one of the
//! first and adds a slice to the second. When the first are used up, they are made anew from the slices, and the moment
//! is the window's end. So each slice is merged about three times, however many windows it is in, and nothing is ever
//! subtracted.
//!
//! A record may still come to a slice that has been summed up, too late for one window and not for the next. It is added to
//! `back`, or, where it would be a part of many sums of `front`, to a tree beside it: to as many nodes as its
//! number of slices has bits, of which a window asks for as many.

use std::collections::{BTreeMap, VecDeque};

use super::{Merges, Slices, TimeWindow};
use crate::error::Result;

/// What was added up, and when the first of it came.
pub struct Sum<V> {
    pub value: V,
    pub arrival: u64,
}

/// One slice of a key.
pub struct Pane<V> {
    pub start: i64,
    pub sum: Sum<V>,
}

/// The slices of a key that hold something, the oldest first.
pub struct Panes<V> {
    panes: VecDeque<Pane<V>>,
    view: View<V>,
    /// Windows that ended by this time had fired when the key was restored.
    pub fired: i64,
}

impl<V> Panes<V> {
    pub fn new(slices: Slices) -> Self {
        Panes::restored(slices, VecDeque::new(), i64::MIN)
    }

    pub fn restored(slices: Slices, panes: VecDeque<Pane<V>>, fired: i64) -> Self {
        Panes { panes, view: View::new(slices), fired }
    }

    pub fn all(&self) -> &VecDeque<Pane<V>> {
        &self.panes
    }

    /// Adds a record; whether the slice held nothing before. It is then the key's `arrival`th.
    pub fn add<K, X, C: Merges<K, X, Value = V>>(
        &mut self,
        slice: i64,
        record: &X,
        arrival: u64,
        cells: &mut C,
    ) -> Result<bool> {
        let at = match self.panes.back() {
            Some(newest) if newest.start == slice => self.panes.len() - 1,
            _ => self.panes.partition_point(|pane| pane.start < slice),
        };
        let is_new = self.panes.get(at).is_none_or(|pane| pane.start != slice);
        if is_new {
            let sum = Sum { value: cells.first(record)?, arrival };
            self.panes.insert(at, Pane { start: slice, sum });
        } else {
            cells.add(&mut self.panes[at].sum.value, record)?;
        }
        self.view.add(slice, record, self.panes[at].sum.arrival, cells)?;
        Ok(is_new)
    }

    /// What the window holds. Windows are asked for in the order of time.
    pub fn sum<K, X, C: Merges<K, X, Value = V>>(
        &mut self,
        window: TimeWindow,
        cells: &mut C,
    ) -> Result<Option<Sum<V>>> {
        self.view.sum(window, &self.panes, cells)
    }

    /// Forgets the slices before `from`; whether any are left.
    pub fn forget(&mut self, from: i64) -> bool {
        let gone = self.panes.partition_point(|pane| pane.start < from);
        self.panes.drain(..gone);
        !self.panes.is_empty()
    }
}

/// Windows, one after the other, as sums of slices.
pub struct View<V> {
    slices: Slices,
    /// From each slice to the moment that divides, the oldest last.
    front: Vec<Pane<V>>,
    /// Of records that came to those slices later: a Fenwick tree by the number of slices back from that moment.
    late: BTreeMap<i64, Sum<V>>,
    divide: i64,
    back: Option<Sum<V>>,
    /// Slices from here on have not been summed up.
    until: i64,
}

impl<V> View<V> {
    pub fn new(slices: Slices) -> Self {
        let (divide, until) = (i64::MIN, i64::MIN);
        View { slices, front: Vec::new(), late: BTreeMap::new(), divide, back: None, until }
    }

    /// A record came to a slice.
    fn add<K, X, C: Merges<K, X, Value = V>>(
        &mut self,
        slice: i64,
        record: &X,
        arrival: u64,
        cells: &mut C,
    ) -> Result<()> {
        if slice >= self.until {
            return Ok(());
        }
        if slice >= self.divide {
            match &mut self.back {
                Some(back) => back.add(record, arrival, cells)?,
                None => self.back = Some(Sum { value: cells.first(record)?, arrival }),
            }
            return Ok(());
        }
        let (mut at, all) = (self.slices_back(slice), self.slices.size() / self.slices.length());
        while at <= all {
            match self.late.get_mut(&at) {
                Some(late) => late.add(record, arrival, cells)?,
                None => drop(self.late.insert(at, Sum { value: cells.first(record)?, arrival })),
            }
            at += at & -at;
        }
        Ok(())
    }

    fn slices_back(&self, slice: i64) -> i64 {
        self.divide.saturating_sub(slice) / self.slices.length()
    }

    pub fn sum<K, X, C: Merges<K, X, Value = V>>(
        &mut self,
        window: TimeWindow,
        panes: &VecDeque<Pane<V>>,
        cells: &mut C,
    ) -> Result<Option<Sum<V>>> {
        if window.start > self.divide {
            self.renew(window, panes, cells)?;
        }
        while self.front.last().is_some_and(|oldest| oldest.start < window.start) {
            self.front.pop();
        }
        let from = panes.partition_point(|pane| pane.start < self.until);
        for pane in panes.range(from..).take_while(|pane| pane.start < window.end) {
            self.back = Some(match &self.back {
                Some(back) => back.with(&pane.sum, cells)?,
                None => pane.sum.copy(cells)?,
            });
        }
        self.until = self.until.max(window.end);
        let mut parts: Vec<&Sum<V>> = self.front.last().map(|oldest| &oldest.sum).into_iter().collect();
        parts.extend(&self.back);
        if !self.late.is_empty() {
            let mut at = self.slices_back(window.start);
            while at > 0 {
                parts.extend(self.late.get(&at));
                at -= at & -at;
            }
        }
        match parts.as_slice() {
            [] => Ok(None),
            [only] => only.copy(cells).map(Some),
            [first, second, rest @ ..] => {
                let mut whole = first.with(second, cells)?;
                for part in rest {
                    whole = whole.with(part, cells)?;
                }
                Ok(Some(whole))
            }
        }
    }

    /// Sums up all of a window, from each of its slices to its end.
    fn renew<K, X, C: Merges<K, X, Value = V>>(
        &mut self,
        window: TimeWindow,
        panes: &VecDeque<Pane<V>>,
        cells: &mut C,
    ) -> Result<()> {
        self.front.clear();
        self.late.clear();
        self.back = None;
        (self.divide, self.until) = (window.end, window.end);
        let from = panes.partition_point(|pane| pane.start < window.start);
        let to = panes.partition_point(|pane| pane.start < window.end);
        for pane in panes.range(from..to).rev() {
            let sum = match self.front.last() {
                Some(newer) => pane.sum.with(&newer.sum, cells)?,
                None => pane.sum.copy(cells)?,
            };
            self.front.push(Pane { start: pane.start, sum });
        }
        Ok(())
    }
}

impl<V> Sum<V> {
    fn add<K, X, C: Merges<K, X, Value = V>>(&mut self, record: &X, arrival: u64, cells: &mut C) -> Result<()> {
        self.arrival = self.arrival.min(arrival);
        cells.add(&mut self.value, record)
    }

    fn with<K, X, C: Merges<K, X, Value = V>>(&self, newer: &Sum<V>, cells: &mut C) -> Result<Sum<V>> {
        let arrival = self.arrival.min(newer.arrival);
        Ok(Sum { value: cells.merge(&self.value, &newer.value)?, arrival })
    }

    fn copy<K, X, C: Merges<K, X, Value = V>>(&self, cells: &mut C) -> Result<Sum<V>> {
        Ok(Sum { value: cells.copy(&self.value)?, arrival: self.arrival })
    }
}
