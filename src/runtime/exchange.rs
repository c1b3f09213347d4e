//! Bounded queues of batches between tasks: what makes back-pressure real.

use std::collections::VecDeque;
use std::sync::atomic::{AtomicI64, Ordering};
use std::sync::{Arc, Condvar, Mutex, MutexGuard};
use std::time::Duration;

use crate::batch::Batch;
use crate::checkpoint::{Barrier, CheckpointId};

/// What flows between tasks.
#[derive(Clone)]
pub enum Element {
    Batch(Batch),
    Watermark(i64),
    /// The channel will be silent for a while (or is not any more) and must not hold event time back.
    Idle(bool),
    Barrier(Barrier),
    /// Nothing follows.
    End,
}

/// Wakes a task that has nothing to do.
#[derive(Default)]
pub struct Signal {
    raised: Mutex<bool>,
    condition: Condvar,
}

impl Signal {
    pub fn raise(&self) {
        let mut raised = lock(&self.raised);
        if !*raised {
            *raised = true;
            self.condition.notify_one();
        }
    }

    /// Returns when the signal has been raised since the last call, or after `timeout`.
    pub fn wait(&self, timeout: Duration) {
        let mut raised = lock(&self.raised);
        if !*raised {
            raised = match self.condition.wait_timeout(raised, timeout) {
                Ok((guard, _)) => guard,
                Err(poisoned) => poisoned.into_inner().0,
            };
        }
        *raised = false;
    }
}

/// The state behind these locks stays whole if a holder panics, so a poisoned lock is as good as any.
fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(|poisoned| poisoned.into_inner())
}

/// How much a channel holds before its producer has to wait.
#[derive(Debug, Clone, Copy)]
pub struct Limits {
    pub records: usize,
    pub bytes: usize,
}

struct Channel {
    /// With the bytes of each batch.
    queue: VecDeque<(Element, usize)>,
    records: usize,
    bytes: usize,
    /// Held back while a barrier is being aligned.
    blocked: bool,
    /// Whether barriers may overtake what waits here.
    overtaken: bool,
    producer: Arc<Signal>,
    producer_waits: bool,
}

/// All channels into one task.
pub struct Gate {
    state: Mutex<GateState>,
    limits: Limits,
    consumer: Arc<Signal>,
    /// The processing time (ms) from which one of those here does.
    urgent_at: AtomicI64,
}

struct GateState {
    channels: Vec<Channel>,
    /// The channel that is asked first next time: nobody is starved.
    next: usize,
}

impl Gate {
    /// `producers` are the signals of the tasks behind each channel, and whether barriers may overtake what waits there.
    pub fn new(consumer: Arc<Signal>, producers: Vec<(Arc<Signal>, bool)>, limits: Limits) -> Self {
        let channel = |(producer, overtaken)| Channel {
            queue: VecDeque::new(),
            records: 0,
            bytes: 0,
            blocked: false,
            overtaken,
            producer,
            producer_waits: false,
        };
        let channels = producers.into_iter().map(channel).collect();
        let (state, urgent_at) = (Mutex::new(GateState { channels, next: 0 }), AtomicI64::new(i64::MAX));
        Gate { state, limits, consumer, urgent_at }
    }

    pub fn channels(&self) -> usize {
        lock(&self.state).channels.len()
    }

    /// Whether barriers may overtake what waits in that channel.
    pub fn is_overtaken(&self, channel: usize) -> bool {
        lock(&self.state).channels[channel].overtaken
    }

    /// Appends to a channel and returns nothing, or gives the batch back when the channel is full; the producer's
    /// signal is raised when there is room again. An empty channel takes a batch of any size, so that none is too
    /// large to pass. The consumer has to be woken then, with [`Gate::wake`]: once for all that was pushed.
    #[must_use = "what is given back has not been sent"]
    pub fn push(&self, channel: usize, element: Element) -> Option<Element> {
        self.append(channel, element, false)
    }

    /// Appends to a channel, whether there is room or not.
    pub fn force(&self, channel: usize, element: Element) {
        drop(self.append(channel, element, true));
    }

