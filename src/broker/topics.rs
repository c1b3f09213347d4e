//! Which topics there are. A topic is a folder: its settings in `topic.json`, a folder for each partition.
//!
//! A topic appears and disappears by one rename, so that a crash leaves it there whole or not at all.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError, RwLock, RwLockReadGuard};

use kafka_protocol::ResponseError;
use serde::{Deserialize, Serialize};
use tokio::sync::Notify;
use uuid::Uuid;

use super::config::BrokerConfig;
use super::error::BrokerError;
use super::log::PartitionLog;
use super::state::lock;
use super::topic_config::TopicConfig;

const LONGEST_NAME: usize = 249;
const MOST_PARTITIONS: i32 = 10_000;
const DESCRIPTION: &str = "topic.json";

pub struct Topics {
    folder: PathBuf,
    /// Topics on their way in and out; emptied at each start.
    workshop: PathBuf,
    broker: BrokerConfig,
    by_name: RwLock<BTreeMap<String, Arc<Topic>>>,
    /// Creation, deletion and growth happen one at a time.
    changing: Mutex<()>,
}

pub struct Topic {
    pub name: String,
    pub id: Uuid,
    folder: PathBuf,
    config: RwLock<TopicConfig>,
    partitions: RwLock<Vec<Arc<Partition>>>,
}

/// A partition's log, and who waits for more of it.
pub struct Partition {
    log: Mutex<PartitionLog>,
    waiting: Mutex<Vec<Arc<Notify>>>,
}

/// What `topic.json` holds.
#[derive(Serialize, Deserialize)]
struct Description {
    id: String,
    partitions: i32,
    config: TopicConfig,
}

impl Topics {
    pub fn open(broker: &BrokerConfig) -> Result<Topics, BrokerError> {
        let folder = broker.data_dir.join("topics");
        let workshop = broker.data_dir.join("topics.changing");
        if workshop.exists() {
            std::fs::remove_dir_all(&workshop).map_err(BrokerError::io("clear", &workshop))?;
        }
        for needed in [&folder, &workshop] {
            std::fs::create_dir_all(needed).map_err(BrokerError::io("create", needed))?;
        }
        let mut by_name = BTreeMap::new();
        for entry in std::fs::read_dir(&folder).map_err(BrokerError::io("read", &folder))? {
            let path = entry.map_err(BrokerError::io("read", &folder))?.path();
            if let Some(name) = path.file_name().and_then(|name| name.to_str())
                && path.join(DESCRIPTION).exists()
            {
                let topic = Topic::open(name, &path, broker)?;
                by_name.insert(name.to_owned(), Arc::new(topic));
            }
        }
        Ok(Topics { folder, workshop, broker: broker.clone(), by_name: RwLock::new(by_name), changing: Mutex::new(()) })
    }

    pub fn get(&self, name: &str) -> Option<Arc<Topic>> {
        self.map().get(name).cloned()
    }

    pub fn get_by_id(&self, id: Uuid) -> Option<Arc<Topic>> {
        self.map().values().find(|topic| topic.id == id).cloned()
    }

    /// All topics, sorted by name.
    pub fn all(&self) -> Vec<Arc<Topic>> {
        self.map().values().cloned().collect()
    }

    pub fn partition(&self, topic: &str, partition: i32) -> Option<Arc<Partition>> {
        self.get(topic)?.partition(partition)
    }

    /// What would keep a topic from being created.
    pub fn check_new(&self, name: &str, partitions: i32) -> Result<(), BrokerError> {
        let refuse = |problem: String, code| Err(BrokerError::Topic { name: name.to_owned(), problem, code });
        if let Some(problem) = illegal_name(name) {
            return refuse(problem, ResponseError::InvalidTopicException);
        }
        if !(1..=MOST_PARTITIONS).contains(&partitions) {
            let problem = format!("it needs 1 to {MOST_PARTITIONS} partitions, not {partitions}");
            return refuse(problem, ResponseError::InvalidPartitions);
        }
        if self.get(name).is_some() {
            return refuse(format!("Topic '{name}' already exists."), ResponseError::TopicAlreadyExists);
        }
        Ok(())
    }

