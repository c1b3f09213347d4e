//! What is kept of some records to aggregate them: one accumulator a function, with a place for each window.

use std::ops::Range;

use arrow::array::ArrayRef;

use super::call::Call;
use crate::error::Result;

/// The place of a row that is not to be added.
pub const NOWHERE: u32 = u32::MAX;

/// Why a value could not be added, and the row.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Overflow(pub usize);

/// One function over many groups of records. Each group has a place; an empty one is as it is before the first record.
pub trait Accumulator: Send {
    /// Makes places up to that number.
    fn grow(&mut self, places: usize);

    /// Adds the values of some rows, each at its place. `arrival` is the number of the row 0 among all records.
    fn add(&mut self, values: &ArrayRef, rows: Range<usize>, places: &[u32], arrival: u64) -> Result<(), Overflow>;

    /// Adds what is at the second place of each pair to the first, one pair after the other.
    fn merge(&mut self, pairs: &[(u32, u32)]) -> Result<(), Overflow>;

    fn clear(&mut self, places: &[u32]);

    /// The results of those places.
    fn results(&self, places: &[u32]) -> ArrayRef;

    /// All that is kept at those places, as columns: always as many, and of the same types.
    fn export(&self, places: &[u32]) -> Vec<ArrayRef> {
        vec![self.results(places)]
    }

    /// Puts the rows of exported columns at those places, which are empty.
    fn import(&mut self, columns: &[ArrayRef], places: &[u32]);

    /// What is kept now, whatever becomes of it; costs next to nothing.
    fn share(&mut self) -> Box<dyn Accumulator>;
}

/// All functions of an operator over the same places.
pub struct Accumulators {
    calls: Vec<Call>,
    of: Vec<Box<dyn Accumulator>>,
    /// Places that were given back.
    free: Vec<u32>,
    /// How many places there are.
    places: u32,
    grown: u32,
    /// How many records have come.
    arrived: u64,
}

impl Accumulators {
    pub fn new(calls: &[Call]) -> Accumulators {
        Accumulators {
            of: calls.iter().map(Call::accumulator).collect(),
            calls: calls.to_vec(),
            free: Vec::new(),
            places: 0,
            grown: 0,
            arrived: 0,
        }
    }

    /// A new, empty place.
    #[inline]
    pub fn place(&mut self) -> u32 {
        self.free.pop().unwrap_or_else(|| {
            self.places += 1;
            self.places - 1
        })
    }

    /// Gives places back.
    pub fn release(&mut self, places: &[u32]) {
        self.grow();
        self.of.iter_mut().for_each(|accumulator| accumulator.clear(places));
        self.free.extend_from_slice(places);
    }

    /// How many places are in use.
    #[cfg(test)]
    pub fn used(&self) -> usize {
        self.places as usize - self.free.len()
    }

    fn grow(&mut self) {
        if self.grown < self.places {
            self.grown = self.places;
            self.of.iter_mut().for_each(|accumulator| accumulator.grow(self.places as usize));
        }
    }

    /// The number of the next record.
    pub fn arrived(&self) -> u64 {
        self.arrived
    }

    /// All of a batch's records have been added.
    pub fn next_batch(&mut self, records: usize) {
        self.arrived += records as u64;
    }

    /// Adds some rows of a batch, of which `values` are the arguments of each function.
    pub fn add(&mut self, values: &[ArrayRef], rows: Range<usize>, places: &[u32]) -> Result<(), (usize, usize)> {
        self.grow();
        for (at, accumulator) in self.of.iter_mut().enumerate() {
            let added = accumulator.add(&values[at], rows.clone(), places, self.arrived);
            added.map_err(|Overflow(row)| (at, row))?;
        }
        Ok(())
    }

    /// See [`Accumulator::merge`].
    pub fn merge(&mut self, pairs: &[(u32, u32)]) -> Result<()> {
        self.grow();
        for (call, accumulator) in self.calls.iter().zip(&mut self.of) {
            accumulator.merge(pairs).map_err(|_| call.overflow())?;
        }
        Ok(())
    }

    /// See [`Accumulator::export`].
    pub fn export(&mut self, places: &[u32]) -> Vec<ArrayRef> {
        self.grow();
        self.of.iter().flat_map(|accumulator| accumulator.export(places)).collect()
    }

    /// Puts the rows of exported columns at new places.
    pub fn import(&mut self, mut columns: &[ArrayRef], rows: usize) -> Vec<u32> {
        let places: Vec<u32> = (0..rows).map(|_| self.place()).collect();
        self.grow();
        for accumulator in &mut self.of {
            let (own, others) = columns.split_at(accumulator.export(&[]).len());
            accumulator.import(own, &places);
            columns = others;
        }
        places
    }

    /// See [`Accumulator::share`]; only to be read.
    pub fn share(&mut self) -> Accumulators {
        self.grow();
        Accumulators {
            of: self.of.iter_mut().map(|accumulator| accumulator.share()).collect(),
            calls: self.calls.clone(),
            free: Vec::new(),
            places: self.places,
            grown: self.grown,
            arrived: self.arrived,
        }
    }

    /// Goes on with that number of the next record.
    pub fn go_on(&mut self, arrived: u64) {
        self.arrived = self.arrived.max(arrived);
    }

    pub fn results(&mut self, places: &[u32]) -> Vec<ArrayRef> {
        self.grow();
        self.of.iter().map(|accumulator| accumulator.results(places)).collect()
    }
}