    fn append(&self, channel: usize, element: Element, forced: bool) -> Option<Element> {
        let mut state = lock(&self.state);
        let channel = &mut state.channels[channel];
        let mut bytes = 0;
        match &element {
            Element::Batch(batch) => {
                let full = channel.records >= self.limits.records || channel.bytes >= self.limits.bytes;
                if full && channel.records > 0 && !forced {
                    channel.producer_waits = true;
                    return Some(element);
                }
                bytes = batch.byte_size();
                channel.records += batch.len();
                channel.bytes += bytes;
            }
            Element::Barrier(barrier) if channel.overtaken => {
                self.urgent_at.fetch_min(barrier.overtakes_at, Ordering::AcqRel);
            }
            _ => {}
        }
        channel.queue.push_back((element, bytes));
        None
    }

    /// Tells the consumer that there is something new.
    pub fn wake(&self) {
        self.consumer.raise();
    }

    /// The next element of any channel that is not blocked.
    pub fn pop(&self) -> Option<(usize, Element)> {
        let mut guard = lock(&self.state);
        let state = &mut *guard;
        let count = state.channels.len();
        let index = (0..count).map(|i| (state.next + i) % count).find(|&i| {
            let channel = &state.channels[i];
            !channel.blocked && !channel.queue.is_empty()
        })?;
        state.next = (index + 1) % count;
        let channel = &mut state.channels[index];
        let (element, bytes) = channel.queue.pop_front()?;
        let mut wake = None;
        match &element {
            Element::Batch(batch) => {
                channel.records -= batch.len();
                channel.bytes -= bytes;
                if channel.producer_waits {
                    channel.producer_waits = false;
                    wake = Some(channel.producer.clone());
                }
            }
            Element::Barrier(_) => self.note_urgent(state),
            _ => {}
        }
        drop(guard);
        if let Some(producer) = wake {
            producer.raise();
        }
        Some((index, element))
    }

    pub fn set_blocked(&self, channel: usize, blocked: bool) {
        lock(&self.state).channels[channel].blocked = blocked;
    }

    /// The processing time (ms) from which a barrier that is here overtakes what waits in front of it; the largest
    /// number if there is none.
    pub fn urgent_at(&self) -> i64 {
        self.urgent_at.load(Ordering::Acquire)
    }

    fn note_urgent(&self, state: &GateState) {
        let first = barriers(state).map(|barrier| barrier.overtakes_at).min();
        self.urgent_at.store(first.unwrap_or(i64::MAX), Ordering::Release);
    }

    /// The newest barrier that does so by now.
    pub fn urgent(&self, now: i64) -> Option<Barrier> {
        if self.urgent_at() > now {
            return None;
        }
        let urgent = |barrier: &Barrier| barrier.overtakes_at <= now;
        barriers(&lock(&self.state)).filter(urgent).max_by_key(|barrier| barrier.checkpoint)
    }

    /// Copies of what stands in front of that barrier in a channel, and whether it has come there: then it is taken
    /// out, as older ones are in any case. Behind the end of a channel no barrier comes.
    ///
    /// Called by the consumer, which alone takes from a channel.
    pub fn cut(&self, channel: usize, checkpoint: CheckpointId) -> (Vec<Element>, bool) {
        let mut state = lock(&self.state);
        let mut queue = std::mem::take(&mut state.channels[channel].queue);
        // copying may wait for an interpreter: nobody else must wait meanwhile
        drop(state);
        let (mut kept, mut come) = (Vec::new(), false);
        queue.retain(|(element, _)| {
            match element {
                Element::Barrier(barrier) => {
                    come |= barrier.checkpoint == checkpoint;
                    return barrier.checkpoint > checkpoint;
                }
                Element::End => come = true,
                element if !come => kept.push(element.clone()),
                _ => {}
            }
            true
        });
        let mut state = lock(&self.state);
        let newer = std::mem::replace(&mut state.channels[channel].queue, queue);
        state.channels[channel].queue.extend(newer);
        self.note_urgent(&state);
        (kept, come)
    }

