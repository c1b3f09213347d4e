//! Against a real broker: see the parent module's documentation.
