//! Savepoints of running jobs: going on from one is as if the job had never stopped.

use super::restore::{expected, job, with_storage};
use super::*;
use crate::checkpoint::{Archive, CheckpointError, MemoryStorage, Restored, Storage};
use crate::runtime::Stop;

type Told = Arc<Mutex<Vec<Result<()>>>>;

/// Runs some steps, and asks for a savepoint.
fn asked(simulation: &mut Simulation, steps: u64, storage: Arc<dyn Storage>, stop: Option<Stop>) -> (String, Told) {
    while simulation.steps() < steps {
        simulation.clock().advance(1);
        assert!(!simulation.step().unwrap(), "the job is to be under way");
    }
    let (archive, name) = Archive::new_savepoint(storage, "abcdef0123");
    assert!(name.starts_with("savepoint-abcdef-"), "{name}");
    let told = Told::default();
    let told_here = told.clone();
    simulation.savepoint(archive, stop, Box::new(move |result| told_here.lock().unwrap().push(result)));
    (name, told)
}

fn run_on(simulation: &mut Simulation, until: impl Fn() -> bool) {
    while !until() {
        simulation.clock().advance(1);
        if simulation.step().unwrap() {
            return;
        }
    }
}

fn stored(storage: Arc<dyn Storage>, name: &str) -> Arc<Restored> {
    Arc::new(Archive::new(storage).load_from(name).unwrap())
}

fn sorted(values: &Mutex<Vec<i64>>) -> Vec<i64> {
    let mut values = values.lock().unwrap().clone();
    values.sort_unstable();
    values
}

#[test]
fn a_job_that_stopped_goes_on_at_another_parallelism() {
    let mut ends = 0;
    for (seed, stop) in (0..60).zip([Stop::Suspend, Stop::Drain].into_iter().cycle()) {
        let storage: Arc<dyn Storage> = Arc::new(MemoryStorage::default());
        let (graph, sink) = job();
        // with and without checkpoints of its own
        let config =
            with_storage(1 + seed as usize % 3, (seed % 4 > 1).then(|| Arc::new(MemoryStorage::default()) as _));
        let mut simulation = Simulation::new(&graph, &config, seed, 0).unwrap();
        let (name, told) = asked(&mut simulation, 6 + seed % 10, storage.clone(), Some(stop));
        run_on(&mut simulation, || false);
        assert!(told.lock().unwrap().pop().unwrap().is_ok());
        let (before, all) = (sorted(&sink.visible), expected());
        ends += usize::from(before.len() == all.len());
        assert!(before.iter().all(|value| all.contains(value)));
        let restored = Some(stored(storage, &name));
        let config = JobConfig { restored, ..with_storage(1 + seed as usize % 4, None) };
        Simulation::new(&graph, &config, seed, 0).unwrap().run().unwrap();
        assert_eq!(sorted(&sink.visible), all, "seed {seed}: each once");
    }
    assert!(ends < 20, "most have stopped in the middle, and {ends} at their end");
}

#[test]
fn a_job_goes_on_beside_its_savepoint() {
    for seed in 0..30 {
        let storage: Arc<dyn Storage> = Arc::new(MemoryStorage::default());
        let (graph, sink) = job();
        let own: Arc<dyn Storage> = Arc::new(MemoryStorage::default());
        let mut simulation = Simulation::new(&graph, &with_storage(2, Some(own)), seed, 0).unwrap();
        let (name, told) = asked(&mut simulation, 60, storage.clone(), None);
        run_on(&mut simulation, || !told.lock().unwrap().is_empty());
        assert!(told.lock().unwrap().pop().unwrap().is_ok());
        let then = sorted(&sink.visible);
        run_on(&mut simulation, || false);
        assert_eq!(sorted(&sink.visible), expected(), "nothing has happened to it");
        let (again, other) = job();
        let config = JobConfig { restored: Some(stored(storage, &name)), ..with_storage(3, None) };
        Simulation::new(&again, &config, seed, 0).unwrap().run().unwrap();
        let both: std::collections::BTreeSet<i64> = sorted(&other.visible).into_iter().chain(then).collect();
        assert_eq!(both.into_iter().collect::<Vec<_>>(), expected(), "what was not visible then is in the savepoint");
    }
}

/// Takes nothing.
struct Full;

impl Storage for Full {
    fn write(&self, path: &str, _: &[u8]) -> std::result::Result<(), CheckpointError> {
        let source = std::io::ErrorKind::StorageFull.into();
        Err(CheckpointError::Storage { action: "writing", path: path.to_owned(), source })
    }
    fn read(&self, _: &str) -> std::result::Result<Option<bytes::Bytes>, CheckpointError> {
        Ok(None)
    }
    fn directories(&self) -> std::result::Result<Vec<String>, CheckpointError> {
        Ok(Vec::new())
    }
    fn remove(&self, _: &str) -> std::result::Result<(), CheckpointError> {
        Ok(())
    }
    fn delete(&self, _: &str) -> std::result::Result<(), CheckpointError> {
        Ok(())
    }
    fn root(&self) -> String {
        "full".to_owned()
    }
}

#[test]
fn a_savepoint_that_fails_leaves_the_job_as_it_is() {
    for (seed, stop) in (0..20).zip([Some(Stop::Suspend), None].into_iter().cycle()) {
        let (graph, sink) = job();
        let mut simulation = Simulation::new(&graph, &with_storage(2, None), seed, 0).unwrap();
        let (_, told) = asked(&mut simulation, 60, Arc::new(Full), stop);
        run_on(&mut simulation, || false);
        let error = told.lock().unwrap().pop().unwrap().unwrap_err();
        assert!(error.message().contains("writing"), "{error}");
        assert_eq!(sorted(&sink.visible), expected(), "seed {seed}");
    }
}

#[test]
fn a_job_that_drained_in_vain_has_failed() {
    let (graph, _) = job();
    let mut simulation = Simulation::new(&graph, &with_storage(2, None), 7, 0).unwrap();
    let (_, told) = asked(&mut simulation, 60, Arc::new(Full), Some(Stop::Drain));
    let error = loop {
        simulation.clock().advance(1);
        match simulation.step() {
            Ok(ended) => assert!(!ended, "its windows have fired, and nothing has them"),
            Err(error) => break error,
        }
    };
    assert!(error.to_string().contains("its savepoint failed"), "{error}");
    assert!(told.lock().unwrap().pop().unwrap().is_err());
}

#[test]
fn whoever_asks_too_late_hears_of_it() {
    let (graph, _) = job();
    let mut simulation = Simulation::new(&graph, &with_storage(1, None), 7, 0).unwrap();
    simulation.run().unwrap();
    let (archive, _) = Archive::new_savepoint(Arc::new(MemoryStorage::default()), "a");
    let told = Told::default();
    let told_here = told.clone();
    simulation.savepoint(archive, None, Box::new(move |result| told_here.lock().unwrap().push(result)));
    drop(simulation);
    let error = told.lock().unwrap().pop().unwrap().unwrap_err();
    assert!(error.message().contains("ended, or failed"), "{error}");
}
