//! Everything that reads bytes it did not write, fed with bytes that are nearly right: none may panic, or take memory
//! that its input does not account for.
//!
//! Some thousand cases each run with the tests. `make fuzz CASES=1000000` runs more, `make fuzz TARGET=json` one target,
//! and a case that fails says how it is played again. Nothing here needs more than `cargo test`: the mutations know what
//! the formats are made of, where a fuzzer that is guided by coverage would find out.

mod allocator;
mod broker;
mod checkpoints;
mod formats;
mod kafka;
mod mutate;

use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Mutex, PoisonError};

use mutate::{Mutations, Random};

/// Of each target, unless `FLOTT_FUZZ_CASES` says how many.
const CASES: u64 = 3_000;

/// What a target may take beside what its input accounts for, and for each byte of that.
const MEMORY: usize = 8 << 20;
const MEMORY_A_BYTE: usize = 512;

/// One target at a time: memory is counted for the whole process.
static TURN: Mutex<()> = Mutex::new(());

/// Panics in other threads since the last case.
static PANICS: AtomicUsize = AtomicUsize::new(0);

fn variable(name: &str) -> Option<u64> {
    std::env::var(name).ok().map(|text| text.parse().unwrap_or_else(|_| panic!("{name} is a number, not '{text}'")))
}

/// Feeds a target with what mutations make of some inputs that are right.
fn fuzz(target: &'static str, mutations: &Mutations, feed: impl FnMut(&[u8])) {
    Fuzz { times: 1, sets_aside: false }.run(target, mutations, feed);
}

/// How a target is fed.
struct Fuzz {
    /// So many times fewer cases than of others.
    times: u64,
    /// It may set aside memory that it never writes to.
    sets_aside: bool,
}

impl Fuzz {
    fn run(&self, target: &'static str, mutations: &Mutations, mut feed: impl FnMut(&[u8])) {
        if std::env::var("FLOTT_FUZZ_TARGET").is_ok_and(|wanted| wanted != target) {
            return;
        }
        let _turn = TURN.lock().unwrap_or_else(PoisonError::into_inner);
        let (hook, own) = (std::panic::take_hook(), std::thread::current().id());
        std::panic::set_hook(Box::new(move |panic| {
            // one of this thread is seen where it is fed
            if std::thread::current().id() != own {
                PANICS.fetch_add(1, Ordering::SeqCst);
                hook(panic);
            }
        }));
        let cases = match variable("FLOTT_FUZZ_CASE") {
            Some(one) => one..one + 1,
            None => 0..variable("FLOTT_FUZZ_CASES").unwrap_or(CASES) / self.times,
        };
        let failure = cases.into_iter().find_map(|case| {
            let input = mutations.input(&mut Random::new(target, case));
            PANICS.store(0, Ordering::SeqCst);
            let memory = allocator::Watch::begin(MEMORY + MEMORY_A_BYTE * input.len());
            let fed = catch_unwind(AssertUnwindSafe(|| feed(&input)));
            let (taken, set_aside) = memory.end();
            let what = match (fed, taken.or(set_aside).filter(|_| !self.sets_aside)) {
                (Err(panic), _) => format!("panics ({})", text_of(panic.as_ref())),
                _ if PANICS.load(Ordering::SeqCst) > 0 => "panics in another thread".to_owned(),
                (Ok(()), Some(bytes)) => format!("takes {bytes} bytes of memory for {}", input.len()),
                (Ok(()), None) => return None,
            };
            Some(format!("{target} {what}: {}\nplay it again: make fuzz TARGET={target} CASE={case}", shown(&input)))
        });
        drop(std::panic::take_hook());
        if let Some(failure) = failure {
            panic!("{failure}");
        }
    }
}

fn text_of(panic: &(dyn std::any::Any + Send)) -> String {
    let text = panic.downcast_ref::<String>().cloned();
    text.or_else(|| panic.downcast_ref::<&str>().map(|text| (*text).to_owned())).unwrap_or_default()
}

/// An input as text, shortened.
fn shown(input: &[u8]) -> String {
    const SHOWN: usize = 2_000;
    let more = if input.len() > SHOWN { format!("… ({} bytes)", input.len()) } else { String::new() };
    format!("b\"{}\"{more}", input[..input.len().min(SHOWN)].escape_ascii())
}
