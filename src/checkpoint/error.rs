//! What can go wrong with a checkpoint.

use crate::error::{ErrorKind, Explain};

#[derive(Debug, thiserror::Error)]
pub enum CheckpointError {
    #[error("the checkpoint's file '{file}' is damaged: {what}")]
    Damaged { file: String, what: String },
    #[error("'{file}' is no file of a checkpoint")]
    Foreign { file: String },
    #[error("'{file}' has the format of version {found}, and this Flott reads up to {known}")]
    Newer { file: String, found: u16, known: u16 },
    #[error("there is no checkpoint in '{place}': it has no file _metadata")]
    Missing { place: String },
    #[error("checkpoint storage: {action} '{path}' failed")]
    Storage { action: &'static str, path: String, source: std::io::Error },
    #[error("checkpoint storage: {action} '{path}' failed: {why}")]
    Objects { action: &'static str, path: String, why: String, refused: bool },
    #[error("checkpoints can't be stored at '{url}': {why}")]
    Place { url: String, why: String },
}

impl Explain for CheckpointError {
    fn kind(&self) -> ErrorKind {
        match self {
            CheckpointError::Damaged { .. } => ErrorKind::Data,
            CheckpointError::Storage { .. } | CheckpointError::Objects { .. } => ErrorKind::Connector,
            _ => ErrorKind::Config,
        }
    }

    fn hint(&self) -> Option<String> {
        Some(match self {
            CheckpointError::Damaged { .. } => "restore from an older checkpoint".into(),
            CheckpointError::Foreign { .. } => "give the path of a checkpoint's directory, such as …/chk-7".into(),
            CheckpointError::Newer { .. } => "restore with the Flott that wrote it, or a newer one".into(),
            CheckpointError::Missing { .. } => {
                "give the path of a complete checkpoint or savepoint; one that was interrupted has no _metadata".into()
            }
            CheckpointError::Storage { .. } => "look at the disk's space and the directory's permissions".into(),
            CheckpointError::Objects { refused: true, .. } => {
                "look at s3.access-key and s3.secret-key (or AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY), and at what \
                 that user may do in the bucket"
                    .into()
            }
            CheckpointError::Objects { .. } => {
                "look at the bucket's name, and at s3.endpoint where it is not Amazon's own".into()
            }
            CheckpointError::Place { .. } => {
                "give a directory, file:///var/lib/flott/checkpoints, or a bucket, s3://bucket/checkpoints".into()
            }
        })
    }
}
