//! The Python binding: one gate, conversion, and the operators that call Python.

mod arrow;
mod broker;
mod cep;
mod collection;
mod conform;
mod connectors;
mod context;
mod control;
mod convert;
mod crashes;
mod feed;
mod function;
mod gate;
mod graph;
mod inspected;
mod job;
mod log;
mod metrics;
mod native;
mod objects;
mod operators;
mod reader;
mod row;
mod savepoints;
mod simulation;
mod sinks;
mod state;
mod threads;
mod timers;
mod types;
mod vectorcall;
mod watermarks;
mod window;

use pyo3::prelude::*;

#[global_allocator]
static ALLOCATOR: mimalloc::MiMalloc = mimalloc::MiMalloc;

#[pymodule(gil_used = true)]
fn _flott(module: &Bound<'_, PyModule>) -> PyResult<()> {
    module.add("__version__", env!("CARGO_PKG_VERSION"))?;
    module.add("has_rocksdb", flott::state::rocks::IS_THERE)?;
    log::start();
    module.add_class::<broker::PyBroker>()?;
    module.add_class::<cep::CepPattern>()?;
    module.add_class::<cep::CepPlan>()?;
    module.add_class::<cep::ConditionContext>()?;
    module.add_class::<cep::MatchContext>()?;
    module.add_class::<cep::HostedMatcher>()?;
    module.add_class::<graph::PyGraph>()?;
    module.add_class::<graph::Results>()?;
    module.add_class::<arrow::ArrowTable>()?;
    module.add_class::<arrow::ArrowCollect>()?;
    module.add_class::<conform::PyConform>()?;
    module.add_class::<feed::Feed>()?;
    module.add_class::<simulation::PySimulation>()?;
    module.add_class::<native::ColumnsType>()?;
    module.add_class::<native::NativeOperator>()?;
    module.add_class::<row::RowBase>()?;
    module.add_class::<job::Job>()?;
    module.add_class::<reader::CheckpointReader>()?;
    module.add_class::<metrics::Metrics>()?;
    module.add_class::<metrics::Counter>()?;
    module.add_class::<connectors::sink::SinkContext>()?;
    module.add_class::<function::Subtask>()?;
    module.add_class::<operators::async_wait::Completions>()?;
    module.add_class::<context::ProcessContext>()?;
    module.add_class::<timers::TimerService>()?;
    module.add_class::<window::AssignerContext>()?;
    module.add_class::<window::TriggerContext>()?;
    module.add_class::<window::WindowContext>()?;
    module.add_class::<window::NoWindowState>()?;
    module.add_class::<window::EvictorContext>()?;
    module.add_class::<window::TimestampedValue>()?;
    module.add_class::<state::KeyedState>()?;
    module.add_class::<state::ValueState>()?;
    module.add_class::<state::ListState>()?;
    module.add_class::<state::MapState>()?;
    module.add_class::<state::ReducingState>()?;
    module.add_class::<state::AggregatingState>()?;
    module.add_class::<state::OperatorState>()?;
    module.add_class::<state::ReadOnlyBroadcastState>()?;
    module.add_class::<state::BroadcastState>()?;
    module.add_function(wrap_pyfunction!(gate::gate_entries, module)?)?;
    module.add_function(wrap_pyfunction!(job::stop_all_jobs, module)?)?;
    module.add_function(wrap_pyfunction!(savepoints::remove_checkpoint, module)?)?;
    let stop = module.getattr("stop_all_jobs")?;
    module.py().import("atexit")?.call_method1("register", (stop,))?;
    Ok(())
}
