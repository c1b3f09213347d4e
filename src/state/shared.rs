//! A vector of which copies cost next to nothing: they share its chunks until one of them is written.

use std::ops::Range;
use std::sync::Arc;

/// How many values a chunk has: what is copied when one of them is written for the first time after a copy was made.
const CHUNK: usize = 1 << BITS;
const BITS: u32 = 10;

/// Values by number, as in a `Vec`. [`SharedVec::share`] makes a copy that sees none of what is written afterwards, to be
/// read in another thread.
pub struct SharedVec<T> {
    chunks: Vec<Chunk<T>>,
    length: usize,
}

/// All but the last one are full.
enum Chunk<T> {
    Own(Vec<T>),
    Shared(Arc<Vec<T>>),
}

impl<T> Default for SharedVec<T> {
    fn default() -> Self {
        SharedVec { chunks: Vec::new(), length: 0 }
    }
}

impl<T: Clone> Chunk<T> {
    #[inline]
    fn values(&self) -> &[T] {
        match self {
            Chunk::Own(values) => values,
            Chunk::Shared(values) => values,
        }
    }

    #[inline]
    fn own(&mut self) -> &mut Vec<T> {
        if let Chunk::Shared(_) = self {
            self.copy();
        }
        match self {
            Chunk::Own(values) => values,
            Chunk::Shared(_) => unreachable!("it was copied above"),
        }
    }

    #[cold]
    fn copy(&mut self) {
        if let Chunk::Shared(values) = self {
            let values = Arc::try_unwrap(std::mem::take(values)).unwrap_or_else(|shared| {
                let mut copy = Vec::with_capacity(CHUNK);
                copy.extend_from_slice(&shared);
                copy
            });
            *self = Chunk::Own(values);
        }
    }
}

impl<T: Clone> SharedVec<T> {
    pub fn len(&self) -> usize {
        self.length
    }

    pub fn is_empty(&self) -> bool {
        self.length == 0
    }

    #[inline]
    pub fn get(&self, at: usize) -> Option<&T> {
        self.chunks.get(at >> BITS)?.values().get(at & (CHUNK - 1))
    }

    #[inline]
    pub fn get_mut(&mut self, at: usize) -> Option<&mut T> {
        self.chunks.get_mut(at >> BITS)?.own().get_mut(at & (CHUNK - 1))
    }

    pub fn push(&mut self, value: T) {
        match self.chunks.last_mut() {
            Some(last) if self.length & (CHUNK - 1) != 0 => last.own().push(value),
            _ => {
                // small tables stay small
                let mut values = Vec::with_capacity(if self.chunks.is_empty() { 4 } else { CHUNK });
                values.push(value);
                self.chunks.push(Chunk::Own(values));
            }
        }
        self.length += 1;
    }

    /// Appends copies of `value` until there are so many values.
    pub fn grow(&mut self, length: usize, value: T) {
        while self.length < length {
            self.push(value.clone());
        }
    }

    pub fn iter(&self) -> impl Iterator<Item = &T> {
        self.chunks.iter().flat_map(Chunk::values)
    }

    /// The values with those numbers, one after the other.
    pub fn range(&self, range: Range<usize>) -> impl Iterator<Item = &T> {
        range.map(|at| &self[at])
    }

    /// A copy that shares everything there is now.
    pub fn share(&mut self) -> SharedVec<T> {
        let share = |chunk: &mut Chunk<T>| {
            let values = match chunk {
                Chunk::Own(values) => Arc::new(std::mem::take(values)),
                Chunk::Shared(values) => values.clone(),
            };
            *chunk = Chunk::Shared(values.clone());
            Chunk::Shared(values)
        };
        SharedVec { chunks: self.chunks.iter_mut().map(share).collect(), length: self.length }
    }
}

impl<T: Clone> std::ops::Index<usize> for SharedVec<T> {
    type Output = T;

    #[inline]
    fn index(&self, at: usize) -> &T {
        &self.chunks[at >> BITS].values()[at & (CHUNK - 1)]
    }
}

impl<T: Clone> std::ops::IndexMut<usize> for SharedVec<T> {
    #[inline]
    fn index_mut(&mut self, at: usize) -> &mut T {
        &mut self.chunks[at >> BITS].own()[at & (CHUNK - 1)]
    }
}

impl<T: Clone> FromIterator<T> for SharedVec<T> {
    fn from_iter<I: IntoIterator<Item = T>>(values: I) -> Self {
        let mut made = SharedVec::default();
        values.into_iter().for_each(|value| made.push(value));
        made
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_copy_sees_nothing_of_what_is_written_later() {
        let mut values: SharedVec<usize> = (0..3_000).collect();
        let copy = values.share();
        let second = values.share();
        values[5] = 99;
        values[2_999] = 98;
        values.push(3_000);
        assert_eq!((values[5], values[2_999], values[3_000], values.len()), (99, 98, 3_000, 3_001));
        for copy in [&copy, &second] {
            assert!(copy.iter().copied().eq(0..3_000));
            assert_eq!((copy.get(2_999), copy.get(3_000)), (Some(&2_999), None));
        }
        assert!(copy.range(1_020..1_030).copied().eq(1_020..1_030));
    }

    #[test]
    fn a_chunk_that_nobody_else_has_is_not_copied() {
        let mut values: SharedVec<String> = (0..10).map(|n| n.to_string()).collect();
        drop(values.share());
        let before = values[3].as_ptr();
        values[4] = "four".into();
        assert_eq!(values[3].as_ptr(), before, "strings would be other ones in a copy");
    }

    #[test]
    fn grows_with_copies_of_a_value() {
        let mut values = SharedVec::default();
        values.grow(1_030, 7);
        values.grow(10, 8);
        assert_eq!((values.len(), values.iter().sum::<i32>(), values.is_empty()), (1_030, 7_210, false));
    }
}
