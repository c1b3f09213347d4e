//! The embedded broker's side of Kafka's protocol: frames over a real connection.

use std::io::{Read, Write};
use std::net::{SocketAddr, TcpStream};
use std::time::Duration;

use flott::broker::{Broker, BrokerConfig};

use crate::Fuzz;
use crate::mutate::{Mutations, varint};

/// A request: its number, its version, and what stands behind its header.
fn request(key: i16, version: i16, flexible: bool, body: &[u8]) -> Vec<u8> {
    let mut frame = [key.to_be_bytes(), version.to_be_bytes()].concat();
    frame.extend_from_slice(&7i32.to_be_bytes());
    frame.extend_from_slice(&text("fuzz"));
    if flexible {
        frame.push(0);
    }
    frame.extend_from_slice(body);
    frame
}

fn text(text: &str) -> Vec<u8> {
    [&(text.len() as i16).to_be_bytes(), text.as_bytes()].concat()
}

/// A batch of one record with two headers, in version 2 of the format.
pub fn batch(headers: &[(&[u8], Option<&[u8]>)]) -> Vec<u8> {
    let zigzag = |number: i64| varint(((number << 1) ^ (number >> 63)) as u64);
    let mut record = vec![0, 0, 0];
    record.extend(zigzag(-1));
    record.extend(zigzag(5));
    record.extend_from_slice(b"value");
    record.extend(zigzag(headers.len() as i64));
    for (name, value) in headers {
        record.extend(zigzag(name.len() as i64));
        record.extend_from_slice(name);
        record.extend(zigzag(value.map_or(-1, |value| value.len() as i64)));
        record.extend_from_slice(value.unwrap_or_default());
    }
    let mut covered = 0i16.to_be_bytes().to_vec();
    covered.extend_from_slice(&0i32.to_be_bytes());
    covered.extend_from_slice(&1_000i64.to_be_bytes().repeat(2));
    covered.extend_from_slice(&(-1i64).to_be_bytes());
    covered.extend_from_slice(&(-1i16).to_be_bytes());
    covered.extend_from_slice(&(-1i32).to_be_bytes());
    covered.extend_from_slice(&1i32.to_be_bytes());
    covered.extend(zigzag(record.len() as i64));
    covered.extend(record);
    let mut batch = 0i64.to_be_bytes().to_vec();
    batch.extend_from_slice(&((covered.len() + 9) as i32).to_be_bytes());
    batch.extend_from_slice(&0i32.to_be_bytes());
    batch.push(2);
    batch.extend_from_slice(&crc32c::crc32c(&covered).to_be_bytes());
    batch.extend(covered);
    batch
}

pub fn produce(batch: &[u8]) -> Vec<u8> {
    let mut body = (-1i16).to_be_bytes().to_vec();
    body.extend_from_slice(&1i16.to_be_bytes());
    body.extend_from_slice(&1_000i32.to_be_bytes());
    body.extend_from_slice(&1i32.to_be_bytes());
    body.extend(text("t"));
    body.extend_from_slice(&1i32.to_be_bytes());
    body.extend_from_slice(&0i32.to_be_bytes());
    body.extend_from_slice(&(batch.len() as i32).to_be_bytes());
    body.extend_from_slice(batch);
    request(0, 3, false, &body)
}

fn fetch() -> Vec<u8> {
    let mut body = (-1i32).to_be_bytes().to_vec();
    // at most 1 ms for at least one byte
    for number in [1i32, 1, 1 << 20] {
        body.extend_from_slice(&number.to_be_bytes());
    }
    body.push(0);
    body.extend_from_slice(&1i32.to_be_bytes());
    body.extend(text("t"));
    body.extend_from_slice(&1i32.to_be_bytes());
    body.extend_from_slice(&0i32.to_be_bytes());
    body.extend_from_slice(&0i64.to_be_bytes());
    body.extend_from_slice(&(1i32 << 20).to_be_bytes());
    request(1, 4, false, &body)
}

