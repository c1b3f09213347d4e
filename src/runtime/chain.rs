//! Operators that run in one task, handing batches to each other.

use std::sync::Arc;

use super::archivist::Taken;
use super::exchange::Element;
use super::outputs::OutputEdge;
use super::tap::{Tap, Tapped};
use crate::batch::Batch;
use crate::checkpoint::{Barrier, CheckpointId};
use crate::error::Result;
use crate::graph::NodeId;
use crate::metrics::{Counter, EventTime};
use crate::operator::{Emission, Load, Operator, Output, Slice, Waiting};

/// Where an operator's output goes.
pub struct Target {
    /// The side output it takes; `None` for the main output.
    pub tag: Option<Arc<str>>,
    pub to: TargetKind,
}

pub enum TargetKind {
    /// A later operator of the chain.
    Operator(usize),
    /// An edge out of the task.
    Edge(usize),
}

pub struct ChainedOperator {
    pub operator: Box<dyn Operator>,
    pub node: NodeId,
    pub subtask: usize,
    pub targets: Vec<Target>,
    /// Who looks on, and what it knows this operator by.
    pub tap: Option<(Arc<dyn Tap>, Tapped)>,
    /// For messages: the operator's name and the line that built it.
    pub place: String,
    pub event_time: EventTime,
    pub records_in: Counter,
    pub records_out: Counter,
}

/// Operators in an order in which each comes behind those that feed it; the first is the head.
pub struct Chain {
    pub operators: Vec<ChainedOperator>,
    pub edges: Vec<OutputEdge>,
    opened: usize,
    watermark: i64,
}

impl Chain {
    pub fn new(operators: Vec<ChainedOperator>, edges: Vec<OutputEdge>) -> Self {
        Chain { operators, edges, opened: 0, watermark: i64::MIN }
    }

    /// Opens the last operator first, so that none receives a record before it is open.
    pub fn open(&mut self) -> Result<()> {
        for index in (0..self.operators.len()).rev() {
            self.opened += 1;
            let chained = &mut self.operators[index];
            chained.operator.open().map_err(|error| error.at(chained.place.clone()))?;
        }
        Ok(())
    }

    pub fn process(&mut self, input: usize, batch: Batch) -> Result<()> {
        self.process_at(0, input, batch)
    }

    /// Records for the operator at that place of the chain.
    pub fn process_at(&mut self, index: usize, input: usize, batch: Batch) -> Result<()> {
        let chained = &mut self.operators[index];
        chained.records_in.add(batch.len() as u64);
        let mut output = Output::default();
        // what an operator emitted before it failed counts: records are processed one after the other
        let result = chained.operator.process(input, batch, &mut output);
        let place = result.is_err().then(|| chained.place.clone());
        self.route(index, output)?;
        result.map_err(|error| error.at(place.unwrap_or_default()))
    }

    fn route(&mut self, index: usize, mut output: Output) -> Result<()> {
        for emission in output.take() {
            match emission {
                Emission::Batch(tag, batch) => self.deliver(index, tag.as_deref(), batch)?,
                Emission::Watermark(watermark) => self.pass_watermark(index, watermark)?,
                Emission::Idle(idle) => self.pass_idle(index, idle)?,
            }
        }
        Ok(())
    }

    fn deliver(&mut self, index: usize, tag: Option<&str>, batch: Batch) -> Result<()> {
        if tag.is_none() {
            self.operators[index].records_out.add(batch.len() as u64);
        }
        if let Some((tap, from)) = &self.operators[index].tap {
            tap.records(*from, tag, &batch)?;
        }
        let takes = |target: &Target| target.tag.as_deref() == tag;
        let Some(last) = self.operators[index].targets.iter().rposition(takes) else { return Ok(()) };
        let mut batch = Some(batch);
        for at in 0..=last {
            let target = &self.operators[index].targets[at];
            if !takes(target) {
                continue;
            }
            let copy = if at == last { batch.take() } else { batch.clone() };
            let Some(copy) = copy else { continue };
            match target.to {
                TargetKind::Operator(next) => self.process_at(next, 0, copy)?,
                TargetKind::Edge(edge) => self.edges[edge].send(copy)?,
            }
        }
        Ok(())
    }

