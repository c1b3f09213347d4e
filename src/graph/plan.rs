//! The execution plan as JSON, in the form Flink's plan visualizer reads.

use serde_json::{Value, json};

use super::job_graph::JobGraph;
use super::stream_graph::{NodeKind, StreamGraph};

impl StreamGraph {
    /// Beyond what Flink's plan says, `task` numbers the tasks: operators of one task are chained.
    pub fn execution_plan(&self, default_parallelism: usize, chaining: bool) -> Value {
        let vertices = JobGraph::new(self, default_parallelism, 1, chaining).vertices;
        let task = |id: usize| vertices.iter().position(|vertex| vertex.nodes.contains(&id));
        let parallelism = |id: usize| self.node(id).parallelism.unwrap_or(default_parallelism);
        let nodes = self.nodes.iter().map(|node| {
            let kind = match node.kind {
                NodeKind::Source { .. } => "Source",
                NodeKind::Sink(_) => "Sink",
                NodeKind::Operator(_) => "Operator",
            };
            let label = if kind == "Operator" { node.name.clone() } else { format!("{kind}: {}", node.name) };
            let mut entry = json!({
                "id": node.id,
                "type": label,
                "pact": match kind { "Source" => "Data Source", "Sink" => "Data Sink", other => other },
                "contents": label,
                "parallelism": parallelism(node.id),
                "task": task(node.id),
            });
            let predecessors: Vec<Value> = self
                .inputs(node.id)
                .map(|edge| {
                    let partitioning = edge.partitioning.resolve(parallelism(edge.from), parallelism(edge.to));
                    json!({"id": edge.from, "ship_strategy": partitioning.name(), "side": "second"})
                })
                .collect();
            if !predecessors.is_empty() {
                entry["predecessors"] = Value::Array(predecessors);
            }
            entry
        });
        json!({ "nodes": nodes.collect::<Vec<_>>() })
    }
}
