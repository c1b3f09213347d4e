//! Connections: a frame in, a frame out, in order, as Kafka does it.

use std::io;
use std::net::SocketAddr;
use std::sync::Arc;

use bytes::{Bytes, BytesMut};
use tokio::io::{AsyncReadExt, AsyncWriteExt, BufReader};
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::watch;
use tokio::task::JoinSet;
use tokio::time::{Duration, sleep};

use super::api;
use super::config::BrokerConfig;
use super::error::BrokerError;
use super::state::State;

/// Smallest request: key, version, correlation id.
const MIN_FRAME: usize = 8;
/// A frame's buffer grows as bytes arrive, so a wrong length does not reserve memory.
const CHUNK: usize = 1 << 20;

/// What a handler may want to know of the connection.
pub(super) struct Peer {
    pub host: String,
    /// The address the client reached us by: the one it is told to use for everything else.
    pub reached_by: SocketAddr,
}

/// Binds the port and opens the data folder.
pub(super) async fn listen(config: BrokerConfig) -> Result<(TcpListener, Arc<State>), BrokerError> {
    let wanted = SocketAddr::new(config.host, config.port);
    let bind = |source| BrokerError::Bind { address: wanted, source };
    let listener = TcpListener::bind(wanted).await.map_err(bind)?;
    let address = listener.local_addr().map_err(bind)?;
    let state = State::open(config, address)?;
    Ok((listener, state))
}

/// Serves clients until told to stop.
pub(super) async fn serve(listener: TcpListener, state: Arc<State>, mut stopped: watch::Receiver<bool>) {
    let mut connections = JoinSet::new();
    connections.spawn(state.clone().keep_time());
    loop {
        tokio::select! {
            _ = stopped.wait_for(|stop| *stop) => break,
            Some(_) = connections.join_next() => {}
            accepted = listener.accept() => match accepted {
                Ok((stream, peer)) => {
                    connections.spawn(connection(stream, peer, state.clone()));
                }
                Err(error) => {
                    // Usually too many open files: wait for some to be closed instead of spinning.
                    tracing::warn!(%error, "the broker could not accept a connection");
                    sleep(Duration::from_millis(100)).await;
                }
            },
        }
    }
    connections.shutdown().await;
}

async fn connection(stream: TcpStream, peer: SocketAddr, state: Arc<State>) {
    match converse(stream, peer, &state).await {
        Ok(()) => {}
        Err(error) if is_goodbye(&error) => {}
        Err(error) => tracing::warn!(%peer, %error, "the broker closed a connection"),
    }
}

fn is_goodbye(error: &io::Error) -> bool {
    use io::ErrorKind::*;
    matches!(error.kind(), UnexpectedEof | ConnectionReset | ConnectionAborted | BrokenPipe)
}

async fn converse(stream: TcpStream, peer: SocketAddr, state: &Arc<State>) -> io::Result<()> {
    stream.set_nodelay(true)?;
    let peer = Peer { host: format!("/{}", peer.ip()), reached_by: stream.local_addr()? };
    let (reader, mut writer) = stream.into_split();
    let mut reader = BufReader::with_capacity(64 << 10, reader);
    loop {
        let frame = read_frame(&mut reader, state.config.request_max_bytes()).await?;
        if let Some(response) = api::handle(state, &peer, frame).await? {
            writer.write_all(&response).await?;
        }
    }
}

async fn read_frame(reader: &mut BufReader<tokio::net::tcp::OwnedReadHalf>, limit: usize) -> io::Result<Bytes> {
    let length = reader.read_i32().await?;
    let length = usize::try_from(length).unwrap_or(usize::MAX);
    if !(MIN_FRAME..=limit).contains(&length) {
        return Err(io::Error::new(
            io::ErrorKind::InvalidData,
            format!(
                "a request of {length} bytes; at most {limit} are taken (is the client speaking Kafka's protocol without TLS?)"
            ),
        ));
    }
    let mut frame = BytesMut::with_capacity(length.min(CHUNK));
    while frame.len() < length {
        let missing = length - frame.len();
        frame.reserve(missing.min(CHUNK));
        if (&mut *reader).take(missing as u64).read_buf(&mut frame).await? == 0 {
            return Err(io::ErrorKind::UnexpectedEof.into());
        }
    }
    Ok(frame.freeze())
}