    fn pass_watermark(&mut self, index: usize, watermark: i64) -> Result<()> {
        if let Some((tap, from)) = &self.operators[index].tap {
            tap.watermark(*from, watermark)?;
        }
        for at in 0..self.operators[index].targets.len() {
            match self.operators[index].targets[at].to {
                TargetKind::Operator(next) => self.watermark_at(next, watermark)?,
                TargetKind::Edge(edge) => self.edges[edge].broadcast(&Element::Watermark(watermark)),
            }
        }
        Ok(())
    }

    fn pass_idle(&mut self, index: usize, idle: bool) -> Result<()> {
        for at in 0..self.operators[index].targets.len() {
            match self.operators[index].targets[at].to {
                TargetKind::Operator(next) => self.call(next, |operator, output| operator.idle(idle, output))?,
                TargetKind::Edge(edge) => self.edges[edge].broadcast(&Element::Idle(idle)),
            }
        }
        Ok(())
    }

    /// Nothing will come for a while to the head of the chain, or something will again.
    pub fn set_idle(&mut self, idle: bool) -> Result<()> {
        self.call(0, |operator, output| operator.idle(idle, output))
    }

    /// Event time reached `watermark` at the head of the chain.
    pub fn advance_watermark(&mut self, watermark: i64) -> Result<()> {
        if watermark <= self.watermark {
            return Ok(());
        }
        self.watermark = watermark;
        self.watermark_at(0, watermark)
    }

    /// The event time that the head of the chain has reached.
    pub fn watermark(&self) -> i64 {
        self.watermark
    }

    /// Event time reached `watermark` at that place of the chain.
    pub fn watermark_at(&mut self, index: usize, watermark: i64) -> Result<()> {
        self.operators[index].event_time.set(watermark);
        self.call(index, |operator, output| operator.watermark(watermark, output))
    }

    /// When an operator next wants processing time, in ms.
    pub fn next_wakeup(&self) -> Option<i64> {
        self.operators.iter().filter_map(|chained| chained.operator.next_wakeup()).min()
    }

    pub fn processing_time(&mut self, now: i64) -> Result<()> {
        for index in 0..self.operators.len() {
            if self.operators[index].operator.next_wakeup().is_some_and(|at| at <= now) {
                self.call(index, |operator, output| operator.processing_time(now, output))?;
            }
        }
        Ok(())
    }

    /// The load of the operator that has most to do.
    pub fn load(&self) -> Load {
        self.operators.iter().map(|chained| chained.operator.load()).max().unwrap_or_default()
    }

    /// Whether a barrier has to wait for results that are still being made.
    pub fn holds_barriers(&self) -> bool {
        self.operators.iter().any(|chained| chained.operator.holds_barriers())
    }

    /// Lets an aligned barrier pass through the operators, not yet on to the next tasks.
    pub fn prepare(&mut self, checkpoint: CheckpointId) -> Result<()> {
        for index in 0..self.operators.len() {
            self.call(index, |operator, output| operator.barrier(checkpoint, output))?;
        }
        Ok(())
    }

    /// What each operator has, behind a barrier.
    pub fn capture(&mut self) -> Result<Vec<Taken>> {
        let taken = |chained: &mut ChainedOperator| {
            let capture = chained.operator.capture().map_err(|error| error.at(chained.place.clone()))?;
            Ok(Taken { node: chained.node, subtask: chained.subtask, capture, overtaken: Vec::new() })
        };
        self.operators.iter_mut().map(taken).collect()
    }

