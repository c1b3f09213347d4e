//! The list of what a checkpoint has: the file `_metadata` of its directory. It is written last; a directory without
//! it is no checkpoint.

use bytes::Bytes;

use super::codec::{Decoder, Encoder};
use super::{CheckpointError, CheckpointId};

#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Manifest {
    pub checkpoint: CheckpointId,
    pub job_name: String,
    /// When it was complete, in ms.
    pub time: i64,
    /// The Flott that wrote it.
    pub written_by: String,
    pub operators: Vec<OperatorState>,
}

/// The state of all subtasks of an operator.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct OperatorState {
    /// What it is found by when a job is restored: its uid, or what stands for it.
    pub id: String,
    /// For messages.
    pub name: String,
    pub max_parallelism: u16,
    pub parallelism: u32,
    pub subtasks: Vec<SubtaskState>,
}

/// Where a subtask's snapshot is.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SubtaskState {
    pub subtask: u32,
    pub stored: Stored,
}

#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Stored {
    /// In the manifest itself: small ones need no file.
    Inline(Bytes),
    /// In a file of that path, below the directory in which the checkpoint's directory is.
    File { path: String, length: u64 },
}

const MAGIC: &[u8; 8] = b"FLOTTCP\n";
const VERSION: u16 = 1;

impl Manifest {
    pub fn encode(&self) -> Bytes {
        let mut out = Encoder::default();
        out.raw(MAGIC).u16(VERSION).u64(self.checkpoint).text(&self.job_name).i64(self.time).text(&self.written_by);
        out.count(self.operators.len());
        for operator in &self.operators {
            out.text(&operator.id).text(&operator.name).u16(operator.max_parallelism).u32(operator.parallelism);
            out.count(operator.subtasks.len());
            for state in &operator.subtasks {
                out.u32(state.subtask);
                match &state.stored {
                    Stored::Inline(bytes) => out.u8(0).bytes(bytes),
                    Stored::File { path, length } => out.u8(1).text(path).u64(*length),
                };
            }
        }
        out.sealed()
    }

    /// `name` is the file it comes from, for messages.
    pub fn decode(bytes: Bytes, name: &str) -> Result<Manifest, CheckpointError> {
        let mut from = Decoder::unsealed(bytes, name)?;
        super::check_head(&mut from, MAGIC, VERSION, name)?;
        let (checkpoint, job_name, time, written_by) = (from.u64()?, from.text()?, from.i64()?, from.text()?);
        let operators = from.list(|from| {
            let (id, name) = (from.text()?, from.text()?);
            let (max_parallelism, parallelism) = (from.u16()?, from.u32()?);
            let subtasks = from.list(subtask)?;
            Ok(OperatorState { id, name, max_parallelism, parallelism, subtasks })
        })?;
        from.end()?;
        Ok(Manifest { checkpoint, job_name, time, written_by, operators })
    }

    /// The paths of all files that hold its state.
    #[cfg(test)]
    pub fn files(&self) -> impl Iterator<Item = &str> {
        let subtasks = self.operators.iter().flat_map(|operator| &operator.subtasks);
        subtasks.filter_map(|state| match &state.stored {
            Stored::Inline(_) => None,
            Stored::File { path, .. } => Some(path.as_str()),
        })
    }
}

fn subtask(from: &mut Decoder) -> Result<SubtaskState, CheckpointError> {
    let subtask = from.u32()?;
    let stored = match from.u8()? {
        0 => Stored::Inline(from.bytes()?),
        1 => Stored::File { path: from.text()?, length: from.u64()? },
        other => return Err(from.damaged(format!("it stores state in the unknown way {other}"))),
    };
    Ok(SubtaskState { subtask, stored })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn manifest() -> Manifest {
        let subtasks = vec![
            SubtaskState { subtask: 0, stored: Stored::Inline(Bytes::from_static(b"state")) },
            SubtaskState { subtask: 1, stored: Stored::File { path: "chk-7/1".into(), length: 1 << 40 } },
        ];
        let (id, name) = ("count".to_owned(), "orders per user".to_owned());
        Manifest {
            checkpoint: 7,
            job_name: "orders".into(),
            time: 1_700_000_000_000,
            written_by: "0.1.0".into(),
            operators: vec![OperatorState { id, name, max_parallelism: 128, parallelism: 2, subtasks }],
        }
    }

    #[test]
    fn comes_back_as_it_was() {
        assert_eq!(Manifest::decode(manifest().encode(), "f").unwrap(), manifest());
        assert_eq!(manifest().files().collect::<Vec<_>>(), ["chk-7/1"]);
    }

    #[test]
    fn damage_is_an_error_and_never_a_panic() {
        let whole = manifest().encode();
        for length in 0..whole.len() {
            assert!(Manifest::decode(whole.slice(..length), "f").is_err());
        }
        // with a checksum that fits, too: every byte of the contents as something else
        for at in 0..whole.len() - 4 {
            for value in [0, 1, 127, 255] {
                let mut contents = Encoder::default();
                let mut changed = whole[..whole.len() - 4].to_vec();
                changed[at] = value;
                contents.raw(&changed);
                let _ = Manifest::decode(contents.sealed(), "f");
            }
        }
    }
}
