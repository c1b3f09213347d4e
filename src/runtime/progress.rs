//! A line a second on standard error while a job runs, and a summary at its end.

use std::io::{IsTerminal, Write};
use std::time::Duration;

use super::master::{JobMetrics, OperatorReport};
use crate::metrics::{RECORDS_IN, RECORDS_OUT};

/// A log gets a line a second, a terminal one line that is written again and again.
const EVERY: Duration = Duration::from_secs(1);
const EVERY_ON_TERMINAL: Duration = Duration::from_millis(200);

pub struct Progress {
    metrics: JobMetrics,
    every: Duration,
    next: Duration,
    last: (Duration, u64),
    terminal: bool,
}

impl Progress {
    pub fn new(metrics: JobMetrics) -> Self {
        let terminal = std::io::stderr().is_terminal();
        let every = if terminal { EVERY_ON_TERMINAL } else { EVERY };
        Progress { metrics, every, next: every, last: (Duration::ZERO, 0), terminal }
    }

    pub fn tick(&mut self, elapsed: Duration) {
        if elapsed < self.next {
            return;
        }
        self.next = elapsed + self.every;
        let report = self.metrics.report();
        let read = total(&report, "source", RECORDS_OUT);
        let written = total(&report, "sink", RECORDS_IN);
        let (then, before) = std::mem::replace(&mut self.last, (elapsed, read));
        let rate = read.saturating_sub(before) as f64 / (elapsed - then).as_secs_f64().max(0.001);
        let line = format!("[{:>4} s] read {read} ({rate:.0}/s), written {written}", elapsed.as_secs());
        let mut out = std::io::stderr().lock();
        // a progress line that can't be shown must not stop the job
        let _ = if self.terminal { write!(out, "\r\x1b[2K{line}") } else { writeln!(out, "{line}") };
        let _ = out.flush();
    }

    pub fn summary(&self, job: &str, elapsed: Duration) {
        let start = if self.terminal { "\r\x1b[2K" } else { "" };
        let text = summary(&self.metrics.report(), job, elapsed);
        let _ = write!(std::io::stderr().lock(), "{start}{text}");
    }
}

fn total(report: &[OperatorReport], kind: &str, counter: &str) -> u64 {
    report.iter().filter(|operator| operator.kind == kind).filter_map(|operator| operator.counters.get(counter)).sum()
}

fn summary(report: &[OperatorReport], job: &str, elapsed: Duration) -> String {
    let seconds = elapsed.as_secs_f64();
    let read = total(report, "source", RECORDS_OUT);
    let rate = if seconds > 0.0 { read as f64 / seconds } else { 0.0 };
    let mut text = format!("{job}: {read} records in {seconds:.2} s ({rate:.0} records/s)\n");
    for operator in report {
        let shown = match operator.kind {
            "source" => format!("  read     {:>10}  {}\n", counter(operator, RECORDS_OUT), operator.name),
            "sink" => format!("  written  {:>10}  {}\n", counter(operator, RECORDS_IN), operator.name),
            _ => String::new(),
        };
        text += &shown;
        for (name, count) in &operator.counters {
            if name != RECORDS_IN && name != RECORDS_OUT && *count > 0 {
                text += &format!("  {name:<24} {count:>10}  {}\n", operator.name);
            }
        }
    }
    text
}

fn counter(operator: &OperatorReport, name: &str) -> u64 {
    operator.counters.get(name).copied().unwrap_or(0)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_summary_says_what_was_read_written_and_counted() {
        let operator = |kind: &'static str, name: &str, counters: &[(&str, u64)]| OperatorReport {
            id: 1,
            name: name.into(),
            kind,
            counters: counters.iter().map(|(name, count)| ((*name).to_owned(), *count)).collect(),
        };
        let report = [
            operator("source", "orders", &[(RECORDS_OUT, 200)]),
            operator("operator", "validate", &[(RECORDS_IN, 200), ("rejected", 3)]),
            operator("sink", "table", &[(RECORDS_IN, 197), ("retries", 0)]),
        ];
        let text = summary(&report, "etl", Duration::from_secs(2));
        assert!(text.starts_with("etl: 200 records in 2.00 s (100 records/s)\n"), "{text}");
        assert!(text.contains("read            200  orders"), "{text}");
        assert!(text.contains("written         197  table"), "{text}");
        assert!(!text.contains("retries"), "what never happened is not worth a line: {text}");
        assert!(text.contains("rejected                          3  validate"), "{text}");
    }
}
