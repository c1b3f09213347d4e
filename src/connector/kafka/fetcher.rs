//! Reading records from partitions through one queue, many at a call; commits with their results.
//!
//! This is the only file that holds librdkafka's raw messages. The partitions are started one by one ("simple
//! consumer"), straight into a queue of ours: no group membership, no coordinator where there is no group, and
//! no record that could take another way. The safe `poll` costs an allocation and two locks a record, which
//! small records feel.

use std::collections::HashMap;
use std::ffi::{CStr, CString, c_int, c_void};
use std::marker::PhantomData;
use std::ptr::{self, NonNull};
use std::sync::Arc;
use std::time::Duration;

use rdkafka::Offset;
use rdkafka::bindings::{self, rd_kafka_message_t, rd_kafka_queue_t, rd_kafka_topic_t};
use rdkafka::consumer::{BaseConsumer, Consumer};
use rdkafka::error::RDKafkaErrorCode as Code;

use super::client;
use super::error::KafkaError;
use super::events::ConsumerEvents;
use super::split::TopicPartition;

pub struct Fetcher {
    topics: HashMap<Arc<str>, NonNull<rd_kafka_topic_t>>,
    /// Each with a queue of its own, which leads into the common one unless the partition is paused.
    started: Vec<(TopicPartition, NonNull<rd_kafka_queue_t>)>,
    queue: NonNull<rd_kafka_queue_t>,
    /// What becomes of commits: librdkafka tells it to a queue, or (asked without one) nobody.
    replies: NonNull<rd_kafka_queue_t>,
    fetched: Vec<*mut rd_kafka_message_t>,
    consumer: BaseConsumer<ConsumerEvents>,
}

// SAFETY: librdkafka's handles may be used from any thread; the raw messages are only touched through `&mut self`.
unsafe impl Send for Fetcher {}

impl Fetcher {
    pub fn new(consumer: BaseConsumer<ConsumerEvents>) -> Result<Fetcher, KafkaError> {
        let (queue, replies) = (new_queue(&consumer)?, new_queue(&consumer)?);
        Ok(Fetcher { topics: HashMap::new(), started: Vec::new(), queue, replies, fetched: Vec::new(), consumer })
    }

    /// Starts to fetch a partition at an offset.
    pub fn start(&mut self, partition: &TopicPartition, offset: i64) -> Result<(), KafkaError> {
        let topic = self.topic(&partition.topic)?;
        let queue = new_queue(&self.consumer)?;
        // SAFETY: topic and queues are alive; a queue that was not started is destroyed here.
        unsafe {
            bindings::rd_kafka_queue_forward(queue.as_ptr(), self.queue.as_ptr());
            let partition_number = partition.partition;
            if bindings::rd_kafka_consume_start_queue(topic.as_ptr(), partition_number, offset, queue.as_ptr()) != 0 {
                let code = last_error();
                bindings::rd_kafka_queue_destroy(queue.as_ptr());
                return Err(failed(partition, code));
            }
        }
        self.started.push((partition.clone(), queue));
        Ok(())
    }

    /// Leaves a partition out of what [`Fetcher::fetch`] returns, or no longer. What was fetched waits in its queue, which
    /// the client fills to its limit; what had come to the common queue still comes.
    pub fn pause(&mut self, partition: &TopicPartition, paused: bool) {
        if let Some((_, queue)) = self.started.iter().find(|(started, _)| started == partition) {
            let to = if paused { ptr::null_mut() } else { self.queue.as_ptr() };
            // SAFETY: both queues are alive; null ends the forwarding.
            unsafe { bindings::rd_kafka_queue_forward(queue.as_ptr(), to) };
        }
    }

    /// Ends fetching a partition; records of it that wait in the queue are dropped.
    pub fn stop(&mut self, partition: &TopicPartition) {
        let Some(at) = self.started.iter().position(|(started, _)| started == partition) else { return };
        let (_, queue) = self.started.swap_remove(at);
        if let Some(topic) = self.topics.get(&partition.topic) {
            // SAFETY: the topic is alive and the partition was started.
            if unsafe { bindings::rd_kafka_consume_stop(topic.as_ptr(), partition.partition) } != 0 {
                tracing::debug!("fetching {partition:?} could not be ended: {}", last_error());
            }
        }
        // SAFETY: nothing comes into it any more, and it is destroyed once. Destroying also empties the queue it leads to.
        unsafe {
            bindings::rd_kafka_queue_forward(queue.as_ptr(), ptr::null_mut());
            bindings::rd_kafka_queue_destroy(queue.as_ptr());
        }
    }

    /// The offset behind the last record of a partition, as the last answer of its broker said; `None` before the first.
    pub fn end(&self, partition: &TopicPartition) -> Option<i64> {
        let topic = CString::new(&*partition.topic).ok()?;
        let (mut low, mut high) = (-1, -1);
        // SAFETY: the client is alive, and only looks at what it has; the name is a C string.
        let result = unsafe {
            bindings::rd_kafka_get_watermark_offsets(
                self.consumer.client().native_ptr(),
                topic.as_ptr(),
                partition.partition,
                &mut low,
                &mut high,
            )
        };
        (Code::from(result) == Code::NoError && high >= 0).then_some(high)
    }

