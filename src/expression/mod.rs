//! Native expressions over columns.
