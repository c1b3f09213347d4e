//! Drops what has expired when RocksDB compacts its files.

use std::ffi::CStr;
use std::sync::{Arc, RwLock};

use rocksdb::CompactionDecision;
use rocksdb::compaction_filter::CompactionFilter;
use rocksdb::compaction_filter_factory::{CompactionFilterContext, CompactionFilterFactory};

use super::{Expiry, Rows, elements};
use crate::time::Clock;

/// By the number of the state; `None` for those that don't expire, or not here.
pub type Expiries = Arc<RwLock<Vec<Option<Expiry>>>>;

pub struct Factory {
    pub expiries: Expiries,
    pub clock: Arc<dyn Clock>,
}

impl CompactionFilterFactory for Factory {
    type Filter = Filter;

    fn create(&mut self, _context: CompactionFilterContext) -> Filter {
        let expiries = self.expiries.read().unwrap_or_else(|poisoned| poisoned.into_inner()).clone();
        Filter { expiries, clock: self.clock.clone(), now: self.clock.now(), since: 0 }
    }

    fn name(&self) -> &CStr {
        c"flott.TimeToLive"
    }
}

pub struct Filter {
    expiries: Vec<Option<Expiry>>,
    clock: Arc<dyn Clock>,
    /// Processing time (ms) when it was looked at last, so many rows ago.
    now: i64,
    since: u64,
}

impl CompactionFilter for Filter {
    fn filter(&mut self, _level: u32, row: &[u8], value: &[u8]) -> CompactionDecision {
        let Some((key, _)) = Rows::key(row) else { return CompactionDecision::Keep };
        let Some(Some(expiry)) = self.expiries.get(usize::from(Rows::state(row))) else {
            return CompactionDecision::Keep;
        };
        let Some((_, value)) = Rows::value(key, value) else { return CompactionDecision::Keep };
        self.since += 1;
        if self.since >= expiry.look_after {
            (self.now, self.since) = (self.clock.now(), 0);
        }
        match expired(expiry, value, self.now) {
            true => CompactionDecision::Remove,
            false => CompactionDecision::Keep,
        }
    }

    fn name(&self) -> &CStr {
        c"flott.TimeToLive"
    }
}

/// Whether all of a row's value has expired.
fn expired(expiry: &Expiry, value: &[u8], now: i64) -> bool {
    let is_over = |value: &[u8]| touched(value).is_some_and(|touched| expiry.ttl.expired(touched, now));
    match expiry.list {
        true => elements(value).all(|element| element.is_some_and(is_over)),
        false => is_over(value),
    }
}

/// When a value that can expire was touched last, in ms.
fn touched(value: &[u8]) -> Option<i64> {
    Some(i64::from_le_bytes(value.get(..8)?.try_into().ok()?))
}

#[cfg(test)]
mod tests {
    use super::super::push_element;
    use super::*;
    use crate::state::Ttl;

    #[test]
    fn a_list_goes_when_all_its_elements_have_expired() {
        let ttl = Ttl { millis: 10, update_on_read: false, return_expired: false };
        let expiry = |list| Expiry { ttl, list, look_after: 1 };
        let value = |touched: i64| [&touched.to_le_bytes()[..], b"value"].concat();
        assert!(expired(&expiry(false), &value(100), 110));
        assert!(!expired(&expiry(false), &value(100), 109));
        let mut list = Vec::new();
        push_element(&mut list, &value(100));
        push_element(&mut list, &value(105));
        assert!(!expired(&expiry(true), &list, 114));
        assert!(expired(&expiry(true), &list, 115));
        assert!(!expired(&expiry(false), b"short", 115), "what is no value of ours stays");
    }
}
