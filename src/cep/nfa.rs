//! The automaton that a pattern is compiled to: states, and under which conditions an event leads from one to another.

/// What a transition does with the event.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Action {
    /// It becomes part of the match.
    Take,
    /// It is passed over.
    Ignore,
    /// Nothing: the transitions of the other state hold as well.
    Proceed,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Kind {
    Start,
    Normal,
    /// The match is complete.
    Final,
    /// What must not come has come: the partial match is given up.
    Stop,
    /// The match is complete if nothing comes in time.
    Pending,
}

/// A condition over the tests of a pattern, which go by number.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Test {
    True,
    Leaf(usize),
    Not(Box<Test>),
    And(Box<Test>, Box<Test>),
    Or(Box<Test>, Box<Test>),
}

#[derive(Debug, Clone)]
pub struct Transition {
    pub action: Action,
    pub target: u16,
    pub test: Test,
}

#[derive(Debug, Clone)]
pub struct State {
    /// Unique, made of the pattern's name.
    pub name: String,
    /// The pattern under whose name events are taken.
    pub label: u16,
    pub kind: Kind,
    pub transitions: Vec<Transition>,
    /// The time that may pass since the event before, in ms.
    pub gap: Option<i64>,
}

#[derive(Debug, Clone)]
pub struct Nfa {
    pub states: Vec<State>,
    /// The names of patterns.
    pub labels: Vec<String>,
    pub start: u16,
    /// The time a match may take from its first event to its last, in ms.
    pub window: Option<i64>,
    /// For each test whether it looks at the events matched so far.
    pub looks_back: Vec<bool>,
}

impl Nfa {
    pub fn state(&self, state: u16) -> &State {
        &self.states[usize::from(state)]
    }

    pub fn label(&self, label: u16) -> &str {
        &self.labels[usize::from(label)]
    }

    /// From when on a partial match that stands in that state has run out of time.
    pub(super) fn deadline(&self, state: u16, start: i64, previous: i64) -> i64 {
        let of = |limit: Option<i64>, since: i64| limit.map_or(i64::MAX, |limit| since.saturating_add(limit));
        of(self.window, start).min(of(self.state(state).gap, previous))
    }
}
