//! Conditions of events: single tests, and what is made of them.

use std::sync::Arc;

/// A single test, given by whoever builds the pattern and evaluated by the [`Host`](super::Host).
pub trait Leaf: Clone {
    /// Whether it looks at the events matched so far. One that does not is evaluated once an event.
    fn looks_back(&self) -> bool {
        false
    }
}

#[derive(Debug)]
pub enum Condition<C> {
    True,
    Test(Arc<C>),
    Not(Box<Condition<C>>),
    And(Box<Condition<C>>, Box<Condition<C>>),
    Or(Box<Condition<C>>, Box<Condition<C>>),
}

impl<C> Clone for Condition<C> {
    fn clone(&self) -> Self {
        match self {
            Condition::True => Condition::True,
            Condition::Test(test) => Condition::Test(test.clone()),
            Condition::Not(of) => Condition::Not(of.clone()),
            Condition::And(left, right) => Condition::And(left.clone(), right.clone()),
            Condition::Or(left, right) => Condition::Or(left.clone(), right.clone()),
        }
    }
}

impl<C> Condition<C> {
    pub fn test(leaf: C) -> Self {
        Condition::Test(Arc::new(leaf))
    }

    pub fn and(self, other: Self) -> Self {
        match (self, other) {
            (Condition::True, one) | (one, Condition::True) => one,
            (left, right) => Condition::And(Box::new(left), Box::new(right)),
        }
    }

    pub fn or(self, other: Self) -> Self {
        Condition::Or(Box::new(self), Box::new(other))
    }

    pub fn negated(self) -> Self {
        Condition::Not(Box::new(self))
    }
}