    /// Whether that barrier is in a channel, or its end.
    pub fn has_come(&self, channel: usize, checkpoint: CheckpointId) -> bool {
        lock(&self.state).channels[channel].queue.iter().any(|(element, _)| match element {
            Element::Barrier(barrier) => barrier.checkpoint == checkpoint,
            element => matches!(element, Element::End),
        })
    }
}

/// All barriers that wait where they may overtake.
fn barriers(state: &GateState) -> impl Iterator<Item = Barrier> {
    let elements = state.channels.iter().filter(|channel| channel.overtaken).flat_map(|channel| &channel.queue);
    elements.filter_map(|(element, _)| match element {
        Element::Barrier(barrier) => Some(*barrier),
        _ => None,
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::batch::{Columns, Data};
    use arrow::array::Int64Array;

    fn batch(len: i64) -> Element {
        Element::Batch(Batch::new(Data::Columns(Columns::scalar(Arc::new(Int64Array::from_iter_values(0..len))))))
    }

    fn gate(channels: usize, records: usize) -> Gate {
        let signal = || Arc::new(Signal::default());
        Gate::new(signal(), (0..channels).map(|_| (signal(), true)).collect(), Limits { records, bytes: usize::MAX })
    }

    #[test]
    fn a_full_channel_gives_the_batch_back() {
        let gate = gate(1, 10);
        assert!(gate.push(0, batch(10)).is_none());
        assert!(matches!(gate.push(0, batch(1)), Some(Element::Batch(_))));
        assert!(gate.push(0, Element::Watermark(1)).is_none(), "what isn't a batch always passes");
        assert!(matches!(gate.pop(), Some((0, Element::Batch(_)))));
        assert!(gate.push(0, batch(1)).is_none());
    }

    #[test]
    fn an_oversized_batch_passes_an_empty_channel() {
        let gate = gate(1, 10);
        assert!(gate.push(0, batch(1000)).is_none());
    }

    #[test]
    fn channels_take_turns_and_blocked_ones_wait() {
        let gate = gate(2, 10);
        for channel in [0, 0, 1, 1] {
            assert!(gate.push(channel, batch(1)).is_none());
        }
        let order: Vec<usize> = (0..4).map(|_| gate.pop().unwrap().0).collect();
        assert_eq!(order, [0, 1, 0, 1]);
        assert!(gate.push(0, batch(1)).is_none());
        gate.set_blocked(0, true);
        assert!(gate.pop().is_none());
        gate.set_blocked(0, false);
        assert!(gate.pop().is_some());
    }

    #[test]
    fn a_barrier_is_cut_out_with_copies_of_what_it_overtakes() {
        use crate::checkpoint::BarrierKind;
        let barrier = |checkpoint, overtakes_at| {
            Element::Barrier(Barrier { checkpoint, kind: BarrierKind::Checkpoint, overtakes_at })
        };
        let gate = gate(2, 10);
        assert_eq!((gate.urgent_at(), gate.urgent(1_000)), (i64::MAX, None));
        gate.force(0, batch(20));
        gate.force(0, batch(1));
        for element in [barrier(1, 70), Element::Watermark(7), barrier(2, 90), Element::Idle(true)] {
            assert!(gate.push(0, element).is_none());
        }
        assert_eq!((gate.urgent_at(), gate.urgent(69)), (70, None));
        assert_eq!(gate.urgent(90).unwrap().checkpoint, 2);
        assert!(gate.has_come(0, 2) && !gate.has_come(1, 2));
        let (kept, come) = gate.cut(0, 2);
        assert!(come);
        assert!(matches!(kept[..], [Element::Batch(_), Element::Batch(_), Element::Watermark(7)]));
        assert_eq!(gate.urgent_at(), i64::MAX, "the older one is gone too");
        // what was overtaken is still there
        let left: Vec<Element> = std::iter::from_fn(|| gate.pop()).map(|(_, element)| element).collect();
        assert!(matches!(left[..], [Element::Batch(_), Element::Batch(_), Element::Watermark(7), Element::Idle(true)]));
        assert!(gate.push(1, batch(1)).is_none());
        assert!(!gate.cut(1, 2).1);
        assert!(gate.push(1, Element::End).is_none());
        assert!(gate.cut(1, 2).1, "none will come");
    }
}
