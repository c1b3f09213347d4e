//! How often a pattern occurs, and what may stand between its events.

use std::fmt;

/// What may stand between one event of a match and the next.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Contiguity {
    /// Nothing.
    Strict,
    /// Events that do not fit.
    Relaxed,
    /// Anything, also events that fit.
    RelaxedAny,
    /// The next event must not fit.
    NotNext,
    /// No event up to the next pattern's may fit.
    NotFollowedBy,
}

impl Contiguity {
    pub fn is_not(self) -> bool {
        matches!(self, Contiguity::NotNext | Contiguity::NotFollowedBy)
    }
}

/// How many events a pattern has.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Count {
    One,
    Between(u32, u32),
    AtLeast(u32),
}

#[derive(Debug, Clone)]
pub struct Quantifier {
    pub count: Count,
    /// The time that may pass from one of its events to the next, in ms.
    pub gap: Option<i64>,
    pub optional: bool,
    pub greedy: bool,
    /// What may stand between its events.
    pub inner: Contiguity,
}

impl Quantifier {
    pub const ONE: Quantifier =
        Quantifier { count: Count::One, gap: None, optional: false, greedy: false, inner: Contiguity::Relaxed };

    pub fn is_loop(&self) -> bool {
        matches!(self.count, Count::AtLeast(_))
    }
}

impl fmt::Display for Quantifier {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.count {
            Count::One => f.write_str("once"),
            Count::Between(from, to) if from == to => write!(f, "times({from})"),
            Count::Between(from, to) => write!(f, "times({from}, {to})"),
            Count::AtLeast(1) => f.write_str("one_or_more()"),
            Count::AtLeast(times) => write!(f, "times_or_more({times})"),
        }
    }
}
