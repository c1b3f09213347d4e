//! The names librdkafka knows, asked of librdkafka itself.

use std::collections::BTreeSet;
use std::ffi::{CStr, c_char};
use std::sync::OnceLock;

use rdkafka::bindings;

/// Aliases librdkafka takes but leaves out when it lists its properties.
const ALIASES: &[&str] = &[
    "bootstrap.servers",
    "max.partition.fetch.bytes",
    "max.in.flight.requests.per.connection",
    "fetch.message.max.bytes",
    "sasl.mechanism",
    "acks",
    "compression.type",
    "linger.ms",
    "retries",
    "delivery.timeout.ms",
];

/// The names of librdkafka's properties.
pub fn librdkafka_names() -> &'static BTreeSet<String> {
    static NAMES: OnceLock<BTreeSet<String>> = OnceLock::new();
    NAMES.get_or_init(|| {
        let mut names: BTreeSet<String> = ALIASES.iter().map(|name| (*name).to_owned()).collect();
        let mut count = 0;
        // SAFETY: the objects made here are destroyed here; a dump is `count` strings, names and values in turn.
        unsafe {
            let global = bindings::rd_kafka_conf_new();
            let dump = bindings::rd_kafka_conf_dump(global, &mut count);
            collect(dump, count, &mut names);
            bindings::rd_kafka_conf_destroy(global);
            let topic = bindings::rd_kafka_topic_conf_new();
            let dump = bindings::rd_kafka_topic_conf_dump(topic, &mut count);
            collect(dump, count, &mut names);
            bindings::rd_kafka_topic_conf_destroy(topic);
        }
        names
    })
}

/// # Safety
/// `dump` is what one of librdkafka's dump functions returned, with its `count`.
unsafe fn collect(dump: *mut *const c_char, count: usize, names: &mut BTreeSet<String>) {
    if dump.is_null() {
        return;
    }
    unsafe {
        for name in (0..count).step_by(2).map(|i| *dump.add(i)).filter(|name| !name.is_null()) {
            names.insert(CStr::from_ptr(name).to_string_lossy().into_owned());
        }
        bindings::rd_kafka_conf_dump_free(dump, count);
    }
}
