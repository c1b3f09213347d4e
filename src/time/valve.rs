//! Event time over several channels into one input, some of them idle.
//!
//! The watermark is the least of the channels that are active. One that was idle does not hold the others back until it
//! has caught up with them: what it brings is late by then.

use super::MAX_WATERMARK;

#[derive(Debug, Clone, Copy)]
struct Channel {
    watermark: i64,
    idle: bool,
    /// Nothing comes any more: its watermark is the last one.
    ended: bool,
    caught_up: bool,
}

/// What a channel says changes [`Valve::watermark`] and [`Valve::is_idle`].
#[derive(Debug)]
pub struct Valve {
    channels: Vec<Channel>,
    watermark: i64,
    idle: bool,
}

impl Valve {
    pub fn new(channels: usize) -> Self {
        let channel = Channel { watermark: i64::MIN, idle: false, ended: false, caught_up: true };
        Valve { channels: vec![channel; channels], watermark: i64::MIN, idle: false }
    }

    /// Event time over all channels; it never goes back.
    pub fn watermark(&self) -> i64 {
        self.watermark
    }

    /// Whether no channel is active, though some will be again.
    pub fn is_idle(&self) -> bool {
        self.idle
    }

    pub fn channel_watermark(&self, channel: usize) -> i64 {
        self.channels[channel].watermark
    }

    pub fn is_channel_idle(&self, channel: usize) -> bool {
        self.channels[channel].idle
    }

    pub fn set_watermark(&mut self, channel: usize, watermark: i64) {
        let at = &mut self.channels[channel];
        at.watermark = at.watermark.max(watermark);
        // behind the last watermark nothing comes; it must not count where all others are idle
        at.ended |= watermark == MAX_WATERMARK;
        at.caught_up |= !at.idle && at.watermark >= self.watermark;
        self.settle();
    }

    pub fn set_idle(&mut self, channel: usize, idle: bool) {
        let at = &mut self.channels[channel];
        if at.idle == idle {
            return;
        }
        at.idle = idle;
        at.caught_up = !idle && at.watermark >= self.watermark;
        self.settle();
    }

    pub fn end(&mut self, channel: usize) {
        self.channels[channel].ended = true;
        self.settle();
    }

    fn settle(&mut self) {
        let live = || self.channels.iter().filter(|channel| !channel.ended);
        self.idle = live().next().is_some() && live().all(|channel| channel.idle);
        let reached = if live().next().is_none() {
            Some(MAX_WATERMARK)
        } else if self.idle {
            // none of them will advance: what the first has reached counts
            live().map(|channel| channel.watermark).max()
        } else {
            live().filter(|channel| channel.caught_up).map(|channel| channel.watermark).min()
        };
        self.watermark = self.watermark.max(reached.unwrap_or(i64::MIN));
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn valve(watermarks: &[i64]) -> Valve {
        let mut valve = Valve::new(watermarks.len());
        for (channel, watermark) in watermarks.iter().enumerate() {
            valve.set_watermark(channel, *watermark);
        }
        valve
    }

    #[test]
    fn the_least_watermark_counts_and_never_goes_back() {
        let mut valve = valve(&[5, 3]);
        assert_eq!(valve.watermark(), 3);
        valve.set_watermark(1, 2);
        assert_eq!(valve.watermark(), 3);
        valve.set_watermark(1, 9);
        assert_eq!(valve.watermark(), 5);
    }

    #[test]
    fn an_idle_channel_does_not_hold_the_others_back() {
        let mut valve = valve(&[5, 3]);
        valve.set_idle(1, true);
        assert_eq!((valve.watermark(), valve.is_idle()), (5, false));
        valve.set_watermark(0, 8);
        assert_eq!(valve.watermark(), 8);
    }

    #[test]
    fn a_channel_that_was_idle_counts_once_it_has_caught_up() {
        let mut valve = valve(&[5, 3]);
        valve.set_idle(1, true);
        valve.set_idle(1, false);
        valve.set_watermark(1, 4);
        valve.set_watermark(0, 6);
        assert_eq!(valve.watermark(), 6, "4 is behind: it is not waited for");
        valve.set_watermark(1, 7);
        valve.set_watermark(0, 10);
        assert_eq!(valve.watermark(), 7, "it is waited for again");
    }

    #[test]
    fn when_all_are_idle_the_latest_watermark_counts_whoever_was_idle_first() {
        for order in [[0, 1], [1, 0]] {
            let mut valve = valve(&[5, 4]);
            order.into_iter().for_each(|channel| valve.set_idle(channel, true));
            assert_eq!((valve.watermark(), valve.is_idle()), (5, true));
        }
    }

    #[test]
    fn what_has_ended_does_not_count_beside_idle_channels() {
        let mut valve = valve(&[5, 3]);
        valve.set_watermark(0, MAX_WATERMARK);
        valve.set_idle(1, true);
        assert_eq!((valve.watermark(), valve.is_idle()), (3, true), "time has not ended while 1 may go on");
        valve.set_idle(1, false);
        valve.set_watermark(1, 4);
        assert_eq!(valve.watermark(), 4);
        valve.end(0);
        valve.end(1);
        assert_eq!((valve.watermark(), valve.is_idle()), (MAX_WATERMARK, false));
    }
}