    pub fn create(&self, name: &str, partitions: i32, config: TopicConfig) -> Result<Arc<Topic>, BrokerError> {
        let _one_at_a_time = lock(&self.changing);
        self.check_new(name, partitions)?;
        let id = Uuid::new_v4();
        let fresh = self.workshop.join(id.simple().to_string());
        std::fs::create_dir(&fresh).map_err(BrokerError::io("create", &fresh))?;
        describe(&fresh, &Description { id: id.to_string(), partitions, config })?;
        let folder = self.folder.join(name);
        std::fs::rename(&fresh, &folder).map_err(BrokerError::io("create", &folder))?;
        let topic = Arc::new(Topic::open(name, &folder, &self.broker)?);
        self.map_mut().insert(name.to_owned(), topic.clone());
        Ok(topic)
    }

    /// Whether there was such a topic.
    pub fn delete(&self, name: &str) -> Result<bool, BrokerError> {
        let _one_at_a_time = lock(&self.changing);
        let Some(topic) = self.get(name) else { return Ok(false) };
        let gone = self.workshop.join(format!("{}-deleted", topic.id.simple()));
        std::fs::rename(&topic.folder, &gone).map_err(BrokerError::io("delete", &topic.folder))?;
        self.map_mut().remove(name);
        for partition in topic.partitions() {
            partition.wake();
        }
        if let Err(error) = std::fs::remove_dir_all(&gone) {
            tracing::warn!(folder = %gone.display(), %error, "a deleted topic's files go at the next start");
        }
        Ok(true)
    }

    /// Gives a topic more partitions.
    pub fn grow(&self, topic: &Topic, partitions: i32) -> Result<(), BrokerError> {
        let _one_at_a_time = lock(&self.changing);
        let config = topic.config();
        topic.describe(partitions, config.clone())?;
        let mut grown = topic.partitions();
        for index in grown.len()..partitions as usize {
            grown.push(Arc::new(Partition::open(&topic.folder, index, config.segment_bytes(&self.broker))?));
        }
        *topic.partitions.write().unwrap_or_else(PoisonError::into_inner) = grown;
        Ok(())
    }

    /// Changes a topic's settings. A new `segment.bytes` counts from the next start.
    pub fn configure(&self, topic: &Topic, config: TopicConfig) -> Result<(), BrokerError> {
        let _one_at_a_time = lock(&self.changing);
        topic.describe(topic.partitions().len() as i32, config.clone())?;
        *topic.config.write().unwrap_or_else(PoisonError::into_inner) = config;
        Ok(())
    }

    fn map(&self) -> RwLockReadGuard<'_, BTreeMap<String, Arc<Topic>>> {
        self.by_name.read().unwrap_or_else(PoisonError::into_inner)
    }

    fn map_mut(&self) -> std::sync::RwLockWriteGuard<'_, BTreeMap<String, Arc<Topic>>> {
        self.by_name.write().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Topic {
    fn open(name: &str, folder: &Path, broker: &BrokerConfig) -> Result<Topic, BrokerError> {
        let path = folder.join(DESCRIPTION);
        let bytes = std::fs::read(&path).map_err(BrokerError::io("read", &path))?;
        let damaged = |problem| BrokerError::Damaged { path: path.clone(), problem };
        let description: Description = serde_json::from_slice(&bytes).map_err(|error| damaged(error.to_string()))?;
        let id = description.id.parse().map_err(|error: uuid::Error| damaged(error.to_string()))?;
        let segment_bytes = description.config.segment_bytes(broker);
        let partitions = (0..description.partitions.max(0) as usize)
            .map(|index| Ok(Arc::new(Partition::open(folder, index, segment_bytes)?)))
            .collect::<Result<_, BrokerError>>()?;
        Ok(Topic {
            name: name.to_owned(),
            id,
            folder: folder.to_path_buf(),
            config: RwLock::new(description.config),
            partitions: RwLock::new(partitions),
        })
    }

    fn describe(&self, partitions: i32, config: TopicConfig) -> Result<(), BrokerError> {
        describe(&self.folder, &Description { id: self.id.to_string(), partitions, config })
    }

    pub fn config(&self) -> TopicConfig {
        self.with_config(TopicConfig::clone)
    }

    pub fn with_config<T>(&self, look: impl FnOnce(&TopicConfig) -> T) -> T {
        look(&self.config.read().unwrap_or_else(PoisonError::into_inner))
    }

    pub fn partitions(&self) -> Vec<Arc<Partition>> {
        self.partitions.read().unwrap_or_else(PoisonError::into_inner).clone()
    }

    pub fn partition(&self, index: i32) -> Option<Arc<Partition>> {
        let index = usize::try_from(index).ok()?;
        self.partitions.read().unwrap_or_else(PoisonError::into_inner).get(index).cloned()
    }
}

