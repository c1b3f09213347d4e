//! The graph a program builds, chaining, and the graph that runs.
