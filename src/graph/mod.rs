//! The graph a program builds, chaining, and the graph that runs.

mod identity;
mod job_graph;
mod plan;
mod stream_graph;

pub use identity::identities;
pub use job_graph::{JobEdge, JobGraph, JobVertex};
pub use stream_graph::{
    Chaining, CustomPartitioner, NodeId, NodeKind, Partitioning, StreamEdge, StreamGraph, StreamNode,
};
