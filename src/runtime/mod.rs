//! Tasks, exchanges and executors.
