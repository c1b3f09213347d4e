//! What all connections share.

use std::fs::File;
use std::net::SocketAddr;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Instant;

use tokio::time::Duration;

use super::config::BrokerConfig;
use super::error::BrokerError;
use super::group::Groups;
use super::topics::Topics;
use super::transaction::Transactions;

/// The only node there is.
pub(super) const NODE_ID: i32 = 1;
/// How often timeouts of members and transactions are looked at.
const TICK: Duration = Duration::from_millis(50);

pub(super) struct State {
    pub config: BrokerConfig,
    pub address: SocketAddr,
    pub cluster_id: String,
    pub topics: Topics,
    pub groups: Groups,
    pub transactions: Transactions,
    /// Held for as long as the broker runs, so that no other one uses the folder.
    folder_lock: File,
}

impl State {
    /// Reads the data folder; `address` is where clients connect.
    pub fn open(config: BrokerConfig, address: SocketAddr) -> Result<Arc<State>, BrokerError> {
        let folder = config.data_dir.clone();
        std::fs::create_dir_all(&folder).map_err(BrokerError::io("create the data folder", &folder))?;
        let guard = lock_folder(&folder)?;
        let cluster_id = cluster_id(&folder)?;
        let topics = Topics::open(&config)?;
        let groups = Groups::open(&config)?;
        let transactions = Transactions::open(&config)?;
        let state = Arc::new(State { config, address, cluster_id, topics, groups, transactions, folder_lock: guard });
        state.transactions.recover(&state)?;
        for (name, partitions) in &state.config.topics {
            if state.topics.get(name).is_none() {
                state.topics.create(name, *partitions, Default::default())?;
            }
        }
        Ok(state)
    }

    pub fn now(&self) -> i64 {
        self.config.clock.now()
    }

    /// Ends what has run out of time: sessions, rebalances, transactions. Runs for as long as the broker does.
    pub async fn keep_time(self: Arc<Self>) {
        let mut interval = tokio::time::interval(TICK);
        interval.set_missed_tick_behavior(tokio::time::MissedTickBehavior::Delay);
        loop {
            interval.tick().await;
            self.groups.expire(Instant::now());
            self.transactions.expire(&self);
        }
    }

    /// Writes everything to disk and lets go of the folder.
    pub fn close(&self) {
        for topic in self.topics.all() {
            for partition in topic.partitions() {
                if let Err(error) = partition.log().flush() {
                    tracing::error!(topic = %topic.name, %error, "the broker could not write a partition to disk");
                }
            }
        }
        self.groups.flush();
        self.transactions.flush();
        let _ = self.folder_lock.unlock();
    }
}

/// A lock whose earlier holder panicked is still used: the data behind it is kept consistent at every step.
pub(super) fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

fn lock_folder(folder: &std::path::Path) -> Result<File, BrokerError> {
    let path = folder.join("broker.lock");
    let file =
        File::options().create(true).truncate(false).write(true).open(&path).map_err(BrokerError::io("open", &path))?;
    match file.try_lock() {
        Ok(()) => Ok(file),
        Err(std::fs::TryLockError::WouldBlock) => Err(BrokerError::Locked { path: folder.to_path_buf() }),
        Err(std::fs::TryLockError::Error(source)) => Err(BrokerError::Io { action: "lock", path, source }),
    }
}

/// The folder's own name, made up when it is first used.
fn cluster_id(folder: &std::path::Path) -> Result<String, BrokerError> {
    let path = folder.join("cluster.id");
    match std::fs::read_to_string(&path) {
        Ok(id) if !id.trim().is_empty() => Ok(id.trim().to_owned()),
        Ok(_) => new_cluster_id(&path),
        Err(error) if error.kind() == std::io::ErrorKind::NotFound => new_cluster_id(&path),
        Err(source) => Err(BrokerError::Io { action: "read", path, source }),
    }
}

fn new_cluster_id(path: &std::path::Path) -> Result<String, BrokerError> {
    let id = format!("flott-{}", uuid::Uuid::new_v4().simple());
    std::fs::write(path, &id).map_err(BrokerError::io("write", path))?;
    Ok(id)
}