    /// Serves the client's callbacks.
    pub fn serve(&self) {
        client::poll(&self.consumer, Duration::ZERO);
    }

    /// Sends a commit and returns; its result comes from [`Fetcher::commit_result`].
    pub fn commit(&self, offsets: &[(TopicPartition, i64)]) -> Result<(), KafkaError> {
        let list = client::list(offsets.iter().map(|(partition, next)| (partition, Offset::Offset(*next))))?;
        // SAFETY: the client copies the list, and the queue lives as long as the client.
        let result = unsafe {
            bindings::rd_kafka_commit_queue(
                self.consumer.client().native_ptr(),
                list.ptr(),
                self.replies.as_ptr(),
                None,
                ptr::null_mut(),
            )
        };
        match Code::from(result) {
            Code::NoError => Ok(()),
            code => Err(KafkaError::Client { reason: code.to_string() }),
        }
    }

    /// What became of the earliest commit that has not been asked for; waits for it at most `wait`.
    pub fn commit_result(&self, wait: Duration) -> Option<CommitResult> {
        let millis = c_int::try_from(wait.as_millis()).unwrap_or(c_int::MAX);
        // SAFETY: the event is ours until it is destroyed, and its list (which may be missing) is part of it.
        unsafe {
            let event = NonNull::new(bindings::rd_kafka_queue_poll(self.replies.as_ptr(), millis))?;
            let whole = Code::from(bindings::rd_kafka_event_error(event.as_ptr()));
            let mut result = CommitResult { offsets: Vec::new(), error: None };
            let list = bindings::rd_kafka_event_topic_partition_list(event.as_ptr());
            let count = if list.is_null() { 0 } else { usize::try_from((*list).cnt).unwrap_or(0) };
            for element in (0..count).map(|index| &*(*list).elems.add(index)) {
                match Code::from(element.err) {
                    Code::NoError if element.offset >= 0 => {
                        let topic = CStr::from_ptr(element.topic).to_string_lossy();
                        result.offsets.push((TopicPartition::new(&topic, element.partition), element.offset));
                    }
                    Code::NoError => {}
                    code => result.error = Some(code.to_string()),
                }
            }
            if whole != Code::NoError {
                result = CommitResult { offsets: Vec::new(), error: Some(whole.to_string()) };
            }
            bindings::rd_kafka_event_destroy(event.as_ptr());
            Some(result)
        }
    }

    /// At most `limit` messages; waits for the first of them at most `wait`.
    pub fn fetch(&mut self, limit: usize, wait: Duration) -> Result<Messages<'_>, KafkaError> {
        self.fetched.clear();
        self.fetched.resize(limit.max(1), ptr::null_mut());
        let millis = c_int::try_from(wait.as_millis()).unwrap_or(c_int::MAX);
        let messages = self.fetched.as_mut_ptr();
        // librdkafka waits until the array is full, so the first message is waited for alone.
        // SAFETY: the array has room for the number of messages given, and they are ours once returned.
        let count = unsafe {
            match bindings::rd_kafka_consume_batch_queue(self.queue.as_ptr(), millis, messages, 1) {
                1 => match bindings::rd_kafka_consume_batch_queue(self.queue.as_ptr(), 0, messages.add(1), limit - 1) {
                    more if more > 0 => 1 + more,
                    _ => 1,
                },
                none => none,
            }
        };
        let count = usize::try_from(count).map_err(|_| KafkaError::Client { reason: last_error().to_string() })?;
        self.fetched.truncate(count);
        Ok(Messages { raw: &mut self.fetched })
    }

    fn topic(&mut self, name: &Arc<str>) -> Result<NonNull<rd_kafka_topic_t>, KafkaError> {
        if let Some(topic) = self.topics.get(name) {
            return Ok(*topic);
        }
        let text = CString::new(&**name).map_err(|error| KafkaError::Client { reason: error.to_string() })?;
        // SAFETY: the client lives as long as the topic: `drop` destroys the topic first. No configuration of its own.
        let topic = unsafe {
            bindings::rd_kafka_topic_new(self.consumer.client().native_ptr(), text.as_ptr(), ptr::null_mut())
        };
        let topic = NonNull::new(topic).ok_or_else(|| KafkaError::Client { reason: last_error().to_string() })?;
        self.topics.insert(name.clone(), topic);
        Ok(topic)
    }
}

/// What became of a commit: the offsets that hold now, and why others do not.
pub struct CommitResult {
    pub offsets: Vec<(TopicPartition, i64)>,
    pub error: Option<String>,
}

impl Drop for Fetcher {
    fn drop(&mut self) {
        while let Some((partition, _)) = self.started.first() {
            let partition = partition.clone();
            self.stop(&partition);
        }
        // SAFETY: each handle is destroyed once, before the client, which is dropped behind this.
        unsafe {
            bindings::rd_kafka_queue_destroy(self.queue.as_ptr());
            bindings::rd_kafka_queue_destroy(self.replies.as_ptr());
            for topic in self.topics.values() {
                bindings::rd_kafka_topic_destroy(topic.as_ptr());
            }
        }
    }
}

