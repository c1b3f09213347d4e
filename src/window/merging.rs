//! The windows of a key that merge, such as sessions.

use super::{Merge, Window};

/// What is left to do when windows have become one.
pub struct Joined<W> {
    /// The window they have become.
    pub result: W,
    /// The windows that are no more.
    pub parts: Vec<W>,
    /// Where the contents of the result stand, and those that have to be added to it.
    pub state: W,
    pub states: Vec<W>,
}

/// The live windows of one key, each with the window under which its contents were first kept: contents stay where they
/// are when a window grows.
#[derive(Debug, Clone)]
pub struct MergingSet<W>(Vec<(W, W)>);

impl<W> Default for MergingSet<W> {
    fn default() -> Self {
        MergingSet(Vec::new())
    }
}

impl<W> From<Vec<(W, W)>> for MergingSet<W> {
    fn from(windows: Vec<(W, W)>) -> Self {
        MergingSet(windows)
    }
}

impl<W: Window> MergingSet<W> {
    /// Each live window with the one under which its contents are kept.
    pub fn all(&self) -> &[(W, W)] {
        &self.0
    }

    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// Where the contents of a live window stand.
    pub fn state_of(&self, window: &W) -> Option<&W> {
        self.0.iter().find(|(known, _)| known == window).map(|(_, state)| state)
    }

    pub fn retire(&mut self, window: &W) {
        self.0.retain(|(known, _)| known != window);
    }

    /// The live windows together with a new one.
    pub fn with(&self, window: &W) -> Vec<W> {
        let mut windows: Vec<W> = self.0.iter().map(|(known, _)| known.clone()).collect();
        if !windows.contains(window) {
            windows.push(window.clone());
        }
        windows
    }

    /// Adds a window, of which the assigner found these merges; gives the window it has become a part of.
    pub fn add(&mut self, new: W, merges: Vec<Merge<W>>) -> (W, Vec<Joined<W>>) {
        let known = self.state_of(&new).is_some();
        let (mut own, mut joined) = (new.clone(), Vec::new());
        for Merge { result, mut parts } in merges {
            if parts.contains(&new) {
                own = result.clone();
                if !known {
                    // it has nothing yet that could be merged
                    parts.retain(|part| *part != new);
                }
            }
            let mut states = Vec::with_capacity(parts.len());
            for part in &parts {
                if let Some(at) = self.0.iter().position(|(window, _)| window == part) {
                    states.push(self.0.remove(at).1);
                }
            }
            if states.is_empty() {
                continue;
            }
            let state = states.remove(0);
            self.0.push((result.clone(), state.clone()));
            if !(parts.len() == 1 && parts[0] == result) {
                joined.push(Joined { result, parts, state, states });
            }
        }
        if self.state_of(&own).is_none() {
            self.0.push((own.clone(), own.clone()));
        }
        (own, joined)
    }
}

#[cfg(test)]
mod tests {
    use super::super::{TimeWindow, merge_overlapping};
    use super::*;

    fn add(set: &mut MergingSet<TimeWindow>, start: i64, end: i64) -> (TimeWindow, Vec<Joined<TimeWindow>>) {
        let new = TimeWindow::new(start, end);
        let merges = merge_overlapping(set.with(&new), |window| *window, |window| window);
        set.add(new, merges)
    }

    #[test]
    fn contents_stay_where_they_are_when_a_window_grows() {
        let mut set = MergingSet::default();
        assert_eq!(add(&mut set, 0, 10).0, TimeWindow::new(0, 10));
        let (grown, joined) = add(&mut set, 5, 15);
        assert_eq!(grown, TimeWindow::new(0, 15));
        assert_eq!(joined.len(), 1);
        assert_eq!(joined[0].parts, [TimeWindow::new(0, 10)]);
        assert_eq!((joined[0].state, joined[0].states.len()), (TimeWindow::new(0, 10), 0));
        assert_eq!(set.state_of(&grown), Some(&TimeWindow::new(0, 10)));
    }

    #[test]
    fn a_window_can_join_two() {
        let mut set = MergingSet::default();
        add(&mut set, 0, 10);
        add(&mut set, 20, 30);
        let (whole, joined) = add(&mut set, 8, 22);
        assert_eq!(whole, TimeWindow::new(0, 30));
        assert_eq!(joined[0].parts, [TimeWindow::new(0, 10), TimeWindow::new(20, 30)]);
        assert_eq!((joined[0].state, &joined[0].states[..]), (TimeWindow::new(0, 10), &[TimeWindow::new(20, 30)][..]));
        assert_eq!(set.with(&whole), [whole]);
    }

    #[test]
    fn a_window_within_another_changes_nothing() {
        let mut set = MergingSet::default();
        add(&mut set, 0, 30);
        let (own, joined) = add(&mut set, 10, 20);
        assert_eq!((own, joined.len()), (TimeWindow::new(0, 30), 0));
        let (own, joined) = add(&mut set, 0, 30);
        assert_eq!((own, joined.len()), (TimeWindow::new(0, 30), 0));
        set.retire(&own);
        assert!(set.is_empty());
    }
}
