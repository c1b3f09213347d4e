//! Tasks, exchanges and executors.
//!
//! A chain of operators with its inputs is a [`task::Task`]: a state machine with one `step`. [`threads`] runs a task
//! a thread; [`simulated`] runs all of them on one thread in a seeded order. Both take the same decisions, which
//! are in [`master`].

mod alignment;
mod archiving;
mod archivist;
mod capturing;
mod chain;
mod control;
mod exchange;
mod explain;
mod launch;
mod master;
mod network;
mod operators;
mod outputs;
mod overtaken;
mod pace;
mod positions;
mod progress;
mod restart;
mod savepoint;
pub mod simulated;
mod source;
mod tap;
mod task;
pub mod threads;

pub use explain::Standing;
pub use launch::{AroundTask, JobConfig, Retention};
pub use master::{JobMetrics, JobStatus, OperatorReport};
pub use network::ChannelReport;
pub use restart::RestartStrategy;
pub use savepoint::Stop;
pub use simulated::{Crashes, End, HeldBack, Lived, Settled, Simulation, Start};
pub use source::SplitReport;
pub use tap::{Tap, Tapped};
pub use task::TimeReport;
pub use threads::{JobHandle, run};
