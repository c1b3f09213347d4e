//! A graph on the simulated executor that crashes and goes on from its checkpoints, under a seed.

use flott::checkpoint::Faults;
use flott::graph::StreamGraph;
use flott::runtime::{Crashes, End, JobConfig, JobHandle, Start};
use flott::{Error, Result};
use pyo3::exceptions::PyKeyError;
use pyo3::prelude::*;
use pyo3::types::PyDict;
use tracing::subscriber::{NoSubscriber, with_default};

use crate::gate::raise;

/// Of one start of the job: the checkpoint it went on from, parallelism, batch size, steps, and how it ended.
pub type ShownStart = (Option<u64>, usize, usize, u64, &'static str);

/// A plan by the names of its fields.
pub fn plan(given: &Bound<'_, PyDict>) -> PyResult<Crashes> {
    let mut plan = Crashes::default();
    for (key, value) in given.iter() {
        match key.extract::<&str>()? {
            "seed" => plan.seed = value.extract()?,
            "crashes" => plan.crashes = value.extract()?,
            "steps" => plan.steps = value.extract()?,
            "parallelism" => plan.parallelism = value.extract()?,
            "batch_sizes" => plan.batch_sizes = value.extract()?,
            "step_millis" => plan.step_millis = value.extract()?,
            "failures" => plan.failures = value.extract()?,
            "failing_storage" => plan.faults = Faults { failing: value.extract()?, ..Faults::default() },
            "now" => plan.now = value.extract()?,
            other => return Err(PyKeyError::new_err(other.to_owned())),
        }
    }
    Ok(plan)
}

/// Runs the job to its end.
pub fn live(
    py: Python<'_>,
    graph: &StreamGraph,
    config: &JobConfig,
    plan: &Crashes,
) -> PyResult<(JobHandle, Vec<ShownStart>)> {
    let started = std::time::Instant::now();
    // detached: functions of the job may run in threads of their own. Nobody wants to read of each crash
    let lived = py
        .detach(|| with_default(NoSubscriber::default(), || plan.live(graph, config)))
        .map_err(|error: Error| raise(py, error))?;
    let starts = lived.starts.iter().map(shown).collect();
    let result: Result<()> = lived.result;
    Ok((JobHandle::of_ended(config.job_name.clone(), lived.metrics, result, started.elapsed()), starts))
}

fn shown(start: &Start) -> ShownStart {
    let end = match start.end {
        End::Finished => "finished",
        End::Killed => "killed",
        End::MachineDown => "machine down",
        End::Stopped => "stopped",
        End::Failed => "failed",
    };
    (start.from, start.parallelism, start.batch_size, start.steps, end)
}
