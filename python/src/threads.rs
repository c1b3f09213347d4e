//! The threads of a job as Python knows them: what Ctrl-C reaches when a user's function does not return.

use std::cell::RefCell;
use std::ffi::c_long;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use flott::runtime::AroundTask;
use pyo3::exceptions::PyKeyboardInterrupt;
use pyo3::ffi;
use pyo3::prelude::*;

thread_local! {
    /// The threads of the job whose task this thread runs.
    static OF_JOB: RefCell<Option<Threads>> = const { RefCell::new(None) };
}

#[derive(Clone, Default)]
pub struct Threads(Arc<Mutex<Vec<Thread>>>);

struct Thread {
    /// As `threading.get_ident()` gives it.
    id: c_long,
    task: String,
}

impl Threads {
    /// Keeps a task's thread known to the interpreter between batches, so that entering is cheap and thread-locals
    /// stay.
    pub fn around_task(&self) -> AroundTask {
        let threads = self.clone();
        Arc::new(move |body| {
            let mut body = Some(body);
            let entered = Python::try_attach(|py| {
                let id = current(py).ok();
                threads.lock().extend(id.map(|id| Thread { id, task: own_name() }));
                OF_JOB.set(Some(threads.clone()));
                if let Some(body) = body.take() {
                    py.detach(body);
                }
                threads.lock().retain(|thread| Some(thread.id) != id);
            });
            if entered.is_none()
                && let Some(body) = body
            {
                body();
            }
        })
    }

    /// Raises KeyboardInterrupt in the functions that run in these threads. One that executes Python ends with it; a
    /// call that blocks outside Python sees it when it returns.
    pub fn interrupt(&self, py: Python<'_>) {
        let exception = py.get_type::<PyKeyboardInterrupt>();
        for thread in self.lock().iter() {
            // SAFETY: the interpreter is attached, and a thread it does not know (any more) is passed over
            unsafe { ffi::PyThreadState_SetAsyncExc(thread.id, exception.as_ptr()) };
        }
    }

    /// The tasks whose threads have not ended.
    pub fn tasks(&self) -> Vec<String> {
        self.lock().iter().map(|thread| thread.task.clone()).collect()
    }

    fn lock(&self) -> MutexGuard<'_, Vec<Thread>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// Adds a thread to those of the job whose task calls this.
pub fn adopt(id: c_long, task: String) {
    OF_JOB.with_borrow(|threads| {
        threads.iter().for_each(|threads| threads.lock().push(Thread { id, task: task.clone() }))
    });
}

/// Undoes [`adopt`].
pub fn release(id: c_long) {
    OF_JOB.with_borrow(|threads| threads.iter().for_each(|threads| threads.lock().retain(|thread| thread.id != id)));
}

fn current(py: Python<'_>) -> PyResult<c_long> {
    // Python's own number is unsigned, the function that takes it is declared otherwise
    let id: std::ffi::c_ulong = py.import("_thread")?.call_method0("get_ident")?.extract()?;
    Ok(id as c_long)
}

fn own_name() -> String {
    std::thread::current().name().unwrap_or("a task").to_owned()
}
