//! The sink: records become lines of part files in the buckets below a directory.
//!
//! A part file is hidden while it is written. When the rolling policy ends it, it is pending, and then committed:
//! renamed to `<prefix>-<uid>-<n><suffix>`, where `uid` is a random id of the subtask. With checkpoints it is pending
//! until that checkpoint is complete before which it was ended. A checkpoint has all files that are not committed, with
//! their lengths at the barrier; a job that goes on from it commits them, cut off there.

use std::collections::BTreeMap;
use std::path::PathBuf;
use std::sync::Arc;

use bytes::Bytes;

use super::Formatting;
use super::bucket::Bucket;
use super::discover::local_path;
use super::error::FileError;
use super::part_file::{PartFile, PendingFile, random_uuid};
use crate::batch::Batch;
use crate::checkpoint::CheckpointId;
use crate::connector::{Options, PREPARED, Sink, SinkWriter, Spec};
use crate::error::{Error, Result};
use crate::format::Encoder;
use crate::operator::SubtaskContext;
use crate::time::Clock;

pub struct FileSink {
    path: PathBuf,
    prefix: String,
    suffix: String,
    bucket: Bucket,
    rolling: Rolling,
    formatting: Formatting,
}

/// When a part file is ended; the defaults are those of Flink's `DefaultRollingPolicy`.
#[derive(Debug, Clone, Copy)]
struct Rolling {
    size: u64,
    interval: i64,
    inactivity: i64,
    /// At each barrier, and then alone (Flink's `OnCheckpointRollingPolicy`).
    on_checkpoint: bool,
}

impl Rolling {
    fn parse(options: &Options) -> Result<Self> {
        let positive = |key: &str, default: i64| match options.parse(key, default)? {
            value if value > 0 => Ok(value),
            value => Err(Error::config(format!("the option '{key}' is {value}, but must be greater than 0"))),
        };
        let rolling = Rolling {
            size: positive("rolling.file-size", 128 << 20)? as u64,
            interval: positive("rolling.interval-ms", 60_000)?,
            inactivity: positive("rolling.inactivity-ms", 60_000)?,
            on_checkpoint: options.parse("rolling.on-checkpoint", false)?,
        };
        Ok(match rolling.on_checkpoint {
            true => Rolling { size: u64::MAX, interval: i64::MAX, inactivity: i64::MAX, ..rolling },
            false => rolling,
        })
    }

    fn due(&self, file: &PartFile) -> i64 {
        file.created.saturating_add(self.interval).min(file.updated.saturating_add(self.inactivity))
    }
}

impl FileSink {
    pub fn new(spec: &Spec) -> Result<Self> {
        let options = &spec.options;
        let path = local_path(options.require("path")?)?;
        if path.exists() && !path.is_dir() {
            return Err(FileError::NotADirectory { path }.into());
        }
        let name = |key: &str, default: &str| match options.get(key).unwrap_or(default) {
            text if text.contains(['/', '\0']) => {
                Err(Error::config(format!("the option '{key}' is '{text}', which is no part of a file name")))
            }
            text => Ok(text.to_owned()),
        };
        let sink = FileSink {
            path,
            prefix: name("prefix", "part")?,
            suffix: name("suffix", "")?,
            bucket: Bucket::parse(options)?,
            rolling: Rolling::parse(options)?,
            formatting: Formatting::new(spec)?,
        };
        sink.encoder()?;
        Ok(sink)
    }

    fn encoder(&self) -> Result<Box<dyn Encoder>> {
        let Formatting { format, options, schema, shape } = &self.formatting;
        format.encoder(schema.clone(), *shape, options)
    }
}

impl Sink for FileSink {
    fn commits(&self, checkpoints: bool) -> bool {
        checkpoints
    }

    fn stores(&self) -> bool {
        true
    }

    fn writer(&self, context: &SubtaskContext) -> Result<Box<dyn SinkWriter>> {
        context.restored.items(PREPARED).iter().try_for_each(PendingFile::recover)?;
        Ok(Box::new(FileWriter {
            path: self.path.clone(),
            prefix: format!("{}-{}", self.prefix, random_uuid()),
            suffix: self.suffix.clone(),
            bucket: self.bucket.clone(),
            rolling: self.rolling,
            encoder: self.encoder()?,
            line_end: self.formatting.line_end(),
            clock: context.clock.clone(),
            durable: context.durable,
            commits: self.commits(context.checkpoints),
            open: BTreeMap::new(),
            pending: Vec::new(),
            prepared: BTreeMap::new(),
            parts: 0,
            payloads: Vec::new(),
            ends: Vec::new(),
        }))
    }
}

