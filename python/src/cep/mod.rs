//! Complex event processing whose conditions and functions are Python's. The rules are the engine's (`flott::cep`).

mod condition;
mod context;
mod event;
mod host;
mod hosted;
mod operator;
mod pattern;

pub use context::{ConditionContext, MatchContext};
pub use hosted::HostedMatcher;
pub use operator::factory;
pub use pattern::{CepPattern, CepPlan};
