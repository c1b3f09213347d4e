"""Week 4: state, timers, checkpoints, and what is odd about an order."""
