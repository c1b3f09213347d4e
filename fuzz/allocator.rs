//! Counts the memory that is in use, and stops what wants too much before the machine suffers.

use std::alloc::{GlobalAlloc, Layout, System};
use std::io::Write;
use std::sync::atomic::{AtomicI64, AtomicU64, AtomicUsize, Ordering::SeqCst};

/// A single request beyond it is refused, which ends the process.
const REFUSED: usize = 1 << 30;

static USED: AtomicI64 = AtomicI64::new(0);
static PEAK: AtomicI64 = AtomicI64::new(0);
static CASE: AtomicU64 = AtomicU64::new(0);
static TARGET: AtomicUsize = AtomicUsize::new(0);
static TARGET_LENGTH: AtomicUsize = AtomicUsize::new(0);

struct Counting;

#[global_allocator]
static ALLOCATOR: Counting = Counting;

fn taken(bytes: usize) {
    let used = USED.fetch_add(bytes as i64, SeqCst) + bytes as i64;
    PEAK.fetch_max(used, SeqCst);
}

/// Says which case it was: there will be no other message.
fn refuse(bytes: usize) -> *mut u8 {
    // SAFETY: pointer and length of a `&'static str`, or of nothing
    let target = match TARGET.load(SeqCst) {
        0 => "none",
        start => unsafe {
            std::str::from_utf8_unchecked(std::slice::from_raw_parts(start as *const u8, TARGET_LENGTH.load(SeqCst)))
        },
    };
    let (mut out, case) = (std::io::stderr(), CASE.load(SeqCst));
    let _ = writeln!(out, "{target} wants {bytes} bytes at once\nplay it again: make fuzz TARGET={target} CASE={case}");
    std::ptr::null_mut()
}

// SAFETY: the system's allocator does the work
unsafe impl GlobalAlloc for Counting {
    unsafe fn alloc(&self, layout: Layout) -> *mut u8 {
        if layout.size() > REFUSED {
            return refuse(layout.size());
        }
        taken(layout.size());
        unsafe { System.alloc(layout) }
    }

    unsafe fn alloc_zeroed(&self, layout: Layout) -> *mut u8 {
        if layout.size() > REFUSED {
            return refuse(layout.size());
        }
        taken(layout.size());
        unsafe { System.alloc_zeroed(layout) }
    }

    unsafe fn realloc(&self, pointer: *mut u8, layout: Layout, size: usize) -> *mut u8 {
        if size > REFUSED {
            return refuse(size);
        }
        taken(size);
        USED.fetch_sub(layout.size() as i64, SeqCst);
        unsafe { System.realloc(pointer, layout, size) }
    }

    unsafe fn dealloc(&self, pointer: *mut u8, layout: Layout) {
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
    pub fn begin(target: &'static str, case: u64, limit: usize) -> Watch {
        TARGET_LENGTH.store(target.len(), SeqCst);
        TARGET.store(target.as_ptr() as usize, SeqCst);
        CASE.store(case, SeqCst);
        let before = USED.load(SeqCst);
        PEAK.store(before, SeqCst);
        Watch { before, limit }
    }

    /// The most that was in use meanwhile, where that is too much.
    pub fn end(self) -> Result<(), usize> {
        let most = (PEAK.load(SeqCst) - self.before).max(0) as usize;
        if most > self.limit { Err(most) } else { Ok(()) }
    }
}
