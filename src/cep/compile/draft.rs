//! A state that is still being made: conditions may change, and other states be added.

use crate::cep::condition::Condition;
use crate::cep::nfa::{Action, Kind};

pub struct Draft<C> {
    pub name: String,
    pub label: String,
    pub kind: Kind,
    pub gap: Option<i64>,
    pub transitions: Vec<Transition<C>>,
}

pub struct Transition<C> {
    pub action: Action,
    pub target: usize,
    pub condition: Condition<C>,
}

impl<C> Clone for Draft<C> {
    fn clone(&self) -> Self {
        Draft {
            name: self.name.clone(),
            label: self.label.clone(),
            kind: self.kind,
            gap: self.gap,
            transitions: self.transitions.clone(),
        }
    }
}

impl<C> Clone for Transition<C> {
    fn clone(&self) -> Self {
        Transition { action: self.action, target: self.target, condition: self.condition.clone() }
    }
}