struct FileWriter {
    path: PathBuf,
    /// With the uid.
    prefix: String,
    suffix: String,
    bucket: Bucket,
    rolling: Rolling,
    encoder: Box<dyn Encoder>,
    line_end: &'static [u8],
    clock: Arc<dyn Clock>,
    durable: bool,
    /// Files wait for their checkpoint. Otherwise they appear as soon as they are ended.
    commits: bool,
    /// At most one file a bucket.
    open: BTreeMap<String, PartFile>,
    /// Files that were ended since the last barrier and are not yet renamed.
    pending: Vec<PendingFile>,
    /// Those that were ended before a barrier whose checkpoint is not complete yet.
    prepared: BTreeMap<CheckpointId, Vec<PendingFile>>,
    parts: u64,
    payloads: Vec<u8>,
    ends: Vec<usize>,
}

impl FileWriter {
    /// The open file of a bucket, a new one where there is none.
    fn file(&mut self, bucket: &str, now: i64) -> Result<&mut PartFile> {
        if !self.open.contains_key(bucket) {
            let name = format!("{}-{}{}", self.prefix, self.parts, self.suffix);
            self.parts += 1;
            let mut file = PartFile::create(&self.path.join(bucket), &name, now, self.durable)?;
            if let Some(header) = self.encoder.header() {
                file.write(&header)?;
                file.write(self.line_end)?;
            }
            self.open.insert(bucket.to_owned(), file);
        }
        self.open.get_mut(bucket).ok_or_else(|| Error::internal("a part file that was just opened is not there"))
    }

    /// Ends the open files that `ends` picks.
    fn roll(&mut self, ends: impl Fn(&str, &PartFile) -> bool) -> Result<()> {
        let rolled: Vec<String> =
            self.open.iter().filter(|(bucket, file)| ends(bucket, file)).map(|(bucket, _)| bucket.clone()).collect();
        for bucket in rolled {
            if let Some(file) = self.open.remove(&bucket) {
                self.pending.push(file.close()?);
            }
        }
        if self.commits {
            return Ok(());
        }
        self.pending.drain(..).try_for_each(PendingFile::commit)
    }

    fn write_payloads(&mut self, payloads: &[u8], ends: &[usize], now: i64) -> Result<()> {
        if ends.is_empty() {
            return Ok(());
        }
        let bucket = self.bucket.at(now);
        let (limit, line_end) = (self.rolling.size, self.line_end);
        let mut start = 0;
        let mut file = self.file(&bucket, now)?;
        for end in ends {
            if file.size() > limit {
                file.updated = now;
                self.roll(|name, _| name == bucket)?;
                file = self.file(&bucket, now)?;
            }
            file.write(&payloads[start..*end])?;
            file.write(line_end)?;
            start = *end;
        }
        file.updated = now;
        Ok(())
    }
}

impl SinkWriter for FileWriter {
    fn write(&mut self, batch: Batch) -> Result<()> {
        let now = self.clock.now();
        self.on_time(now)?;
        let (mut payloads, mut ends) = (std::mem::take(&mut self.payloads), std::mem::take(&mut self.ends));
        payloads.clear();
        ends.clear();
        self.encoder.encode(batch.expect_columns()?, &mut payloads, &mut ends)?;
        let written = self.write_payloads(&payloads, &ends, now);
        (self.payloads, self.ends) = (payloads, ends);
        written
    }

    fn flush(&mut self) -> Result<()> {
        if self.rolling.on_checkpoint {
            return self.roll(|_, _| true);
        }
        self.open.values_mut().try_for_each(PartFile::sync)
    }

    fn finish(&mut self) -> Result<()> {
        self.roll(|_, _| true)
    }

    fn prepare(&mut self, checkpoint: CheckpointId) -> Result<()> {
        self.prepared.insert(checkpoint, std::mem::take(&mut self.pending));
        Ok(())
    }

    fn prepared(&self) -> Result<Vec<Bytes>> {
        let ended = self.prepared.values().flatten().map(PendingFile::stored);
        ended.chain(self.open.values().map(PartFile::stored)).collect()
    }

    fn commit(&mut self, checkpoint: CheckpointId) -> Result<()> {
        let later = self.prepared.split_off(&(checkpoint + 1));
        let reached = std::mem::replace(&mut self.prepared, later);
        reached.into_values().flatten().try_for_each(PendingFile::commit)
    }

    fn next_wakeup(&self) -> Option<i64> {
        self.open.values().map(|file| self.rolling.due(file)).min()
    }

    fn on_time(&mut self, now: i64) -> Result<()> {
        let rolling = self.rolling;
        self.roll(|_, file| rolling.due(file) <= now)
    }
}
