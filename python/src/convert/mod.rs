//! Values across the boundary, a column at a time.

pub mod from_python;
pub mod to_python;
