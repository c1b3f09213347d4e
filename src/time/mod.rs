//! Time: the clock everything reads, watermarks, and timers.

mod clock;
mod timers;
mod watermark;

pub use clock::{Clock, ManualClock, SystemClock};
pub use timers::Timers;
pub use watermark::{
    BoundedOutOfOrderness, NoWatermarks, PacedWatermarks, WatermarkGenerator, WatermarkPace, WatermarkStrategy,
};

/// The watermark at the end of a bounded input (Flink's `Long.MAX_VALUE`).
pub const MAX_WATERMARK: i64 = i64::MAX;
