//! What can go wrong with the broker itself. Errors of single requests travel as Kafka's error codes instead.

use std::io;
use std::net::{IpAddr, SocketAddr};
use std::path::{Path, PathBuf};

use kafka_protocol::ResponseError;

use crate::error::{ErrorKind, Explain};

#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum BrokerError {
    #[error("the broker cannot listen on {address}")]
    Bind { address: SocketAddr, source: io::Error },
    #[error("the broker was asked to listen on {host}, which other machines can reach")]
    NotLoopback { host: IpAddr },
    #[error("the data folder {} is in use by another broker", path.display())]
    Locked { path: PathBuf },
    #[error("the broker cannot {action} {}", path.display())]
    Io { action: &'static str, path: PathBuf, source: io::Error },
    #[error("the broker's file {} cannot be read: {problem}", path.display())]
    Damaged { path: PathBuf, problem: String },
    #[error("the broker cannot start its threads")]
    Threads { source: io::Error },
    #[error("topic '{name}' cannot be created: {problem}")]
    Topic { name: String, problem: String, code: ResponseError },
    #[error("the broker's setting {setting} is {value}, which is not allowed")]
    Setting { setting: &'static str, value: String },
    #[error("the broker has been stopped")]
    Stopped,
}

impl BrokerError {
    /// For `map_err` on file operations.
    pub(super) fn io(action: &'static str, path: &Path) -> impl FnOnce(io::Error) -> BrokerError {
        let path = path.to_path_buf();
        move |source| BrokerError::Io { action, path, source }
    }

    /// The error code a client sees when this happens while its request is served.
    pub(super) fn code(&self) -> ResponseError {
        match self {
            BrokerError::Topic { code, .. } => *code,
            BrokerError::Io { .. } | BrokerError::Damaged { .. } => ResponseError::KafkaStorageError,
            _ => ResponseError::UnknownServerError,
        }
    }
}

impl Explain for BrokerError {
    fn kind(&self) -> ErrorKind {
        match self {
            BrokerError::NotLoopback { .. }
            | BrokerError::Topic { .. }
            | BrokerError::Setting { .. }
            | BrokerError::Stopped => ErrorKind::Config,
            _ => ErrorKind::Connector,
        }
    }

    fn hint(&self) -> Option<String> {
        Some(match self {
            BrokerError::Bind { address, source } if source.kind() == io::ErrorKind::AddrInUse => format!(
                "stop the program that uses port {}, or choose another port (0 picks a free one)",
                address.port()
            ),
            BrokerError::Bind { .. } => "choose an address of this machine and a port you may use".into(),
            BrokerError::NotLoopback { .. } => {
                "use 127.0.0.1; the broker has no passwords and no encryption, so allow remote clients only in a \
                 network you trust"
                    .into()
            }
            BrokerError::Locked { .. } => "stop the other broker, or give this one another data folder".into(),
            BrokerError::Io { .. } => "check that the folder exists, may be written and has free space".into(),
            BrokerError::Damaged { path, .. } => format!(
                "restore {} from a copy, or start with an empty data folder if its data can be lost",
                path.display()
            ),
            BrokerError::Setting { setting, .. } => format!("see BrokerConfig::{setting} for the values it takes"),
            _ => return None,
        })
    }
}
