//! Windows in a checkpoint. All that they have of keys is one keyed part, called "windows": pairs of a key and
//!
//! - in `windows of …`, the general ones: one of `("event timer", window, time, place)`, `("processing timer", window,
//!   time, place)`, `("memory", window, count, next fire)` of a built-in trigger, `("merging", [(window, where its contents
//!   are), …])`, `("contents", window, contents)`, and `("count", records so far)` of count windows;
//! - in `windows of time of …`, those that follow from time alone: `(start, end, arrival, contents)`;
//! - in `slices of …`: `(fired until, [(start, contents, arrival), …])`.
//!
//! Contents are a list, a reduced value or an accumulator, as the encoding says; with an evictor the list has pairs of a
//! record and its timestamp. A window is the pair of its start and end, its id, or the program's own object. Beside it stand
//! the item "watermark" (`timers.rs`), and the keyed state of the function ("state/…"), of
//! the trigger ("trigger/…") and of windows ("window state/…"), the latter two by pairs of a key and a window.

use flott::checkpoint::{KeyedPart, Snapshot};
use flott::window::{Held, Memory, Stored, StoredPanes, TimeAssigner, TimeSpan, TimeWindow};
use pyo3::IntoPyObjectExt;
use pyo3::exceptions::{PyRuntimeError, PyTypeError};
use pyo3::prelude::*;
use pyo3::types::{PyList, PyTuple};

use super::functions::Kept;
use super::keyed::{AnyWindows, PlainWindows};
use super::{PyAssigner, PySlicedWindows, PyWindow};
use crate::state::PyKey;
use crate::state::pickled::{self, Groups};

const PART: &str = "windows";
const PICKLE: &str = "pickle ";

fn contents(kept: &Kept, evicting: bool) -> &'static str {
    match kept {
        Kept::List if evicting => "lists with timestamps",
        Kept::List => "lists",
        Kept::Reduced { .. } => "reduced values",
        Kept::Aggregated { .. } => "accumulators",
    }
}

fn described(assigner: &TimeAssigner) -> String {
    let clock = if assigner.event_time { "event time" } else { "processing time" };
    match assigner.span {
        TimeSpan::Tumbling { size, offset } => format!("{size} ms of {clock} from {offset} ms"),
        TimeSpan::Sliding { size, slide, offset } => format!("{size} ms every {slide} ms of {clock} from {offset} ms"),
        TimeSpan::Session { gap } => format!("sessions of {clock} with a gap of {gap} ms"),
        TimeSpan::Global => "all time".into(),
    }
}

fn into_part(groups: Groups<'_>, encoding: &str, operator: &str) -> PyResult<Vec<KeyedPart>> {
    let part = groups.into_part(PART.into(), &format!("{PICKLE}{encoding}"), &format!("{operator}: a window"))?;
    Ok(vec![part])
}

/// Hands over what is restored, if it is what these windows have stored.
fn each_entry<'py>(
    py: Python<'py>,
    restored: &Snapshot,
    encoding: &str,
    take: impl FnMut(u16, Bound<'py, PyAny>, Bound<'py, PyAny>) -> PyResult<()>,
) -> PyResult<()> {
    let Some(part) = restored.keyed(PART) else { return Ok(()) };
    let stored = part.encoding.trim_start_matches(PICKLE);
    if stored != encoding {
        return Err(PyTypeError::new_err(format!(
            "the checkpoint has {stored}, and the program asks for {encoding}; restore with the windows that the \
             checkpoint was taken with, or give the operator another uid to begin with empty ones"
        )));
    }
    pickled::each_entry(py, part, take)
}

const EVENT_TIMER: &str = "event timer";
const PROCESSING_TIMER: &str = "processing timer";
const MEMORY: &str = "memory";
const MERGING: &str = "merging";
const CONTENTS: &str = "contents";
const COUNT: &str = "count";

impl AnyWindows {
    fn encoding(&self) -> String {
        format!("windows of {}", contents(&self.contents.functions.kept, self.contents.is_evicting()))
    }

    pub fn stored(&self, py: Python<'_>, operator: &str) -> PyResult<Vec<KeyedPart>> {
        let mut groups = Groups::default();
        for (group, piece) in self.windows.stored() {
            let (key, entry) = match piece {
                Stored::Timer { event_time, time, place, key, window } => {
                    let tag = if event_time { EVENT_TIMER } else { PROCESSING_TIMER };
                    (key, (tag, window.identity(py)?, time, place).into_bound_py_any(py)?)
                }
                Stored::Memory { key, window, memory: Memory { count, next_fire } } => {
                    (key, (MEMORY, window.identity(py)?, count, next_fire).into_bound_py_any(py)?)
                }
                Stored::Merging { key, windows } => {
                    let pair = |(window, state): &(PyWindow, PyWindow)| Ok((window.identity(py)?, state.identity(py)?));
                    let windows = windows.iter().map(pair).collect::<PyResult<Vec<_>>>()?;
                    (key, (MERGING, windows).into_bound_py_any(py)?)
                }
            };
            groups.add(py, group, key.object(), entry)?;
        }
        for (group, (key, window), held) in self.contents.iter() {
            let held = match self.contents.is_evicting() {
                true => super::evictor::pairs(held.bind(py).cast::<PyList>()?)?.into_any(),
                false => held.bind(py).clone(),
            };
            groups.add(py, group, key.object(), (CONTENTS, window.identity(py)?, held).into_bound_py_any(py)?)?;
        }
        if let PyAssigner::Count { counts, .. } = self.windows.assigner() {
            for (group, key, count) in counts.iter() {
                groups.add(py, group, key.object(), (COUNT, *count).into_bound_py_any(py)?)?;
            }
        }
        into_part(groups, &self.encoding(), operator)
    }

