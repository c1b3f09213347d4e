//! The input of a task that is fed by other tasks: event time over its channels, the alignment of barriers, and those
//! that overtake what waits.

use std::sync::Arc;

use super::exchange::{Element, Gate};
use super::overtaken::{ChannelRecords, Overtaken};
use crate::batch::Batch;
use crate::checkpoint::{Barrier, CheckpointId};
use crate::time::{MAX_WATERMARK, Valve};

#[derive(Clone, Copy)]
struct ChannelState {
    ended: bool,
    at_barrier: bool,
    /// Whether its records go by their keys.
    keyed: bool,
    /// Whether barriers may overtake what waits there.
    overtaken: bool,
}

pub struct NetworkInput {
    pub gate: Arc<Gate>,
    channels: Vec<ChannelState>,
    times: InputTimes,
    /// The barrier that is being aligned.
    barrier: Option<Barrier>,
    /// What a barrier has overtaken, until it has come by all channels.
    cut: Option<Cut>,
    /// The newest barrier that is through: one that comes later and is older has failed, and is of no use.
    passed: CheckpointId,
}

/// A barrier that is through, though it has not come by all channels.
struct Cut {
    checkpoint: CheckpointId,
    /// Of each channel, and whether the barrier has not come by it: then it grows.
    channels: Vec<(ChannelRecords, bool)>,
}

/// Where a channel stands in event time.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct ChannelReport {
    /// The input of the task's first operator it feeds.
    pub input: usize,
    /// In ms; the smallest integer before the first.
    pub watermark: i64,
    pub idle: bool,
    pub ended: bool,
}

/// Event time over channels that feed several inputs of an operator.
pub struct InputTimes {
    /// The input of each channel, and the channel's number in that input's valve.
    channels: Vec<(usize, usize)>,
    /// Of each input.
    valves: Vec<Valve>,
}

impl InputTimes {
    /// `inputs` gives the input of each channel.
    pub fn new(inputs: impl IntoIterator<Item = usize>) -> Self {
        let mut counts: Vec<usize> = Vec::new();
        let channel = |input: usize| {
            counts.resize(counts.len().max(input + 1), 0);
            counts[input] += 1;
            (input, counts[input] - 1)
        };
        let channels = inputs.into_iter().map(channel).collect();
        InputTimes { channels, valves: counts.into_iter().map(Valve::new).collect() }
    }

    pub fn input(&self, channel: usize) -> usize {
        self.channels[channel].0
    }

    /// A channel says something about event time. Returns that of all inputs, and whether all are idle.
    pub fn say(&mut self, channel: usize, say: impl FnOnce(&mut Valve, usize)) -> (i64, bool) {
        let (input, at) = self.channels[channel];
        let was_idle = self.valves[input].is_idle();
        say(&mut self.valves[input], at);
        let idle = self.valves.iter().all(|valve| valve.is_idle() || valve.watermark() == MAX_WATERMARK);
        let ended = self.valves.iter().all(|valve| valve.watermark() == MAX_WATERMARK);
        // how far the last input came before it fell idle counts; what has ended counts only when all have
        let counts = |index: usize, valve: &Valve| {
            let active = !valve.is_idle() || idle && index == input && !was_idle;
            active && (ended || valve.watermark() != MAX_WATERMARK)
        };
        let inputs = self.valves.iter().enumerate().filter(|(index, valve)| counts(*index, valve));
        (inputs.map(|(_, valve)| valve.watermark()).min().unwrap_or(i64::MIN), idle && !ended)
    }

    /// What a channel said last: its watermark, and whether it is idle.
    fn of(&self, channel: usize) -> (i64, bool) {
        let (input, at) = self.channels[channel];
        (self.valves[input].channel_watermark(at), self.valves[input].is_channel_idle(at))
    }
}

impl NetworkInput {
    /// `inputs` gives the head's input of each of the gate's channels, and whether its records go by their keys.
    pub fn new(gate: Arc<Gate>, inputs: Vec<(usize, bool)>) -> Self {
        debug_assert_eq!(gate.channels(), inputs.len());
        let channel = |(index, (_, keyed)): (usize, &(usize, bool))| {
            let overtaken = gate.is_overtaken(index);
            ChannelState { ended: false, at_barrier: false, keyed: *keyed, overtaken }
        };
        let channels = inputs.iter().enumerate().map(channel).collect();
        let times = InputTimes::new(inputs.into_iter().map(|(input, _)| input));
        NetworkInput { gate, channels, times, barrier: None, cut: None, passed: 0 }
    }

    /// See [`InputTimes::say`].
    pub fn time(&mut self, channel: usize, say: impl FnOnce(&mut Valve, usize)) -> (i64, bool) {
        self.times.say(channel, say)
    }

    pub fn describe(&self) -> Vec<ChannelReport> {
        let report = |(index, channel): (usize, &ChannelState)| {
            let (watermark, idle) = self.times.of(index);
            ChannelReport { input: self.times.input(index), watermark, idle, ended: channel.ended }
        };
        self.channels.iter().enumerate().map(report).collect()
    }

    /// The input of the chain's head that a channel feeds.
    pub fn input(&self, channel: usize) -> usize {
        self.times.input(channel)
    }