impl Partition {
    fn open(topic: &Path, index: usize, segment_bytes: u64) -> Result<Partition, BrokerError> {
        let log = PartitionLog::open(&topic.join(index.to_string()), segment_bytes)?;
        Ok(Partition { log: Mutex::new(log), waiting: Mutex::new(Vec::new()) })
    }

    pub fn log(&self) -> MutexGuard<'_, PartitionLog> {
        lock(&self.log)
    }

    /// Tells `waiter` when there is more to read, once.
    pub fn call(&self, waiter: &Arc<Notify>) {
        let mut waiting = lock(&self.waiting);
        if !waiting.iter().any(|other| Arc::ptr_eq(other, waiter)) {
            waiting.push(waiter.clone());
        }
    }

    pub fn forget(&self, waiter: &Arc<Notify>) {
        lock(&self.waiting).retain(|other| !Arc::ptr_eq(other, waiter));
    }

    /// There is more to read.
    pub fn wake(&self) {
        for waiter in lock(&self.waiting).drain(..) {
            waiter.notify_one();
        }
    }
}

fn describe(folder: &Path, description: &Description) -> Result<(), BrokerError> {
    let path = folder.join(DESCRIPTION);
    let fresh = folder.join("topic.json.new");
    let bytes = serde_json::to_vec_pretty(description)
        .map_err(|error| BrokerError::Damaged { path: path.clone(), problem: error.to_string() })?;
    std::fs::write(&fresh, bytes).map_err(BrokerError::io("write", &fresh))?;
    std::fs::rename(&fresh, &path).map_err(BrokerError::io("write", &path))
}

/// Kafka's rule, and its words.
fn illegal_name(name: &str) -> Option<String> {
    let legal = |c: char| c.is_ascii_alphanumeric() || matches!(c, '.' | '_' | '-');
    if name.is_empty() {
        Some("Topic name is invalid: the empty string is not allowed".into())
    } else if name == "." || name == ".." {
        Some("Topic name is invalid: '.' or '..' is not allowed".into())
    } else if name.len() > LONGEST_NAME {
        Some(format!(
            "Topic name is invalid: the length of '{name}' is longer than the max allowed length {LONGEST_NAME}"
        ))
    } else if !name.chars().all(legal) {
        Some(format!(
            "Topic name is invalid: '{name}' contains one or more characters other than ASCII alphanumerics, '.', '_' and '-'"
        ))
    } else {
        None
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn topics(folder: &Path) -> Topics {
        Topics::open(&BrokerConfig::new(folder)).unwrap()
    }

    #[test]
    fn a_topic_keeps_its_id_partitions_and_settings_over_a_restart() {
        let folder = tempfile::tempdir().unwrap();
        let mut config = TopicConfig::default();
        config.set("retention.ms", "1000").unwrap();
        let first = topics(folder.path());
        let id = first.create("orders", 2, config.clone()).unwrap().id;
        first.grow(&first.get("orders").unwrap(), 5).unwrap();
        drop(first);
        let again = topics(folder.path()).get("orders").unwrap();
        assert_eq!((again.id, again.partitions().len(), again.config()), (id, 5, config));
    }

    #[test]
    fn a_deleted_topic_is_gone_and_its_name_free() {
        let folder = tempfile::tempdir().unwrap();
        let topics = topics(folder.path());
        let id = topics.create("orders", 1, TopicConfig::default()).unwrap().id;
        assert!(topics.delete("orders").unwrap() && !topics.delete("orders").unwrap());
        assert!(topics.get("orders").is_none());
        assert_ne!(topics.create("orders", 1, TopicConfig::default()).unwrap().id, id);
    }

    #[test]
    fn names_follow_kafkas_rule() {
        for legal in ["a", "order-raw", "A.b_c-9", &"x".repeat(249)] {
            assert_eq!(illegal_name(legal), None);
        }
        for illegal in ["", ".", "..", "a b", "订单", "a/b", &"x".repeat(250)] {
            assert!(illegal_name(illegal).is_some(), "{illegal}");
        }
    }
}
