//! What an operator's state is found by when a job is restored.

use std::collections::HashMap;

use twox_hash::XxHash64;

use super::stream_graph::{NodeKind, StreamGraph};

/// The identity of each node, in their order: its uid, or what follows from its place in the graph (its kind, its name
/// and what feeds it). The latter changes with anything upstream, so operators with state should have a uid.
pub fn identities(graph: &StreamGraph) -> Vec<String> {
    let mut identities: Vec<String> = Vec::with_capacity(graph.nodes.len());
    let mut seen: HashMap<String, usize> = HashMap::new();
    for node in &graph.nodes {
        let kind = match node.kind {
            NodeKind::Source { .. } => "source",
            NodeKind::Operator(_) => "operator",
            NodeKind::Sink(_) => "sink",
        };
        let identity = node.uid.clone().unwrap_or_else(|| {
            let mut place = format!("{kind}\0{}", node.name);
            // nodes are numbered in the order of the program, so that a node's inputs come before it; an iteration's
            // feedback would be the exception, and there is none
            for edge in graph.inputs(node.id).filter(|edge| edge.from < node.id) {
                let tag = edge.tag.as_deref().unwrap_or_default();
                place += &format!("\0{}\0{tag}\0{}", edge.input, identities[edge.from - 1]);
            }
            format!("auto-{:016x}", XxHash64::oneshot(0, place.as_bytes()))
        });
        // two of one name that are fed by the same stream: told apart by their order
        let before = seen.entry(identity.clone()).or_default();
        *before += 1;
        identities.push(if *before == 1 { identity } else { format!("{identity}-{before}") });
    }
    identities
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use super::super::stream_graph::{Partitioning, StreamEdge};
    use super::*;
    use crate::operator::{Operator, SubtaskContext};

    fn chain(names: &[&str]) -> StreamGraph {
        let mut graph = StreamGraph::default();
        for name in names {
            let factory = |_: &SubtaskContext| -> crate::error::Result<Box<dyn Operator>> { unreachable!() };
            let to = graph.add_node(*name, NodeKind::Operator(Arc::new(factory)));
            if to > 1 {
                let partitioning = Partitioning::Unspecified;
                graph.add_edge(StreamEdge { from: to - 1, to, input: 0, tag: None, partitioning });
            }
        }
        graph
    }

    #[test]
    fn a_uid_is_the_identity() {
        let mut graph = chain(&["a", "b", "c"]);
        graph.node_mut(2).uid = Some("mine".into());
        let before = identities(&graph);
        assert_eq!(before[1], "mine");
        // what comes in front of it may change
        let mut changed = chain(&["a", "new", "b", "c"]);
        changed.node_mut(3).uid = Some("mine".into());
        let after = identities(&changed);
        assert_eq!((&after[0], &after[2], &after[3]), (&before[0], &before[1], &before[2]));
    }

    #[test]
    fn without_a_uid_the_place_counts() {
        let before = identities(&chain(&["a", "b"]));
        assert_eq!(identities(&chain(&["a", "b", "c"]))[..2], before);
        assert_ne!(identities(&chain(&["x", "b"]))[1], before[1]);
        let mut twice = chain(&["a", "b", "b"]);
        twice.edges[1].from = 1;
        let twice = identities(&twice);
        assert_eq!(twice[2], format!("{}-2", twice[1]));
    }
}
