//! Barriers and the decisions of the checkpoint coordinator.