    pub fn restore(&mut self, py: Python<'_>, restored: &Snapshot) -> PyResult<()> {
        let (encoding, evicting) = (self.encoding(), self.contents.is_evicting());
        let mut pieces = Vec::new();
        each_entry(py, restored, &encoding, |group, key, entry| {
            let key = PyKey::new(&key)?;
            let entry = entry.cast_into::<PyTuple>()?;
            let tag: String = entry.get_item(0)?.extract()?;
            let window = || PyWindow::from_identity(&entry.get_item(1)?);
            match tag.as_str() {
                EVENT_TIMER | PROCESSING_TIMER => {
                    let (time, place) = (entry.get_item(2)?.extract()?, entry.get_item(3)?.extract()?);
                    let event_time = tag == EVENT_TIMER;
                    pieces.push((group, Stored::Timer { event_time, time, place, key, window: window()? }));
                }
                MEMORY => {
                    let (count, next_fire) = (entry.get_item(2)?.extract()?, entry.get_item(3)?.extract()?);
                    let memory = Memory { count, next_fire };
                    pieces.push((group, Stored::Memory { key, window: window()?, memory }));
                }
                MERGING => {
                    let mut windows = Vec::new();
                    for pair in entry.get_item(1)?.try_iter()? {
                        let (window, state): (Bound<'_, PyAny>, Bound<'_, PyAny>) = pair?.extract()?;
                        windows.push((PyWindow::from_identity(&window)?, PyWindow::from_identity(&state)?));
                    }
                    pieces.push((group, Stored::Merging { key, windows }));
                }
                CONTENTS => {
                    let held = match (entry.get_item(2)?, evicting) {
                        (pairs, true) => super::evictor::timestamped(&pairs)?.into_any(),
                        (held, false) => held,
                    };
                    self.contents.insert(group, key, window()?, held.unbind());
                }
                COUNT => {
                    if let PyAssigner::Count { counts, .. } = self.windows.assigner_mut() {
                        counts.insert(group, key, entry.get_item(1)?.extract()?);
                    }
                }
                other => {
                    let message = format!("the checkpoint has '{other}' of a window, which this Flott does not know");
                    return Err(PyRuntimeError::new_err(message));
                }
            }
            Ok(())
        })?;
        self.windows.restore(pieces);
        Ok(())
    }
}

impl PlainWindows {
    fn encoding(&self) -> String {
        let kept = contents(&self.functions.kept, false);
        format!("windows of time of {kept}, {}", described(self.windows.assigner()))
    }

    pub fn stored(&self, py: Python<'_>, operator: &str) -> PyResult<Vec<KeyedPart>> {
        let mut groups = Groups::default();
        for (window, held) in self.windows.iter() {
            let entry = (window.start, window.end, held.arrival, &held.value).into_bound_py_any(py)?;
            groups.add(py, held.group, held.key.object(), entry)?;
        }
        into_part(groups, &self.encoding(), operator)
    }

    pub fn restore(&mut self, py: Python<'_>, restored: &Snapshot, watermark: i64) -> PyResult<()> {
        let mut all = Vec::new();
        each_entry(py, restored, &self.encoding(), |group, key, entry| {
            let (start, end, arrival, value) = entry.extract()?;
            all.push((TimeWindow::new(start, end), Held { key: PyKey::new(&key)?, group, value, arrival }));
            Ok(())
        })?;
        self.windows.restore(all, watermark);
        Ok(())
    }
}

impl PySlicedWindows {
    fn encoding(&self) -> String {
        let kept = contents(&self.functions.kept, false);
        format!("slices of {kept}, {}", described(self.windows.assigner()))
    }

    pub fn stored(&self, py: Python<'_>, operator: &str) -> PyResult<Vec<KeyedPart>> {
        let mut groups = Groups::default();
        for (group, StoredPanes { key, fired, panes }) in self.windows.stored() {
            groups.add(py, group, key.object(), (fired, panes).into_bound_py_any(py)?)?;
        }
        into_part(groups, &self.encoding(), operator)
    }

    pub fn restore(&mut self, py: Python<'_>, restored: &Snapshot, watermark: i64) -> PyResult<()> {
        let mut all = Vec::new();
        each_entry(py, restored, &self.encoding(), |group, key, entry| {
            let (fired, panes) = entry.extract()?;
            all.push((group, StoredPanes { key: PyKey::new(&key)?, fired, panes }));
            Ok(())
        })?;
        self.windows.restore(all, watermark);
        Ok(())
    }
}
