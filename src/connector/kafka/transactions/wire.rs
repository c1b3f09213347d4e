//! Kafka's own protocol, for the few requests that librdkafka has no function for.
//!
//! A transaction of a process that is gone can only be committed with the producer id and epoch that it had, and
//! librdkafka offers no way to say them. So this module asks the coordinators itself: one connection a broker, one request
//! at a time. It speaks plain text and SASL PLAIN.

use std::collections::HashMap;
use std::io::{self, Read, Write};
use std::net::{TcpStream, ToSocketAddrs};
use std::time::{Duration, Instant};

use bytes::{BufMut, Bytes, BytesMut};
use kafka_protocol::ResponseError;
use kafka_protocol::messages::{ApiKey, RequestHeader, ResponseHeader, SaslAuthenticateRequest, SaslHandshakeRequest};
use kafka_protocol::protocol::{Decodable, Encodable, Request, StrBytes};

use super::super::error::KafkaError;
use super::super::events::Events;
use super::super::properties::Properties;

/// How long a connection may take.
const CONNECT: Duration = Duration::from_secs(5);
/// How long an answer may take.
const ANSWER: Duration = Duration::from_secs(30);
/// How often whoever waits for an answer looks whether the job was cancelled.
const SLICE: Duration = Duration::from_millis(100);
/// What an answer may have, in bytes: transactions are listed in one.
const MOST: usize = 64 << 20;
const CLIENT_ID: &str = "flott-transactions";

/// A broker as it calls itself: `host:port`.
pub type Address = String;

#[derive(Clone)]
pub struct Login {
    user: String,
    password: String,
}

/// What a request may fail with.
pub enum Failure {
    /// The connection could not be made, or broke: trying again may help.
    Io(io::Error),
    /// Trying again does not help.
    Final(KafkaError),
}

impl From<io::Error> for Failure {
    fn from(error: io::Error) -> Self {
        Failure::Io(error)
    }
}

impl From<KafkaError> for Failure {
    fn from(error: KafkaError) -> Self {
        Failure::Final(error)
    }
}

/// Whether the settings are such that this module can connect; the login they ask for.
pub fn login(properties: &Properties) -> Result<Option<Login>, KafkaError> {
    let refuse = |name: &str, value: &str, speaks: &str| {
        let reason = format!("it is '{value}', and transactions (EXACTLY_ONCE) work over {speaks} in this version");
        Err(KafkaError::Property { name: name.into(), reason })
    };
    let protocol = properties.get("security.protocol").unwrap_or("plaintext").to_ascii_lowercase();
    match protocol.as_str() {
        "plaintext" => return Ok(None),
        "sasl_plaintext" => {}
        _ => return refuse("security.protocol", &protocol, "PLAINTEXT and SASL_PLAINTEXT"),
    }
    let mechanism = ["sasl.mechanism", "sasl.mechanisms"].iter().find_map(|name| properties.get(name));
    match mechanism.unwrap_or("GSSAPI") {
        "PLAIN" => {}
        other => return refuse("sasl.mechanism", other, "PLAIN"),
    }
    let part = |name: &str| properties.get(name).unwrap_or_default().to_owned();
    Ok(Some(Login { user: part("sasl.username"), password: part("sasl.password") }))
}

pub struct Wire {
    login: Option<Login>,
    events: Events,
    connections: HashMap<Address, TcpStream>,
    requests: i32,
}

impl Wire {
    pub fn new(login: Option<Login>, events: Events) -> Wire {
        Wire { login, events, connections: HashMap::new(), requests: 0 }
    }

    /// Asks a broker. A connection that fails is not used again.
    pub fn ask<R: Request>(&mut self, address: &str, version: i16, request: &R) -> Result<R::Response, Failure> {
        let mut connection = match self.connections.remove(address) {
            Some(connection) => connection,
            None => self.connect(address)?,
        };
        let answer = self.exchange(&mut connection, version, request)?;
        self.connections.insert(address.to_owned(), connection);
        Ok(answer)
    }