/// Requests of several families, in versions with fixed and with compact lengths.
fn requests() -> Vec<Vec<u8>> {
    let list = |items: &[Vec<u8>]| [(items.len() as i32).to_be_bytes().to_vec(), items.concat()].concat();
    let one_topic = list(&[text("t")]);
    let offsets = [text("g"), list(&[[text("t"), list(&[0i32.to_be_bytes().to_vec()])].concat()])].concat();
    let times = [
        (-1i32).to_be_bytes().to_vec(),
        list(&[[text("t"), list(&[[0i32.to_be_bytes().to_vec(), (-2i64).to_be_bytes().to_vec()].concat()])].concat()]),
    ];
    let member = [text("g"), 1i32.to_be_bytes().to_vec(), text("m")].concat();
    vec![
        produce(&batch(&[(b"name", Some(b"value")), (b"none", None)])),
        fetch(),
        request(2, 1, false, &times.concat()),
        request(3, 1, false, &one_topic),
        request(3, 9, true, b"\x02\x02t\0\0\0\0\0"),
        request(9, 1, false, &offsets),
        request(10, 0, false, &text("g")),
        request(12, 0, false, &member),
        request(15, 0, false, &list(&[text("g")])),
        request(18, 3, true, b"\x05fuzz\x021\0"),
        request(22, 0, false, &[text("id"), 1_000i32.to_be_bytes().to_vec()].concat()),
        request(20, 1, false, &[list(&[text("gone")]), 1i32.to_be_bytes().to_vec()].concat()),
    ]
}

/// Sends a frame and reads the answer, if one comes; whether the connection is still there.
pub fn converse(stream: &mut TcpStream, frame: &[u8]) -> bool {
    let sent = stream.write_all(&(frame.len() as i32).to_be_bytes()).and_then(|()| stream.write_all(frame));
    let mut length = [0; 4];
    if sent.is_err() || stream.read_exact(&mut length).is_err() {
        return false;
    }
    let mut answer = vec![0; i32::from_be_bytes(length).clamp(0, 1 << 24) as usize];
    stream.read_exact(&mut answer).is_ok()
}

pub fn connect(address: SocketAddr) -> TcpStream {
    let stream = TcpStream::connect(address).unwrap();
    stream.set_nodelay(true).unwrap();
    // a request that is not answered, such as one that waits for other members of its group, is left behind
    stream.set_read_timeout(Some(Duration::from_millis(200))).unwrap();
    stream
}

/// Whether a request that is right is answered.
fn answers(address: SocketAddr, request: &[u8]) -> bool {
    let mut stream = connect(address);
    stream.set_read_timeout(Some(Duration::from_secs(30))).unwrap();
    converse(&mut stream, request)
}

#[test]
fn requests_to_the_broker() {
    let folder = tempfile::tempdir().unwrap();
    let broker = Broker::start(BrokerConfig::new(folder.path())).unwrap();
    broker.create_topic("t", 1).unwrap();
    for (at, request) in requests().iter().enumerate() {
        assert!(answers(broker.address(), request), "the broker does not answer request {at}");
    }
    let mutations = Mutations::new(requests(), &["t", "\0\u{1}t", "\u{7f}\0\0\0"]);
    let mut stream = connect(broker.address());
    // the codec sets aside what the count of an array promises, before it reads the first
    Fuzz { times: 1, sets_aside: true }.run("broker", &mutations, |frame| {
        if !converse(&mut stream, frame) {
            stream = connect(broker.address());
        }
    });
    assert!(answers(broker.address(), &requests()[3]), "the broker still answers");
}

/// Frames whose contents are right and whose batch is not; the checksum fits.
#[test]
fn batches_to_the_broker() {
    let folder = tempfile::tempdir().unwrap();
    let broker = Broker::start(BrokerConfig::new(folder.path())).unwrap();
    broker.create_topic("t", 1).unwrap();
    let mutations = Mutations::new(vec![batch(&[(b"name", Some(b"value"))]), batch(&[])], &[]);
    let mut stream = connect(broker.address());
    Fuzz { times: 1, sets_aside: true }.run("broker-batches", &mutations, |batch| {
        let mut batch = batch.to_vec();
        if batch.len() > 21 {
            let length = (batch.len() - 12) as i32;
            batch[8..12].copy_from_slice(&length.to_be_bytes());
            let sum = crc32c::crc32c(&batch[21..]);
            batch[17..21].copy_from_slice(&sum.to_be_bytes());
        }
        for frame in [produce(&batch), fetch()] {
            if !converse(&mut stream, &frame) {
                stream = connect(broker.address());
            }
        }
    });
}
