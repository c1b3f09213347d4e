//! The input of a task that is fed by other tasks: event time over its channels, and the alignment of barriers.

use std::sync::Arc;

use super::exchange::Gate;
use crate::checkpoint::CheckpointId;
use crate::time::{MAX_WATERMARK, Valve};

#[derive(Clone, Copy)]
struct ChannelState {
    /// The input of the chain's head it feeds, and the channel's number in that input's valve.
    input: usize,
    at: usize,
    ended: bool,
    at_barrier: bool,
}

pub struct NetworkInput {
    pub gate: Arc<Gate>,
    channels: Vec<ChannelState>,
    /// Event time of each input of the chain's head.
    valves: Vec<Valve>,
    /// The barrier that is being aligned.
    barrier: Option<CheckpointId>,
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

impl NetworkInput {
    /// `inputs` gives the head's input of each of the gate's channels.
    pub fn new(gate: Arc<Gate>, inputs: Vec<usize>) -> Self {
        debug_assert_eq!(gate.channels(), inputs.len());
        let mut counts = vec![0; inputs.iter().max().map_or(0, |last| last + 1)];
        let channel = |input: usize| {
            counts[input] += 1;
            ChannelState { input, at: counts[input] - 1, ended: false, at_barrier: false }
        };
        let channels = inputs.into_iter().map(channel).collect();
        NetworkInput { gate, channels, valves: counts.into_iter().map(Valve::new).collect(), barrier: None }
    }

    /// A channel says something about event time. Returns that of all inputs, and whether all are idle.
    pub fn time(&mut self, channel: usize, say: impl FnOnce(&mut Valve, usize)) -> (i64, bool) {
        let ChannelState { input, at, .. } = self.channels[channel];
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

    pub fn describe(&self) -> Vec<ChannelReport> {
        let report = |channel: &ChannelState| {
            let (valve, ChannelState { input, at, ended, .. }) = (&self.valves[channel.input], *channel);
            ChannelReport { input, watermark: valve.channel_watermark(at), idle: valve.is_channel_idle(at), ended }
        };
        self.channels.iter().map(report).collect()
    }

    /// The input of the chain's head that a channel feeds.
    pub fn input(&self, channel: usize) -> usize {
        self.channels[channel].input
    }

    /// A barrier has come by that channel, from which nothing is taken until it has come by all.
    pub fn barrier(&mut self, channel: usize, checkpoint: CheckpointId) {
        self.channels[channel].at_barrier = true;
        self.gate.set_blocked(channel, true);
        self.barrier = Some(checkpoint);
    }

    /// Nothing comes by that channel any more. Returns what [`NetworkInput::time`] does.
    pub fn end(&mut self, channel: usize) -> (i64, bool) {
        self.channels[channel].ended = true;
        self.time(channel, Valve::end)
    }

    pub fn all_ended(&self) -> bool {
        self.channels.iter().all(|channel| channel.ended)
    }

    /// The barrier, when every channel that still lives has delivered it.
    pub fn aligned(&mut self) -> Option<CheckpointId> {
        let checkpoint = self.barrier?;
        if !self.channels.iter().all(|channel| channel.ended || channel.at_barrier) {
            return None;
        }
        self.barrier = None;
        for (index, channel) in self.channels.iter_mut().enumerate() {
            channel.at_barrier = false;
            self.gate.set_blocked(index, false);
        }
        Some(checkpoint)
    }
}
