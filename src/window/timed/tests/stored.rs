//! Windows that are stored and go on in new ones, in one subtask and in others.

use super::*;

type Stored = Vec<(TimeWindow, Held<u32, Vec<i64>>)>;

fn stored(windows: &TimedWindows<u32, Vec<i64>>) -> Stored {
    let copy = |(window, held): (TimeWindow, &Held<u32, Vec<i64>>)| {
        let Held { key, group, value, arrival } = held;
        (window, Held { key: *key, group: *group, value: value.clone(), arrival: *arrival })
    };
    windows.iter().map(copy).collect()
}

fn restored(old: &TimedWindows<u32, Vec<i64>>, lateness: i64, stored: Stored) -> TimedWindows<u32, Vec<i64>> {
    let mut windows = TimedWindows::new(*old.assigner(), lateness).unwrap();
    windows.clocks = old.clocks;
    windows.restore(stored, old.clocks.watermark);
    windows
}

fn each_way(mut run: impl FnMut(TimeAssigner, i64, &[Step])) {
    let spans = [TimeSpan::Tumbling { size: 10, offset: 3 }, TimeSpan::Sliding { size: 12, slide: 4, offset: 0 }];
    let mut random = Random(11);
    for span in spans {
        for (event_time, lateness) in [(true, 0), (true, 10), (true, 35), (true, i64::MAX), (false, 0)] {
            run(TimeAssigner { span, event_time }, lateness, &random.program(300));
        }
    }
}

#[test]
fn stored_windows_go_on_as_if_nothing_had_happened() {
    each_way(|assigner, lateness, program| {
        let mut windows = TimedWindows::new(assigner, lateness).unwrap();
        windows.clocks.now = -50;
        let mut log = Log::default();
        for (at, step) in program.iter().enumerate() {
            follow(&mut windows, at, step, &mut log);
            windows = restored(&windows, lateness, stored(&windows));
        }
        assert_eq!(log.seen, by_time(assigner, lateness, program), "{assigner:?}, allowed lateness {lateness}");
    });
}

#[test]
fn keys_go_on_in_two_subtasks_and_together_again() {
    each_way(|assigner, lateness, program| {
        let (mut log, mut windows) = (Log::default(), vec![TimedWindows::new(assigner, lateness).unwrap()]);
        windows[0].clocks.now = -50;
        for (at, step) in program.iter().enumerate() {
            let own = |part: usize, key: u32| windows.len() == 1 || key as usize % 2 == part;
            match step {
                Step::Record { key, .. } => {
                    let part = (0..windows.len()).find(|part| own(*part, *key)).unwrap();
                    follow(&mut windows[part], at, step, &mut log);
                }
                _ => windows.iter_mut().for_each(|windows| follow(windows, at, step, &mut log)),
            }
            let all: Vec<_> = windows.iter().flat_map(stored).collect();
            if at == 100 {
                let (even, odd) = all.into_iter().partition(|(_, held)| held.key % 2 == 0);
                windows = [even, odd].map(|own| restored(&windows[0], lateness, own)).into();
            } else if at == 200 {
                windows = vec![restored(&windows[0], lateness, all)];
            }
        }
        let whole = by_time(assigner, lateness, program);
        for key in 0..4 {
            let of = |lines: &[String]| {
                let name = format!("{key} ");
                lines.iter().filter(|line| line.starts_with(&name)).cloned().collect::<Vec<_>>()
            };
            assert_eq!(of(&log.seen), of(&whole), "{assigner:?}, allowed lateness {lateness}");
        }
    });
}
