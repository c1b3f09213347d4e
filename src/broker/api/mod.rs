//! Requests: which ones there are, in which versions, and who answers them.

mod admin;
mod configs;
mod fetch;
mod groups;
mod list_offsets;
mod metadata;
mod offsets;
mod produce;
mod transactions;

use std::io;
use std::sync::Arc;

use bytes::{BufMut, Bytes, BytesMut};
use kafka_protocol::ResponseError;
use kafka_protocol::messages::{ApiKey, RequestHeader, ResponseHeader, TopicName};
use kafka_protocol::protocol::{Decodable, Encodable, HeaderVersion, StrBytes};

use super::server::Peer;
use super::state::State;

/// What this broker answers, and in which versions. Newer versions are left out where they stand for something it
/// does not do: Produce 12 and the transaction requests' 5 are KIP-890's second protocol, Fetch 17 is for replicas.
const APIS: &[(ApiKey, i16, i16)] = &[
    // Versions below 3 are long gone, but clients look for them to know that compression is understood.
    (ApiKey::Produce, 0, 11),
    (ApiKey::Fetch, 4, 16),
    (ApiKey::ListOffsets, 1, 8),
    (ApiKey::Metadata, 0, 12),
    (ApiKey::OffsetCommit, 2, 9),
    (ApiKey::OffsetFetch, 1, 9),
    (ApiKey::FindCoordinator, 0, 5),
    (ApiKey::JoinGroup, 0, 9),
    (ApiKey::Heartbeat, 0, 4),
    (ApiKey::LeaveGroup, 0, 5),
    (ApiKey::SyncGroup, 0, 5),
    (ApiKey::DescribeGroups, 0, 6),
    (ApiKey::ListGroups, 0, 5),
    (ApiKey::ApiVersions, 0, 4),
    (ApiKey::CreateTopics, 2, 7),
    (ApiKey::DeleteTopics, 1, 6),
    (ApiKey::InitProducerId, 0, 5),
    (ApiKey::OffsetForLeaderEpoch, 2, 4),
    (ApiKey::AddPartitionsToTxn, 0, 3),
    (ApiKey::AddOffsetsToTxn, 0, 4),
    (ApiKey::EndTxn, 0, 4),
    (ApiKey::TxnOffsetCommit, 0, 4),
    (ApiKey::DescribeConfigs, 1, 4),
    (ApiKey::AlterConfigs, 0, 2),
    (ApiKey::CreatePartitions, 0, 3),
    (ApiKey::DeleteGroups, 0, 2),
    (ApiKey::IncrementalAlterConfigs, 0, 1),
    (ApiKey::OffsetDelete, 0, 0),
    (ApiKey::DescribeCluster, 0, 1),
    (ApiKey::DescribeTransactions, 0, 0),
    (ApiKey::ListTransactions, 0, 1),
];

/// A request's surroundings.
struct Context<'a> {
    state: &'a Arc<State>,
    peer: &'a Peer,
    client_id: &'a str,
    version: i16,
}

/// Answers one frame; `None` where the client expects no answer. An error closes the connection.
pub async fn handle(state: &Arc<State>, peer: &Peer, frame: Bytes) -> io::Result<Option<Bytes>> {
    let mut body = frame;
    let number = i16::from_be_bytes([body[0], body[1]]);
    let version = i16::from_be_bytes([body[2], body[3]]);
    let key = ApiKey::try_from(number).map_err(|()| invalid(format!("unknown request {number}")))?;
    let offered = APIS.iter().find(|(api, _, _)| *api == key);
    let within = offered.is_some_and(|(_, min, max)| (*min..=*max).contains(&version));
    if key == ApiKey::ApiVersions && !within {
        // The one request that is answered in any version, so that a newer client can find out.
        let id = i32::from_be_bytes([body[4], body[5], body[6], body[7]]);
        let response = metadata::api_versions(ResponseError::UnsupportedVersion.code());
        return encode(key, 0, id, &response).map(Some);
    }
    if !within || (key == ApiKey::Produce && version < 3) {
        return Err(invalid(format!("{key:?} version {version} is not offered")));
    }
    let header = RequestHeader::decode(&mut body, key.request_header_version(version)).map_err(invalid)?;
    let client_id = header.client_id.as_deref().unwrap_or_default().to_owned();
    let context = Context { state, peer, client_id: &client_id, version };
    answer(&context, key, header.correlation_id, &mut body).await
}