    fn connect(&mut self, address: &str) -> Result<TcpStream, Failure> {
        let mut last = io::Error::new(io::ErrorKind::NotFound, format!("'{address}' has no address"));
        for resolved in address.to_socket_addrs()? {
            match TcpStream::connect_timeout(&resolved, CONNECT) {
                Ok(mut connection) => {
                    connection.set_nodelay(true)?;
                    connection.set_read_timeout(Some(SLICE))?;
                    connection.set_write_timeout(Some(ANSWER))?;
                    self.log_in(&mut connection)?;
                    return Ok(connection);
                }
                Err(error) => last = error,
            }
        }
        Err(last.into())
    }

    fn log_in(&mut self, connection: &mut TcpStream) -> Result<(), Failure> {
        let Some(Login { user, password }) = self.login.clone() else { return Ok(()) };
        let refused = |events: &Events, reason: String| {
            Failure::Final(KafkaError::Authentication { servers: events.servers().to_owned(), reason })
        };
        let handshake = SaslHandshakeRequest::default().with_mechanism(StrBytes::from_static_str("PLAIN"));
        let answer = self.exchange(connection, 1, &handshake)?;
        if let Some(error) = ResponseError::try_from_code(answer.error_code) {
            let offered = answer.mechanisms.iter().map(StrBytes::as_str).collect::<Vec<_>>().join(", ");
            return Err(refused(&self.events, format!("{error}; it offers {offered}")));
        }
        let token = Bytes::from(format!("\0{user}\0{password}"));
        let answer = self.exchange(connection, 1, &SaslAuthenticateRequest::default().with_auth_bytes(token))?;
        match ResponseError::try_from_code(answer.error_code) {
            None => Ok(()),
            Some(error) => {
                let reason = answer.error_message.map_or_else(|| error.to_string(), |message| message.to_string());
                Err(refused(&self.events, reason))
            }
        }
    }

    fn exchange<R: Request>(
        &mut self,
        connection: &mut TcpStream,
        version: i16,
        request: &R,
    ) -> Result<R::Response, Failure> {
        self.requests = self.requests.wrapping_add(1);
        let key = ApiKey::try_from(R::KEY).map_err(|()| invalid("an unknown request"))?;
        let header = RequestHeader::default()
            .with_request_api_key(R::KEY)
            .with_request_api_version(version)
            .with_correlation_id(self.requests)
            .with_client_id(Some(StrBytes::from_static_str(CLIENT_ID)));
        let mut frame = BytesMut::new();
        frame.put_i32(0);
        header.encode(&mut frame, key.request_header_version(version)).map_err(invalid)?;
        request.encode(&mut frame, version).map_err(invalid)?;
        let length = i32::try_from(frame.len() - 4).map_err(invalid)?;
        frame[..4].copy_from_slice(&length.to_be_bytes());
        connection.write_all(&frame)?;

        let deadline = Instant::now() + ANSWER;
        let mut length = [0; 4];
        self.read(connection, &mut length, deadline)?;
        let length = usize::try_from(i32::from_be_bytes(length)).ok().filter(|length| *length <= MOST);
        let mut answer = vec![0; length.ok_or_else(|| invalid("an answer of a length that cannot be"))?];
        self.read(connection, &mut answer, deadline)?;
        let mut answer = Bytes::from(answer);
        let header = ResponseHeader::decode(&mut answer, key.response_header_version(version)).map_err(invalid)?;
        if header.correlation_id != self.requests {
            return Err(invalid("the answer to another request").into());
        }
        Ok(R::Response::decode(&mut answer, version).map_err(invalid)?)
    }

    fn read(&self, connection: &mut TcpStream, buffer: &mut [u8], deadline: Instant) -> Result<(), Failure> {
        let mut filled = 0;
        while filled < buffer.len() {
            match connection.read(&mut buffer[filled..]) {
                Ok(0) => return Err(io::Error::from(io::ErrorKind::UnexpectedEof).into()),
                Ok(count) => filled += count,
                Err(error) if matches!(error.kind(), io::ErrorKind::WouldBlock | io::ErrorKind::TimedOut) => {
                    self.events.check_waiting()?;
                    if Instant::now() > deadline {
                        return Err(io::Error::from(io::ErrorKind::TimedOut).into());
                    }
                }
                Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
                Err(error) => return Err(error.into()),
            }
        }
        Ok(())
    }
}

fn invalid(problem: impl ToString) -> io::Error {
    io::Error::new(io::ErrorKind::InvalidData, problem.to_string())
}