fn new_queue(consumer: &BaseConsumer<ConsumerEvents>) -> Result<NonNull<rd_kafka_queue_t>, KafkaError> {
    // SAFETY: the client lives as long as its queues: the fetcher's `drop` destroys them first.
    NonNull::new(unsafe { bindings::rd_kafka_queue_new(consumer.client().native_ptr()) })
        .ok_or_else(|| KafkaError::Client { reason: "no queue could be made".into() })
}

fn last_error() -> Code {
    // SAFETY: reads a number of this thread.
    unsafe { bindings::rd_kafka_last_error() }.into()
}

fn failed(partition: &TopicPartition, code: Code) -> KafkaError {
    KafkaError::Fetch { topic: partition.topic.to_string(), partition: partition.partition, reason: code.to_string() }
}

/// Messages in the order they were fetched; destroyed when dropped.
pub struct Messages<'a> {
    raw: &'a mut Vec<*mut rd_kafka_message_t>,
}

impl Messages<'_> {
    pub fn len(&self) -> usize {
        self.raw.len()
    }

    pub fn get(&self, index: usize) -> Message<'_> {
        // SAFETY: librdkafka filled the array up to its length; the messages live as long as `self`.
        Message { raw: unsafe { &*self.raw[index] }, _owner: PhantomData }
    }
}

impl Drop for Messages<'_> {
    fn drop(&mut self) {
        for message in self.raw.drain(..) {
            // SAFETY: ours, and nothing borrows them any more.
            unsafe { bindings::rd_kafka_message_destroy(message) };
        }
    }
}

/// One message: a record, or an error of its partition.
#[derive(Clone, Copy)]
pub struct Message<'a> {
    raw: &'a rd_kafka_message_t,
    _owner: PhantomData<&'a ()>,
}

impl<'a> Message<'a> {
    /// The error that this message is, with its text.
    pub fn error(&self) -> Option<(Code, String)> {
        let code = Code::from(self.raw.err);
        if code == Code::NoError {
            return None;
        }
        // SAFETY: an error message's payload is its text; librdkafka gives a static text where it has none.
        let text = unsafe { bindings::rd_kafka_message_errstr(self.raw) };
        let text = if text.is_null() {
            code.to_string()
        } else {
            unsafe { CStr::from_ptr(text) }.to_string_lossy().into_owned()
        };
        Some((code, text))
    }

    /// Tells topics apart without comparing names.
    pub fn topic_handle(&self) -> usize {
        self.raw.rkt as usize
    }

    pub fn topic(&self) -> &'a str {
        if self.raw.rkt.is_null() {
            return "";
        }
        // SAFETY: the message holds its topic, whose name is a C string that lives as long.
        unsafe { CStr::from_ptr(bindings::rd_kafka_topic_name(self.raw.rkt)) }.to_str().unwrap_or_default()
    }

    pub fn partition(&self) -> i32 {
        self.raw.partition
    }

    pub fn offset(&self) -> i64 {
        self.raw.offset
    }

    pub fn payload(&self) -> Option<&'a [u8]> {
        // SAFETY: pointer and length belong together.
        unsafe { bytes(self.raw.payload, self.raw.len) }
    }

    pub fn key(&self) -> Option<&'a [u8]> {
        // SAFETY: as above.
        unsafe { bytes(self.raw.key, self.raw.key_len) }
    }

    /// Milliseconds since 1970, where the record has a timestamp.
    pub fn timestamp(&self) -> Option<i64> {
        let mut kind = bindings::rd_kafka_timestamp_type_t::RD_KAFKA_TIMESTAMP_NOT_AVAILABLE;
        // SAFETY: reads the message.
        let time = unsafe { bindings::rd_kafka_message_timestamp(self.raw, &mut kind) };
        (kind != bindings::rd_kafka_timestamp_type_t::RD_KAFKA_TIMESTAMP_NOT_AVAILABLE && time >= 0).then_some(time)
    }

    /// Calls `each` with the key and value of each header.
    pub fn headers(&self, mut each: impl FnMut(&str, Option<&[u8]>)) {
        let mut headers = ptr::null_mut();
        // SAFETY: the headers belong to the message, names are C strings, pointers and lengths belong together.
        unsafe {
            if Code::from(bindings::rd_kafka_message_headers(self.raw, &mut headers)) != Code::NoError {
                return;
            }
            for index in 0.. {
                let (mut name, mut value, mut size) = (ptr::null(), ptr::null(), 0);
                let result = bindings::rd_kafka_header_get_all(headers, index, &mut name, &mut value, &mut size);
                if Code::from(result) != Code::NoError {
                    return;
                }
                each(&CStr::from_ptr(name).to_string_lossy(), bytes(value, size));
            }
        }
    }
}

/// # Safety
/// `start` is null or points to `len` bytes that live for `'a`.
unsafe fn bytes<'a>(start: *const c_void, len: usize) -> Option<&'a [u8]> {
    if start.is_null() { None } else { Some(unsafe { std::slice::from_raw_parts(start.cast(), len) }) }
}
