//! Batches of opaque objects: what the engine needs to know of them.

use std::any::Any;
use std::sync::Arc;

use bytes::Bytes;

use crate::error::Result;
use crate::types::Value;

/// A vector of values the engine cannot look into; a language binding implements it over its own objects.
pub trait Objects: Send + Sync + 'static {
    fn len(&self) -> usize;

    fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// An estimate in bytes; it need not look at every object.
    fn byte_size(&self) -> usize;

    fn take(&self, indices: &[u32]) -> Box<dyn Objects>;

    /// Splits into `[0, at)`, which stays, and `[at, len)`, which is returned.
    fn split_off(&mut self, at: usize) -> Box<dyn Objects>;

    /// Appends objects of the same binding.
    fn append(&mut self, other: Box<dyn Objects>);

    fn clone_box(&self) -> Box<dyn Objects>;

    /// The object at `index` as a user would see it printed, for messages.
    fn describe(&self, index: usize) -> String;

    /// The object as a scalar where it has one, for canonical key encoding; otherwise its serialised bytes.
    fn key_value(&self, index: usize) -> Result<Value>;

    /// Serialises the object at `index`: for checkpoints and stores of bytes, nowhere else.
    fn encode(&self, index: usize) -> Result<Vec<u8>>;

    /// Serialises all of them, in a form that [`DecodeObjects`] reads.
    fn encode_all(&self) -> Result<Vec<u8>>;

    fn as_any(&self) -> &dyn Any;

    fn into_any(self: Box<Self>) -> Box<dyn Any>;
}

/// Makes objects of what [`Objects::encode_all`] wrote.
pub type DecodeObjects = Arc<dyn Fn(&Bytes) -> Result<Box<dyn Objects>> + Send + Sync>;