async fn answer(c: &Context<'_>, key: ApiKey, id: i32, body: &mut Bytes) -> io::Result<Option<Bytes>> {
    let v = c.version;
    let response = match key {
        ApiKey::Produce => match produce::produce(c, decode(body, v)?) {
            Some(response) => encode(key, v, id, &response)?,
            None => return Ok(None),
        },
        ApiKey::Fetch => encode(key, v, id, &fetch::fetch(c, decode(body, v)?).await)?,
        ApiKey::ListOffsets => encode(key, v, id, &list_offsets::list_offsets(c, decode(body, v)?))?,
        ApiKey::OffsetForLeaderEpoch => encode(key, v, id, &list_offsets::end_of_epoch(c, decode(body, v)?))?,
        ApiKey::ApiVersions => encode(key, v, id, &metadata::api_versions(0))?,
        ApiKey::Metadata => encode(key, v, id, &metadata::metadata(c, decode(body, v)?))?,
        ApiKey::FindCoordinator => encode(key, v, id, &metadata::find_coordinator(c, decode(body, v)?))?,
        ApiKey::DescribeCluster => encode(key, v, id, &metadata::describe_cluster(c, decode(body, v)?))?,
        ApiKey::CreateTopics => encode(key, v, id, &admin::create_topics(c, decode(body, v)?))?,
        ApiKey::DeleteTopics => encode(key, v, id, &admin::delete_topics(c, decode(body, v)?))?,
        ApiKey::CreatePartitions => encode(key, v, id, &admin::create_partitions(c, decode(body, v)?))?,
        ApiKey::DescribeConfigs => encode(key, v, id, &configs::describe(c, decode(body, v)?))?,
        ApiKey::AlterConfigs => encode(key, v, id, &configs::alter(c, decode(body, v)?))?,
        ApiKey::IncrementalAlterConfigs => encode(key, v, id, &configs::alter_incrementally(c, decode(body, v)?))?,
        ApiKey::JoinGroup => encode(key, v, id, &groups::join(c, decode(body, v)?).await)?,
        ApiKey::SyncGroup => encode(key, v, id, &groups::sync(c, decode(body, v)?).await)?,
        ApiKey::Heartbeat => encode(key, v, id, &groups::heartbeat(c, decode(body, v)?))?,
        ApiKey::LeaveGroup => encode(key, v, id, &groups::leave(c, decode(body, v)?))?,
        ApiKey::ListGroups => encode(key, v, id, &groups::list(c, decode(body, v)?))?,
        ApiKey::DescribeGroups => encode(key, v, id, &groups::describe(c, decode(body, v)?))?,
        ApiKey::DeleteGroups => encode(key, v, id, &groups::delete(c, decode(body, v)?))?,
        ApiKey::OffsetCommit => encode(key, v, id, &offsets::commit(c, decode(body, v)?))?,
        ApiKey::OffsetFetch => encode(key, v, id, &offsets::fetch(c, decode(body, v)?))?,
        ApiKey::OffsetDelete => encode(key, v, id, &offsets::delete(c, decode(body, v)?))?,
        ApiKey::TxnOffsetCommit => encode(key, v, id, &offsets::commit_in_transaction(c, decode(body, v)?))?,
        ApiKey::InitProducerId => encode(key, v, id, &transactions::init_producer_id(c, decode(body, v)?))?,
        ApiKey::AddPartitionsToTxn => encode(key, v, id, &transactions::add_partitions(c, decode(body, v)?))?,
        ApiKey::AddOffsetsToTxn => encode(key, v, id, &transactions::add_offsets(c, decode(body, v)?))?,
        ApiKey::EndTxn => encode(key, v, id, &transactions::end(c, decode(body, v)?))?,
        ApiKey::ListTransactions => encode(key, v, id, &transactions::list(c, decode(body, v)?))?,
        ApiKey::DescribeTransactions => encode(key, v, id, &transactions::describe(c, decode(body, v)?))?,
        other => return Err(invalid(format!("{other:?} is not offered"))),
    };
    Ok(Some(response))
}

fn decode<R: Decodable>(body: &mut Bytes, version: i16) -> io::Result<R> {
    R::decode(body, version).map_err(invalid)
}

fn encode<R: Encodable + HeaderVersion>(key: ApiKey, version: i16, id: i32, response: &R) -> io::Result<Bytes> {
    let mut frame = BytesMut::new();
    let size = response.compute_size(version).map_err(invalid)?;
    frame.reserve(size + 16);
    frame.put_i32(0);
    let header = ResponseHeader::default().with_correlation_id(id);
    header.encode(&mut frame, key.response_header_version(version)).map_err(invalid)?;
    response.encode(&mut frame, version).map_err(invalid)?;
    let length = i32::try_from(frame.len() - 4).map_err(invalid)?;
    frame[..4].copy_from_slice(&length.to_be_bytes());
    Ok(frame.freeze())
}

fn invalid(problem: impl ToString) -> io::Error {
    io::Error::new(io::ErrorKind::InvalidData, problem.to_string())
}

/// The code in a response: 0 when it went well.
fn code<T>(result: &Result<T, ResponseError>) -> i16 {
    result.as_ref().err().map_or(0, ResponseError::code)
}

fn text(value: impl Into<String>) -> StrBytes {
    StrBytes::from_string(value.into())
}

fn topic_name(name: impl Into<String>) -> TopicName {
    TopicName(text(name))
}

#[cfg(test)]
mod tests {
    use super::*;
    use kafka_protocol::messages::ApiVersionsRequest;
    use kafka_protocol::protocol::Message;

    #[test]
    fn the_codecs_know_every_version_that_is_offered() {
        for (key, min, max) in APIS {
            let known = key.valid_versions();
            assert!(*max <= known.max, "{key:?}");
            assert!(*min >= known.min || *key == ApiKey::Produce, "{key:?}");
        }
        assert_eq!(ApiVersionsRequest::VERSIONS.min, 0);
    }
}
