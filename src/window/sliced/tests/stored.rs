//! Windows that are stored and go on in new ones.

use super::*;

type Stored = Vec<(u16, StoredPanes<u32, Vec<i64>>)>;

fn stored(windows: &SlicedWindows<u32, Vec<i64>>) -> Stored {
    let copy = |(group, StoredPanes { key, fired, panes }): (u16, StoredPanes<&u32, &Vec<i64>>)| {
        let panes = panes.into_iter().map(|(start, value, arrival)| (start, value.clone(), arrival)).collect();
        (group, StoredPanes { key: *key, fired, panes })
    };
    windows.stored().map(copy).collect()
}

#[test]
fn stored_windows_go_on_as_if_nothing_had_happened() {
    let mut random = Random(99);
    for (size, slide, offset) in [(32, 4, 0), (30, 4, 2), (48, 12, -1)] {
        for (event_time, lateness) in [(true, 0), (true, 20), (true, i64::MAX), (false, 0)] {
            let assigner = TimeAssigner { span: TimeSpan::Sliding { size, slide, offset }, event_time };
            let program = random.program(200);
            let new = || SlicedWindows::new(assigner, lateness).unwrap();
            let whole = Either::Sliced(new()).run(&program, event_time);
            let again = Either::Sliced(new()).run_with(&program, event_time, |old, clocks| {
                let Either::Sliced(old) = old else { unreachable!() };
                let mut windows = new();
                windows.restore(stored(&old), clocks.watermark);
                Either::Sliced(windows)
            });
            assert_eq!(again.seen, whole.seen, "{assigner:?}, allowed lateness {lateness}");
        }
    }
}

#[test]
fn in_processing_time_keys_come_from_subtasks_that_are_not_equally_far() {
    let assigner = TimeAssigner { span: TimeSpan::Sliding { size: 32, slide: 4, offset: 0 }, event_time: false };
    let (mut lists, mut all) = (Lists::default(), Vec::new());
    for (key, until) in [(1, 3), (2, 8)] {
        let mut windows = SlicedWindows::new(assigner, 0).unwrap();
        windows.clocks.now = 0;
        windows.add(&key, key as u16, &5, 0, &mut lists).unwrap();
        while windows.next(until, &mut lists).unwrap().is_some() {}
        all.extend(stored(&windows));
    }
    let mut windows = SlicedWindows::new(assigner, 0).unwrap();
    windows.restore(all, i64::MIN);
    let mut fired = Vec::new();
    while let Some((window, held)) = windows.next(12, &mut lists).unwrap() {
        fired.push((window.end, held.key));
    }
    // in which order keys of two subtasks fire is nobody's promise
    fired.sort_unstable();
    // until 3 the first has seen nothing but -28..4 fire, the second until 8 also -24..8
    assert_eq!(fired, [(8, 1), (12, 1), (12, 2)]);
}
