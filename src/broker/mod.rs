//! The embedded development broker: one node that speaks Kafka's protocol and keeps its data in a folder.
//!
//! It exists so that a program that reads and writes Kafka can be written, tested and taught without installing
//! Kafka. It has no replication, no access control and no encryption, and listens on this machine only. What it
//! does do, it does as Apache Kafka does it: one contract suite (`tests/broker`) runs against both.
//!
//! ```no_run
//! use flott::broker::{Broker, BrokerConfig};
//!
//! let broker = Broker::start(BrokerConfig::new("/tmp/broker-data"))?;
//! println!("bootstrap.servers={}", broker.bootstrap_servers());
//! broker.shutdown();
//! # Ok::<(), flott::Error>(())
//! ```
//!
//! | file | concern |
//! |---|---|
//! | `server` | connections: frames in, frames out |
//! | `api/` | one file per family of requests |
//! | `topics`, `topic_config` | which topics there are, where, with which settings |
//! | `log/` | a partition's records: segment files, index, producer state, recovery |
//! | `group/` | consumer groups: balancing and committed offsets |
//! | `transaction` | the transaction coordinator |
//! | `journal` | the file in which the two coordinators remember |

mod api;
mod config;
mod error;
mod group;
mod journal;
mod log;
mod server;
mod state;
mod topic_config;
mod topics;
mod transaction;

pub use config::BrokerConfig;
pub use error::BrokerError;

use std::net::SocketAddr;
use std::sync::mpsc;
use std::sync::{Arc, Mutex};
use std::thread::JoinHandle;
use std::time::Duration;

use tokio::sync::watch;

use self::state::{State, lock};
use crate::error::Result;

/// Network work is light; the files are read and written by whoever holds the partition.
const WORKER_THREADS: usize = 2;

/// A running broker. Dropping it stops it.
pub struct Broker {
    address: SocketAddr,
    state: Arc<State>,
    stop: watch::Sender<bool>,
    thread: Mutex<Option<JoinHandle<()>>>,
}

impl Broker {
    /// Opens (or creates) the data folder, recovers what a crash left behind, and listens.
    ///
    /// The broker runs on threads of its own; the call returns when clients can connect.
    pub fn start(config: BrokerConfig) -> Result<Broker> {
        config.validate()?;
        let (stop, stopped) = watch::channel(false);
        let (started, start) = mpsc::sync_channel(1);
        let thread = std::thread::Builder::new()
            .name("flott-broker".into())
            .spawn(move || run(config, stopped, started))
            .map_err(|source| BrokerError::Threads { source })?;
        match start.recv() {
            Ok(Ok((address, state))) => Ok(Broker { address, state, stop, thread: Mutex::new(Some(thread)) }),
            Ok(Err(error)) => {
                let _ = thread.join();
                Err(error.into())
            }
            Err(_) => {
                let _ = thread.join();
                Err(crate::Error::internal("the broker's thread ended before it listened"))
            }
        }
    }

    /// What a client sets as `bootstrap.servers`.
    pub fn bootstrap_servers(&self) -> String {
        self.address.to_string()
    }

    /// The address it listens on.
    pub fn address(&self) -> SocketAddr {
        self.address
    }

    /// Creates a topic; an error when it exists already or the name is not a legal one.
    pub fn create_topic(&self, name: &str, partitions: i32) -> Result<()> {
        if *self.stop.borrow() {
            return Err(BrokerError::Stopped.into());
        }
        self.state.topics.create(name, partitions, Default::default())?;
        Ok(())
    }

    /// The names of the topics there are, sorted.
    pub fn topics(&self) -> Vec<String> {
        self.state.topics.all().iter().map(|topic| topic.name.clone()).collect()
    }

    /// Closes all connections, writes everything to disk and ends the broker's threads. Does nothing the second
    /// time.
    pub fn shutdown(&self) {
        self.stop.send_replace(true);
        if let Some(thread) = lock(&self.thread).take() {
            let _ = thread.join();
        }
    }
}

impl Drop for Broker {
    fn drop(&mut self) {
        self.shutdown();
    }
}

type Started = std::result::Result<(SocketAddr, Arc<State>), BrokerError>;

/// The body of the broker's thread: it owns the runtime, so that when it ends, every thread has ended.
fn run(config: BrokerConfig, stopped: watch::Receiver<bool>, started: mpsc::SyncSender<Started>) {
    let runtime = match tokio::runtime::Builder::new_multi_thread()
        .worker_threads(WORKER_THREADS)
        .thread_name("flott-broker-io")
        .enable_all()
        .build()
    {
        Ok(runtime) => runtime,
        Err(source) => {
            let _ = started.send(Err(BrokerError::Threads { source }));
            return;
        }
    };
    let state = runtime.block_on(async {
        match server::listen(config).await {
            Ok((listener, state)) => {
                let _ = started.send(Ok((state.address, state.clone())));
                server::serve(listener, state.clone(), stopped).await;
                Some(state)
            }
            Err(error) => {
                let _ = started.send(Err(error));
                None
            }
        }
    });
    runtime.shutdown_timeout(Duration::from_secs(10));
    if let Some(state) = state {
        state.close();
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn refuses_an_address_that_other_machines_reach() {
        let folder = tempfile::tempdir().unwrap();
        let mut config = BrokerConfig::new(folder.path());
        config.host = "0.0.0.0".parse().unwrap();
        let error = Broker::start(config).err().expect("it must be refused");
        assert!(error.message().contains("0.0.0.0"), "{error}");
        assert!(error.hint().unwrap().contains("127.0.0.1"), "{error}");
    }

    #[test]
    fn two_brokers_never_share_a_folder() {
        let folder = tempfile::tempdir().unwrap();
        let first = Broker::start(BrokerConfig::new(folder.path())).unwrap();
        let error = Broker::start(BrokerConfig::new(folder.path())).err().expect("the folder is in use");
        assert!(error.message().contains("in use by another broker"), "{error}");
        first.shutdown();
        Broker::start(BrokerConfig::new(folder.path())).expect("free after the first one stopped");
    }

    #[test]
    fn topics_outlive_the_broker() {
        let folder = tempfile::tempdir().unwrap();
        let broker = Broker::start(BrokerConfig::new(folder.path())).unwrap();
        broker.create_topic("orders", 3).unwrap();
        let again = broker.create_topic("orders", 3).expect_err("it exists");
        assert!(again.message().contains("already exists"), "{again}");
        drop(broker);
        let broker = Broker::start(BrokerConfig::new(folder.path())).unwrap();
        assert_eq!(broker.topics(), ["orders"]);
    }

    #[test]
    fn says_which_port_is_taken() {
        let folders = (tempfile::tempdir().unwrap(), tempfile::tempdir().unwrap());
        let first = Broker::start(BrokerConfig::new(folders.0.path())).unwrap();
        let mut config = BrokerConfig::new(folders.1.path());
        config.port = first.address().port();
        let error = Broker::start(config).err().expect("the port is taken");
        assert!(error.hint().unwrap().contains(&first.address().port().to_string()), "{error}");
    }
}
