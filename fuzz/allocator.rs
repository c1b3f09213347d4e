//! Counts the memory that is in use, and notes who wants too much at once.

use std::alloc::{GlobalAlloc, Layout, System};
use std::sync::atomic::{AtomicI64, AtomicUsize, Ordering::SeqCst};

use mimalloc::MiMalloc;

/// What is more at once is taken from the allocator that users have, which sets aside as much as is asked for, and gives
/// memory as it is written to. The system's would end the process.
const HUGE: usize = 256 << 20;

static USED: AtomicI64 = AtomicI64::new(0);
static PEAK: AtomicI64 = AtomicI64::new(0);
static HUGEST: AtomicUsize = AtomicUsize::new(0);

struct Counting;

#[global_allocator]
static ALLOCATOR: Counting = Counting;

fn taken(bytes: usize) {
    let used = USED.fetch_add(bytes as i64, SeqCst) + bytes as i64;
    PEAK.fetch_max(used, SeqCst);
}

// SAFETY: two other allocators do the work, each what it has given out itself
unsafe impl GlobalAlloc for Counting {
    unsafe fn alloc(&self, layout: Layout) -> *mut u8 {
        if layout.size() > HUGE {
            HUGEST.fetch_max(layout.size(), SeqCst);
            return unsafe { MiMalloc.alloc(layout) };
        }
        taken(layout.size());
        unsafe { System.alloc(layout) }
    }

    unsafe fn dealloc(&self, pointer: *mut u8, layout: Layout) {
        if layout.size() > HUGE {
            return unsafe { MiMalloc.dealloc(pointer, layout) };
        }
        USED.fetch_sub(layout.size() as i64, SeqCst);
        unsafe { System.dealloc(pointer, layout) }
    }
}

/// Looks at the memory that one case takes.
pub struct Watch {
    before: i64,
    limit: usize,
}

impl Watch {
    pub fn begin(limit: usize) -> Watch {
        let before = USED.load(SeqCst);
        PEAK.store(before, SeqCst);
        HUGEST.store(0, SeqCst);
        Watch { before, limit }
    }

    /// The most that was in use meanwhile, and the most that was set aside at once, where either is too much.
    pub fn end(self) -> (Option<usize>, Option<usize>) {
        let most = (PEAK.load(SeqCst) - self.before).max(0) as usize;
        let huge = HUGEST.load(SeqCst);
        ((most > self.limit).then_some(most), (huge > 0).then_some(huge))
    }
}
