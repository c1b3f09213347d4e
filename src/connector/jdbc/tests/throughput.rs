//! How fast rows go into each database; run by hand: `cargo test --release … -- --ignored --nocapture throughput`.

use std::sync::Arc;
use std::time::Instant;

use arrow::array::{
    ArrayRef, Decimal128Array, Int32Array, Int64Array, RecordBatch, StringArray, TimestampMicrosecondArray,
};

use super::databases::{Setup, Target, records};
use crate::batch::Batch;
use crate::connector::SinkWriter;
use crate::types::Shape;

const ROWS: i64 = 500_000;
const BATCH: i64 = 1_024;

/// Order lines as the course writes them.
fn order_lines(from: i64, to: i64) -> RecordBatch {
    let amounts = Decimal128Array::from_iter_values((from..to).map(|id| i128::from(id % 10_000)));
    records(vec![
        (
            "order_id",
            Arc::new(StringArray::from_iter_values((from..to).map(|id| format!("order-{id:010}")))) as ArrayRef,
        ),
        ("line_no", Arc::new(Int32Array::from_iter_values((from..to).map(|id| (id % 5) as i32)))),
        ("item", Arc::new(StringArray::from_iter_values((from..to).map(|id| format!("item {}", id % 997))))),
        ("price", Arc::new(amounts.with_precision_and_scale(10, 2).unwrap())),
        ("quantity", Arc::new(Int64Array::from_iter_values((from..to).map(|id| id % 9)))),
        ("at", Arc::new(TimestampMicrosecondArray::from_iter_values((from..to).map(|id| 1_704_103_200_000_000 + id)))),
    ])
}

fn measure(target: &Target) {
    let table = target.table(
        "order_id VARCHAR(32), line_no INT, item VARCHAR(64), price DECIMAL(10,2), quantity BIGINT, at_time TIMESTAMP, \
         PRIMARY KEY (order_id, line_no)",
    );
    let end = target.pick(
        "ON DUPLICATE KEY UPDATE item = VALUES(item)",
        "ON CONFLICT (order_id, line_no) DO UPDATE SET item = EXCLUDED.item",
        "ON CONFLICT (order_id, line_no) DO UPDATE SET item = excluded.item",
    );
    let sql = format!("INSERT INTO {table} VALUES (?, ?, ?, ?, ?, ?) {end}");
    let mut writer = Setup::default().writer(&target.url, &sql, order_lines(0, 1).schema()).unwrap();
    let batches: Vec<_> = (0..ROWS).step_by(BATCH as usize).map(|at| order_lines(at, (at + BATCH).min(ROWS))).collect();
    let start = Instant::now();
    for batch in batches {
        writer.write(Batch::columns(batch, Shape::Row)).unwrap();
    }
    writer.flush().unwrap();
    let seconds = start.elapsed().as_secs_f64();
    eprintln!("{}: {:.0} rows/s", target.database, ROWS as f64 / seconds);
    assert_eq!(target.count(&table) as i64, ROWS);
    target.run(&format!("DROP TABLE {table}"));
}

#[test]
#[ignore = "a measurement"]
fn throughput() {
    [Target::sqlite(), Target::mariadb(), Target::postgres()].iter().flatten().for_each(measure);
}
