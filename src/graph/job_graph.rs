//! What runs: operators chained into vertices, each a task per subtask.

use std::collections::HashMap;

use super::stream_graph::{Chaining, NodeId, NodeKind, Partitioning, StreamEdge, StreamGraph};

/// A chain of operators; the first is the head, and each later one is fed by an earlier one of the chain.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct JobVertex {
    pub nodes: Vec<NodeId>,
    pub parallelism: usize,
    pub max_parallelism: u16,
}

/// A stream between two vertices.
pub struct JobEdge {
    pub stream: StreamEdge,
    pub from_vertex: usize,
    pub to_vertex: usize,
    pub partitioning: Partitioning,
}

pub struct JobGraph {
    pub vertices: Vec<JobVertex>,
    pub edges: Vec<JobEdge>,
}

impl JobGraph {
    /// Chains what can be chained. `chaining` is `false` after `disable_operator_chaining()`.
    pub fn new(graph: &StreamGraph, default_parallelism: usize, default_max: u16, chaining: bool) -> Self {
        let parallelism = |id: NodeId| graph.node(id).parallelism.unwrap_or(default_parallelism);
        let mut vertices: Vec<JobVertex> = Vec::new();
        let mut vertex_of: HashMap<NodeId, usize> = HashMap::new();
        for node in &graph.nodes {
            let upstream = chainable_input(graph, node.id, &parallelism).filter(|_| chaining);
            let vertex = match upstream {
                // nodes are numbered in program order, so the upstream node has its vertex already
                Some(edge) => vertex_of[&edge.from],
                None => {
                    vertices.push(JobVertex {
                        nodes: Vec::new(),
                        parallelism: parallelism(node.id),
                        max_parallelism: node.max_parallelism.unwrap_or(default_max),
                    });
                    vertices.len() - 1
                }
            };
            vertices[vertex].nodes.push(node.id);
            vertex_of.insert(node.id, vertex);
        }
        let edges = graph
            .edges
            .iter()
            .filter(|edge| {
                !(chaining
                    && chainable_input(graph, edge.to, &parallelism)
                        .is_some_and(|chained| std::ptr::eq(chained, *edge)))
            })
            .map(|edge| JobEdge {
                from_vertex: vertex_of[&edge.from],
                to_vertex: vertex_of[&edge.to],
                partitioning: edge.partitioning.resolve(parallelism(edge.from), parallelism(edge.to)),
                stream: edge.clone(),
            })
            .collect();
        JobGraph { vertices, edges }
    }
}

/// The edge over which the node runs in the task of its only input, if it may.
fn chainable_input<'a>(
    graph: &'a StreamGraph,
    id: NodeId,
    parallelism: &impl Fn(NodeId) -> usize,
) -> Option<&'a StreamEdge> {
    let mut inputs = graph.inputs(id);
    let edge = inputs.next()?;
    if inputs.next().is_some() {
        return None;
    }
    let (up, down) = (graph.node(edge.from), graph.node(id));
    let same_task = match edge.partitioning.resolve(parallelism(up.id), parallelism(id)) {
        Partitioning::Forward => true,
        Partitioning::Custom(_) => false,
        // between two single subtasks every partitioning is the same, and a thread hop would buy nothing
        _ => parallelism(up.id) == 1 && parallelism(id) == 1,
    };
    (same_task
        && parallelism(up.id) == parallelism(id)
        && down.chaining == Chaining::Always
        && up.chaining != Chaining::Never
        && !matches!(down.kind, NodeKind::Source { .. })
        && up.slot_sharing_group == down.slot_sharing_group)
        .then_some(edge)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::operator::{Operator, OperatorFactory, SubtaskContext};
    use crate::{Error, Result};
    use std::sync::Arc;

    struct Never;
    impl OperatorFactory for Never {
        fn create(&self, _: &SubtaskContext) -> Result<Box<dyn Operator>> {
            Err(Error::internal("not run in these tests"))
        }
    }

    fn chain_of(n: usize) -> StreamGraph {
        let mut graph = StreamGraph::default();
        for i in 1..=n {
            graph.add_node(format!("n{i}"), NodeKind::Operator(Arc::new(Never)));
            if i > 1 {
                graph.add_edge(StreamEdge {
                    from: i - 1,
                    to: i,
                    input: 0,
                    tag: None,
                    partitioning: Partitioning::Unspecified,
                });
            }
        }
        graph
    }

    fn vertices(graph: &StreamGraph, parallelism: usize) -> Vec<Vec<NodeId>> {
        JobGraph::new(graph, parallelism, 128, true).vertices.into_iter().map(|v| v.nodes).collect()
    }

    #[test]
    fn equal_parallelism_chains() {
        assert_eq!(vertices(&chain_of(3), 2), [vec![1, 2, 3]]);
    }

    #[test]
    fn a_key_by_breaks_the_chain_unless_there_is_one_subtask() {
        let mut graph = chain_of(2);
        graph.edges[0].partitioning = Partitioning::Hash;
        assert_eq!(vertices(&graph, 2), [vec![1], vec![2]]);
        assert_eq!(vertices(&graph, 1), [vec![1, 2]]);
    }

    #[test]
    fn start_new_chain_and_disable_chaining() {
        let mut graph = chain_of(4);
        graph.node_mut(2).chaining = Chaining::Head;
        assert_eq!(vertices(&graph, 1), [vec![1], vec![2, 3, 4]]);
        graph.node_mut(3).chaining = Chaining::Never;
        assert_eq!(vertices(&graph, 1), [vec![1], vec![2], vec![3], vec![4]]);
        assert_eq!(JobGraph::new(&chain_of(3), 1, 128, false).vertices.len(), 3);
    }

    #[test]
    fn a_union_starts_a_task() {
        let mut graph = chain_of(2);
        let third = graph.add_node("union", NodeKind::Operator(Arc::new(Never)));
        for from in [1, 2] {
            graph.add_edge(StreamEdge {
                from,
                to: third,
                input: 0,
                tag: None,
                partitioning: Partitioning::Unspecified,
            });
        }
        let job = JobGraph::new(&graph, 1, 128, true);
        assert_eq!(job.vertices.len(), 2);
        assert_eq!(job.edges.len(), 2);
    }

    #[test]
    fn forward_between_unequal_parallelisms_is_refused() {
        let mut graph = chain_of(2);
        graph.edges[0].partitioning = Partitioning::Forward;
        graph.node_mut(1).parallelism = Some(2);
        let message = graph.validate(1).unwrap_err().to_string();
        assert!(message.contains("'n1' (parallelism 2) to 'n2' (parallelism 1)"), "{message}");
    }
}
