//! Windows over Python objects: assigners, triggers and contents whose functions are the program's.

mod assigner;
mod bucket;
mod contents;
mod context;
mod evictor;
mod functions;
mod keyed;
mod sliced;
mod stored;
mod trigger;

pub use assigner::PyAssigner;
pub use bucket::PyWindow;
pub use contents::PyContents;
pub use context::{AssignerContext, NoWindowState, TriggerContext, WindowContext};
pub use evictor::{EvictorContext, PyEvictor, TimestampedValue};
pub use functions::Functions;
pub use keyed::{AnyWindows, KeyedWindows, PlainWindows};
pub use sliced::PySlicedWindows;
pub use trigger::{PyTrigger, built_in};