    /// A barrier has come by that channel, from which nothing is taken until it has come by all.
    pub fn barrier(&mut self, channel: usize, barrier: Barrier) {
        match &mut self.cut {
            Some(cut) if cut.checkpoint == barrier.checkpoint => cut.channels[channel].1 = false,
            _ if barrier.checkpoint <= self.passed => {}
            _ => {
                self.channels[channel].at_barrier = true;
                self.gate.set_blocked(channel, true);
                self.barrier = Some(barrier);
            }
        }
    }

    /// Nothing comes by that channel any more. Returns what [`NetworkInput::time`] does.
    pub fn end(&mut self, channel: usize) -> (i64, bool) {
        self.channels[channel].ended = true;
        if let Some(cut) = &mut self.cut {
            cut.channels[channel].1 = false;
        }
        self.time(channel, Valve::end)
    }

    pub fn all_ended(&self) -> bool {
        self.channels.iter().all(|channel| channel.ended)
    }

    /// The barrier, when every channel that still lives has delivered it.
    pub fn aligned(&mut self) -> Option<Barrier> {
        let barrier = self.barrier?;
        if !self.channels.iter().all(|channel| channel.ended || channel.at_barrier) {
            return None;
        }
        self.unblock();
        self.passed = barrier.checkpoint;
        Some(barrier)
    }

    fn unblock(&mut self) {
        self.barrier = None;
        for (index, channel) in self.channels.iter_mut().enumerate() {
            channel.at_barrier = false;
            self.gate.set_blocked(index, false);
        }
    }

    /// The processing time (ms) from which a barrier overtakes what waits here; the largest number if none does.
    pub fn urgent_at(&self) -> i64 {
        let overtakes = self.channels.iter().any(|channel| channel.overtaken);
        let aligning = self.barrier.filter(|_| overtakes).map_or(i64::MAX, |barrier| barrier.overtakes_at);
        aligning.min(self.gate.urgent_at())
    }

    /// The barrier that does so by now. Where it may not overtake it has to have come first.
    pub fn urgent(&self, now: i64) -> Option<Barrier> {
        if self.urgent_at() > now {
            return None;
        }
        let mut waited_for = self.channels.iter().filter(|channel| !channel.overtaken && !channel.ended).peekable();
        let aligning = self.barrier.filter(|barrier| barrier.overtakes_at <= now);
        let newest = match waited_for.peek() {
            Some(_) => aligning.filter(|_| waited_for.all(|channel| channel.at_barrier)),
            None => aligning.into_iter().chain(self.gate.urgent(now)).max_by_key(|barrier| barrier.checkpoint),
        };
        newest.filter(|barrier| barrier.checkpoint > self.passed)
    }

    /// That barrier overtakes all that waits: what does, and what comes in front of it, is remembered. `at_hand` is
    /// what was taken from a channel and not worked at.
    pub fn overtake(&mut self, barrier: Barrier, at_hand: Option<(usize, Batch)>) {
        let aligning = self.barrier.filter(|aligning| aligning.checkpoint == barrier.checkpoint).is_some();
        let mut channels = Vec::new();
        for (index, channel) in self.channels.iter().enumerate() {
            let (watermark, idle) = self.times.of(index);
            let mut records = ChannelRecords::new(self.times.input(index), channel.keyed);
            if channel.ended {
                records.add(Element::Watermark(MAX_WATERMARK));
            } else {
                records.add(Element::Watermark(watermark));
                if idle {
                    records.add(Element::Idle(true));
                }
            }
            channels.push((records, !(channel.ended || aligning && channel.at_barrier)));
        }
        if let Some((channel, batch)) = at_hand {
            channels[channel].0.add(Element::Batch(batch));
        }
        self.unblock();
        self.passed = barrier.checkpoint;
        let mut cut = Cut { checkpoint: barrier.checkpoint, channels };
        for index in 0..cut.channels.len() {
            self.cut_channel(&mut cut, index);
        }
        self.cut = Some(cut);
    }

    /// Nobody wants to know what the barrier has overtaken.
    pub fn forget_cut(&mut self) {
        self.cut = None;
    }

    fn cut_channel(&self, cut: &mut Cut, channel: usize) {
        let (records, open) = &mut cut.channels[channel];
        // until it has come, what is taken from the channel is remembered one by one
        if *open && self.gate.has_come(channel, cut.checkpoint) {
            let (kept, _) = self.gate.cut(channel, cut.checkpoint);
            kept.into_iter().for_each(|element| records.add(element));
            *open = false;
        }
    }

    /// An element has been taken from a channel.
    pub fn taken(&mut self, channel: usize, element: &Element) {
        if let Some(cut) = &mut self.cut
            && cut.channels[channel].1
            && !matches!(element, Element::Barrier(_) | Element::End)
        {
            cut.channels[channel].0.add(element.clone());
        }
    }

    /// What the barrier has overtaken, once it has come by all channels.
    pub fn overtaken(&mut self) -> Option<Overtaken> {
        let mut cut = self.cut.take()?;
        for index in 0..cut.channels.len() {
            self.cut_channel(&mut cut, index);
        }
        if cut.channels.iter().any(|(_, open)| *open) {
            self.cut = Some(cut);
            return None;
        }
        Some(Overtaken(cut.channels.into_iter().map(|(records, _)| records).collect()))
    }
}
