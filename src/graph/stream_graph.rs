//! What the program says: one node an operator, one edge a stream between two of them.

use std::sync::Arc;

use crate::batch::Batch;
use crate::connector::{Sink, Source};
use crate::error::{Error, Result};
use crate::operator::OperatorFactory;
use crate::time::WatermarkStrategy;

/// Nodes are numbered from 1 in the order the program makes them.
pub type NodeId = usize;

#[derive(Clone)]
pub enum NodeKind {
    Source { source: Arc<dyn Source>, watermarks: Option<Arc<dyn WatermarkStrategy>> },
    Operator(Arc<dyn OperatorFactory>),
    Sink(Arc<dyn Sink>),
}

/// Whether an operator may run in the same task as its neighbours.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Chaining {
    #[default]
    Always,
    /// May be followed, but starts a chain of its own.
    Head,
    Never,
}

/// Chooses the subtask of each record of a batch.
pub trait CustomPartitioner: Send + Sync {
    fn partition(&self, batch: &Batch, partitions: usize) -> Result<Vec<u32>>;
}

/// How records are spread over the subtasks of the next operator.
#[derive(Clone, Default)]
pub enum Partitioning {
    /// Not said: forward between equal parallelisms, otherwise rebalance.
    #[default]
    Unspecified,
    Forward,
    /// By the key groups a keyed batch carries.
    Hash,
    Rebalance,
    Rescale,
    Shuffle,
    Broadcast,
    Global,
    Custom(Arc<dyn CustomPartitioner>),
}

impl Partitioning {
    /// The name in an execution plan.
    pub fn name(&self) -> &'static str {
        match self {
            Partitioning::Unspecified | Partitioning::Forward => "FORWARD",
            Partitioning::Hash => "HASH",
            Partitioning::Rebalance => "REBALANCE",
            Partitioning::Rescale => "RESCALE",
            Partitioning::Shuffle => "SHUFFLE",
            Partitioning::Broadcast => "BROADCAST",
            Partitioning::Global => "GLOBAL",
            Partitioning::Custom(_) => "CUSTOM",
        }
    }

    pub(super) fn resolve(&self, from_parallelism: usize, to_parallelism: usize) -> Partitioning {
        match self {
            Partitioning::Unspecified if from_parallelism == to_parallelism => Partitioning::Forward,
            Partitioning::Unspecified => Partitioning::Rebalance,
            other => other.clone(),
        }
    }
}

#[derive(Clone)]
pub struct StreamNode {
    pub id: NodeId,
    pub name: String,
    pub uid: Option<String>,
    pub kind: NodeKind,
    /// `None` takes the environment's.
    pub parallelism: Option<usize>,
    pub max_parallelism: Option<u16>,
    pub chaining: Chaining,
    pub slot_sharing_group: Option<String>,
    /// The line of the program that built it: `job.py:12`.
    pub place: Option<String>,
}

#[derive(Clone)]
pub struct StreamEdge {
    pub from: NodeId,
    pub to: NodeId,
    /// Which input of `to`.
    pub input: usize,
    /// The side output it carries; `None` for the main output.
    pub tag: Option<Arc<str>>,
    pub partitioning: Partitioning,
}

#[derive(Clone, Default)]
pub struct StreamGraph {
    pub nodes: Vec<StreamNode>,
    pub edges: Vec<StreamEdge>,
}

impl StreamGraph {
    pub fn add_node(&mut self, name: impl Into<String>, kind: NodeKind) -> NodeId {
        let id = self.nodes.len() + 1;
        self.nodes.push(StreamNode {
            id,
            name: name.into(),
            uid: None,
            kind,
            parallelism: None,
            max_parallelism: None,
            chaining: Chaining::default(),
            slot_sharing_group: None,
            place: None,
        });
        id
    }

    pub fn add_edge(&mut self, edge: StreamEdge) {
        self.edges.push(edge);
    }

    pub fn node(&self, id: NodeId) -> &StreamNode {
        &self.nodes[id - 1]
    }

    pub fn node_mut(&mut self, id: NodeId) -> &mut StreamNode {
        &mut self.nodes[id - 1]
    }

    pub fn inputs(&self, id: NodeId) -> impl Iterator<Item = &StreamEdge> {
        self.edges.iter().filter(move |edge| edge.to == id)
    }

    pub fn outputs(&self, id: NodeId) -> impl Iterator<Item = &StreamEdge> {
        self.edges.iter().filter(move |edge| edge.from == id)
    }

    /// Refuses a graph that can't run, with what to change.
    pub fn validate(&self, default_parallelism: usize) -> Result<()> {
        if self.nodes.is_empty() {
            return Err(Error::config("the program has no operators")
                .with_hint("add a source, for example env.from_collection([...]), and a sink such as .print()"));
        }
        let mut uids = std::collections::HashMap::new();
        for node in &self.nodes {
            if let Some(uid) = &node.uid
                && let Some(other) = uids.insert(uid, &node.name)
            {
                return Err(Error::config(format!(
                    "the operators '{other}' and '{}' share the uid '{uid}'",
                    node.name
                ))
                .with_hint("give each operator its own uid"));
            }
        }
        let parallelism = |node: &StreamNode| node.parallelism.unwrap_or(default_parallelism);
        for node in &self.nodes {
            if let Some(most) = node.max_parallelism
                && parallelism(node) > usize::from(most)
            {
                return Err(Error::config(format!(
                    "'{}' has the parallelism {}, and a maximum of {most}",
                    node.name,
                    parallelism(node)
                ))
                .with_hint("set a lower parallelism, or a higher one with set_max_parallelism()"));
            }
        }
        for edge in &self.edges {
            let (from, to) = (self.node(edge.from), self.node(edge.to));
            if matches!(edge.partitioning, Partitioning::Forward) && parallelism(from) != parallelism(to) {
                return Err(Error::config(format!(
                    "forward() from '{}' (parallelism {}) to '{}' (parallelism {}) needs equal parallelisms",
                    from.name,
                    parallelism(from),
                    to.name,
                    parallelism(to)
                ))
                .with_hint("use rebalance() or rescale(), or set the same parallelism on both"));
            }
        }
        Ok(())
    }
}
