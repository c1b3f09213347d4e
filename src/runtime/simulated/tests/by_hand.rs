//! A job that goes on only when a test says so, and the tap that sees what its operators emit.

use super::super::super::{Tap, Tapped};
use super::*;

/// A split that stays open and empty.
struct Silence;

impl Source for Silence {
    fn boundedness(&self) -> Boundedness {
        Boundedness::Unbounded
    }
    fn enumerator(&self, _: &SubtaskContext) -> Result<Box<dyn SplitEnumerator>> {
        Ok(Box::new(Silence))
    }
    fn reader(&self, _: &SubtaskContext) -> Result<Box<dyn SourceReader>> {
        Ok(Box::new(Silence))
    }
}

impl SplitEnumerator for Silence {
    fn discover(&mut self) -> Result<Vec<Split>> {
        Ok(vec![Split { id: "0".into(), position: Vec::new() }])
    }
}

impl SourceReader for Silence {
    fn add_splits(&mut self, _: Vec<Split>) -> Result<()> {
        Ok(())
    }
    fn poll(&mut self, _: Duration) -> Result<Polled> {
        Ok(Polled::Nothing)
    }
    fn snapshot(&self) -> Vec<Split> {
        Vec::new()
    }
}

/// Emits the time every 100 ms, and -1 when it is closed.
struct Ticks(i64, Arc<Mutex<Vec<i64>>>);

impl Operator for Ticks {
    fn process(&mut self, _: usize, _: Batch, _: &mut Output) -> Result<()> {
        Ok(())
    }
    fn next_wakeup(&self) -> Option<i64> {
        Some(self.0)
    }
    fn processing_time(&mut self, now: i64, output: &mut Output) -> Result<()> {
        self.0 += 100;
        output.emit(batch(vec![now]));
        Ok(())
    }
    fn close(&mut self) -> Result<()> {
        self.1.lock().unwrap().push(-1);
        Ok(())
    }
}

/// Notes what operator 2 emits.
struct Note(Arc<Mutex<Vec<i64>>>);

impl Tap for Note {
    fn records(&self, from: Tapped, tag: Option<&str>, batch: &Batch) -> Result<()> {
        assert_eq!((from, tag), (Tapped { operator: 2, subtask: 0 }, None));
        self.0.lock().unwrap().extend(values(batch));
        Ok(())
    }
    fn watermark(&self, _: Tapped, _: i64) -> Result<()> {
        Ok(())
    }
}

#[test]
fn time_passes_when_it_is_told_to_and_every_timer_fires_at_its_time() {
    let noted = Arc::new(Mutex::new(Vec::new()));
    let mut graph = StreamGraph::default();
    let source = graph.add_node("silence", NodeKind::Source { source: Arc::new(Silence), watermarks: None });
    let closed = noted.clone();
    let ticks = graph.add_node(
        "ticks",
        NodeKind::Operator(Arc::new(move |_: &SubtaskContext| {
            Ok(Box::new(Ticks(100, closed.clone())) as Box<dyn Operator>)
        })),
    );
    graph.add_edge(edge(source, ticks, Partitioning::Unspecified));
    let config = JobConfig { tap: Some(Arc::new(Note(noted.clone()))), ..config(1, 1) };
    let mut simulation = Simulation::new(&graph, &config, 0, 0).unwrap();
    assert_eq!(simulation.settle().unwrap(), Settled::Waiting, "the source has not ended");
    assert_eq!((noted.lock().unwrap().clone(), simulation.clock().now()), (vec![], 0));
    assert_eq!(simulation.advance_to(250).unwrap(), Settled::Waiting);
    assert_eq!((noted.lock().unwrap().clone(), simulation.clock().now()), (vec![100, 200], 250));
    simulation.cancel().unwrap();
    assert_eq!(*noted.lock().unwrap(), [100, 200, -1], "nobody reads the operator, and it is closed");
    assert_eq!(simulation.settle().unwrap(), Settled::Ended);
}
