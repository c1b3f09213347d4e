//! The broker's settings; the defaults are Apache Kafka's unless said otherwise.

use std::net::{IpAddr, Ipv4Addr};
use std::path::PathBuf;
use std::sync::Arc;

use super::error::BrokerError;
use crate::time::{Clock, SystemClock};

/// How a [`Broker`](super::Broker) is to run.
#[derive(Clone)]
pub struct BrokerConfig {
    /// The folder that holds topics, offsets and transactions; created when missing.
    pub data_dir: PathBuf,
    /// The address to listen on. Anything but a loopback address needs [`allow_remote`](Self::allow_remote).
    pub host: IpAddr,
    /// The port to listen on; 0 takes a free one.
    pub port: u16,
    /// Permits an address other machines can reach. The broker has no passwords and no encryption.
    pub allow_remote: bool,
    /// Topics to have from the start, with their number of partitions; existing ones are left as they are.
    pub topics: Vec<(String, i32)>,
    /// Whether a topic that a client asks for is created.
    pub auto_create_topics: bool,
    /// Partitions of a topic that is created without saying how many.
    pub num_partitions: i32,
    /// The largest record batch taken, in bytes, after compression; a topic's `max.message.bytes` overrides it.
    pub message_max_bytes: usize,
    /// The size, in bytes, at which a partition goes on in a new file. Kafka's is 1 GiB; the last file is read at
    /// a start, so a smaller one starts faster.
    pub segment_bytes: u64,
    /// How long a new group waits for more members, in milliseconds. Kafka's is 3000; 0 suits development.
    pub group_initial_rebalance_delay_ms: u64,
    /// The shortest session timeout a group member may ask for, in milliseconds.
    pub group_min_session_timeout_ms: i32,
    /// The longest session timeout a group member may ask for, in milliseconds.
    pub group_max_session_timeout_ms: i32,
    /// The longest transaction a producer may ask for, in milliseconds.
    pub transaction_max_timeout_ms: i32,
    /// Where append times come from.
    pub clock: Arc<dyn Clock>,
}

impl BrokerConfig {
    /// The defaults, with data in `data_dir`, on a free port of 127.0.0.1.
    pub fn new(data_dir: impl Into<PathBuf>) -> Self {
        BrokerConfig {
            data_dir: data_dir.into(),
            host: IpAddr::V4(Ipv4Addr::LOCALHOST),
            port: 0,
            allow_remote: false,
            topics: Vec::new(),
            auto_create_topics: true,
            num_partitions: 1,
            message_max_bytes: 1_048_588,
            segment_bytes: 128 << 20,
            group_initial_rebalance_delay_ms: 0,
            group_min_session_timeout_ms: 6_000,
            group_max_session_timeout_ms: 1_800_000,
            transaction_max_timeout_ms: 900_000,
            clock: Arc::new(SystemClock),
        }
    }

    pub(super) fn validate(&self) -> Result<(), BrokerError> {
        if !self.host.is_loopback() && !self.allow_remote {
            return Err(BrokerError::NotLoopback { host: self.host });
        }
        let refuse = |setting, value: String| Err(BrokerError::Setting { setting, value });
        if !(1..=10_000).contains(&self.num_partitions) {
            return refuse("num_partitions", self.num_partitions.to_string());
        }
        if !(1_024..=1_000_000_000).contains(&self.message_max_bytes) {
            return refuse("message_max_bytes", self.message_max_bytes.to_string());
        }
        if self.segment_bytes < 1_024 {
            return refuse("segment_bytes", self.segment_bytes.to_string());
        }
        Ok(())
    }

    /// The largest request read from a connection: Kafka's `socket.request.max.bytes`, or more where records may
    /// be larger.
    pub(super) fn request_max_bytes(&self) -> usize {
        (100 << 20).max(self.message_max_bytes + (1 << 20))
    }
}