    /// Goes on with what [`Chain::capture`] began, for one slice; whether all of it has been taken.
    pub fn go_on(&mut self, taken: &mut [Taken], slice: &mut Slice) -> Result<bool> {
        for (chained, taken) in self.operators.iter_mut().zip(taken).filter(|(_, taken)| taken.capture.is_unfinished())
        {
            taken.capture = chained.operator.go_on(slice).map_err(|error| error.at(chained.place.clone()))?;
            if taken.capture.is_unfinished() {
                return Ok(false);
            }
        }
        Ok(true)
    }

    /// Nobody wants what [`Chain::capture`] began.
    pub fn abandon(&mut self) {
        self.operators.iter_mut().for_each(|chained| chained.operator.abandon());
    }

    pub fn commits(&self) -> bool {
        self.operators.iter().any(|chained| chained.operator.commits())
    }

    pub fn commit(&mut self, checkpoint: CheckpointId) -> Result<()> {
        for index in 0..self.operators.len() {
            self.call(index, |operator, _| operator.commit(checkpoint))?;
        }
        Ok(())
    }

    /// The job ends behind a savepoint: nothing is emitted any more, and what was written stays.
    pub fn stop(&mut self) -> Result<()> {
        for index in 0..self.operators.len() {
            self.call(index, |operator, _| operator.stop())?;
        }
        Ok(())
    }

    /// All inputs have ended: each operator emits what it has left, first to last.
    pub fn finish(&mut self) -> Result<()> {
        for index in 0..self.operators.len() {
            self.call(index, |operator, output| operator.finish(output))?;
        }
        self.broadcast(&Element::End);
        Ok(())
    }

    pub fn broadcast(&mut self, element: &Element) {
        for edge in &mut self.edges {
            edge.broadcast(element);
        }
    }

    /// Lets a barrier leave the chain.
    pub fn send_barrier(&mut self, barrier: Barrier) {
        self.edges.iter_mut().for_each(|edge| edge.send_barrier(barrier));
    }

    /// What operators know of event time, with their places in the chain.
    pub fn waiting(&mut self) -> Vec<(usize, Waiting)> {
        let told = self.operators.iter_mut().enumerate();
        told.filter_map(|(at, chained)| Some((at, chained.operator.waiting()?))).collect()
    }

    /// How much was ever sent to other tasks.
    pub fn bytes_sent(&self) -> usize {
        self.edges.iter().map(OutputEdge::bytes_sent).sum()
    }

    fn call(&mut self, index: usize, action: impl FnOnce(&mut dyn Operator, &mut Output) -> Result<()>) -> Result<()> {
        let chained = &mut self.operators[index];
        let mut output = Output::default();
        let result = action(chained.operator.as_mut(), &mut output);
        let place = result.is_err().then(|| chained.place.clone());
        self.route(index, output)?;
        result.map_err(|error| error.at(place.unwrap_or_default()))
    }

    /// Closes what was opened, all of it, and returns the first error.
    pub fn close(&mut self) -> Result<()> {
        let count = self.operators.len();
        let mut first = Ok(());
        for chained in &mut self.operators[count - self.opened..] {
            let result = chained.operator.close().map_err(|error| error.at(chained.place.clone()));
            if first.is_ok() {
                first = result;
            }
        }
        self.opened = 0;
        first
    }

    /// Sends what the next tasks had no room for; `false` while something is still held back.
    pub fn flush_edges(&mut self, now: i64) -> bool {
        let mut all = true;
        for edge in &mut self.edges {
            all &= edge.flush(now);
        }
        all
    }

    /// The processing time (ms) from which a barrier that waits for room does not; the largest number if none does.
    pub fn urgent_at(&self) -> i64 {
        self.edges.iter().map(OutputEdge::urgent_at).min().unwrap_or(i64::MAX)
    }

    /// Wakes the tasks that were sent something.
    pub fn wake_edges(&mut self) {
        self.edges.iter_mut().for_each(OutputEdge::wake);
    }
}
