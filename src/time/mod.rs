//! Time: the clock everything reads, watermarks, and timers.

mod clock;
mod split;
mod stored;
mod timers;
mod valve;
mod watermark;

pub use clock::{Clock, ManualClock, SystemClock};
pub use split::SplitWatermarks;
pub use stored::StoredGenerator;
pub use timers::Timers;
pub use valve::Valve;
pub use watermark::{
    Alignment, BoundedOutOfOrderness, Mark, Marks, NoWatermarks, WatermarkGenerator, WatermarkPace, WatermarkStrategy,
};

/// The watermark at the end of a bounded input (Flink's `Long.MAX_VALUE`).
pub const MAX_WATERMARK: i64 = i64::MAX;
