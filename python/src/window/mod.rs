//! Windows over Python objects: assigners, triggers and contents whose functions are the program's.

mod assigner;
mod bucket;
mod contents;
mod context;
mod evictor;
mod trigger;

pub use assigner::PyAssigner;
pub use bucket::PyWindow;
pub use contents::PyContents;
pub use context::{AssignerContext, TriggerContext, WindowContext};
pub use evictor::{EvictorContext, TimestampedValue};
pub use trigger::{PyTrigger, built_in};
