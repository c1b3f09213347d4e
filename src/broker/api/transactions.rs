//! Producer ids and transactions.

use kafka_protocol::ResponseError;
use kafka_protocol::messages::TransactionalId;
use kafka_protocol::messages::add_offsets_to_txn_request::AddOffsetsToTxnRequest;
use kafka_protocol::messages::add_offsets_to_txn_response::AddOffsetsToTxnResponse;
use kafka_protocol::messages::add_partitions_to_txn_request::AddPartitionsToTxnRequest;
use kafka_protocol::messages::add_partitions_to_txn_response::{
    AddPartitionsToTxnPartitionResult, AddPartitionsToTxnResponse, AddPartitionsToTxnTopicResult,
};
use kafka_protocol::messages::describe_transactions_request::DescribeTransactionsRequest;
use kafka_protocol::messages::describe_transactions_response::{
    DescribeTransactionsResponse, TopicData, TransactionState,
};
use kafka_protocol::messages::end_txn_request::EndTxnRequest;
use kafka_protocol::messages::end_txn_response::EndTxnResponse;
use kafka_protocol::messages::init_producer_id_request::InitProducerIdRequest;
use kafka_protocol::messages::init_producer_id_response::InitProducerIdResponse;
use kafka_protocol::messages::list_transactions_request::ListTransactionsRequest;
use kafka_protocol::messages::list_transactions_response::{
    ListTransactionsResponse, TransactionState as ListedTransaction,
};

use super::{Context, code, text, topic_name};
use crate::broker::transaction::{NO_PRODUCER_ID, Phase, Producer, Transaction};

/// Clients that do not know of fencing by name are told that their epoch is not valid.
fn in_words_of(version: i16, knows_fenced_from: i16, error: ResponseError) -> ResponseError {
    match error {
        ResponseError::ProducerFenced if version < knows_fenced_from => ResponseError::InvalidProducerEpoch,
        other => other,
    }
}

pub fn init_producer_id(c: &Context<'_>, request: InitProducerIdRequest) -> InitProducerIdResponse {
    let given = (*request.producer_id != NO_PRODUCER_ID)
        .then_some(Producer { id: *request.producer_id, epoch: request.producer_epoch });
    let id = request.transactional_id.as_ref().map(|id| id.as_str());
    match c.state.transactions.init(c.state, id, request.transaction_timeout_ms, given) {
        Ok(producer) => {
            InitProducerIdResponse::default().with_producer_id(producer.id.into()).with_producer_epoch(producer.epoch)
        }
        Err(error) => InitProducerIdResponse::default()
            .with_error_code(in_words_of(c.version, 4, error).code())
            .with_producer_id(NO_PRODUCER_ID.into())
            .with_producer_epoch(-1),
    }
}

pub fn add_partitions(c: &Context<'_>, request: AddPartitionsToTxnRequest) -> AddPartitionsToTxnResponse {
    let asked = &request.v3_and_below_topics;
    let there = |topic: &str, partition| c.state.topics.partition(topic, partition).is_some();
    let all_there = asked.iter().all(|topic| topic.partitions.iter().all(|index| there(&topic.name, *index)));
    let producer = Producer { id: *request.v3_and_below_producer_id, epoch: request.v3_and_below_producer_epoch };
    let added = match all_there {
        true => {
            let named =
                asked.iter().flat_map(|topic| topic.partitions.iter().map(|index| (topic.name.to_string(), *index)));
            let id = &request.v3_and_below_transactional_id;
            c.state.transactions.add_partitions(id, producer, named, c.state.now())
        }
        // All or none.
        false => Err(ResponseError::OperationNotAttempted),
    };
    let added = added.map_err(|error| in_words_of(c.version, 2, error));
    let answer = |topic: &str, index: i32| {
        let error = match there(topic, index) {
            true => code(&added),
            false => ResponseError::UnknownTopicOrPartition.code(),
        };
        AddPartitionsToTxnPartitionResult::default().with_partition_index(index).with_partition_error_code(error)
    };
    let results = asked.iter().map(|topic| {
        AddPartitionsToTxnTopicResult::default()
            .with_name(topic.name.clone())
            .with_results_by_partition(topic.partitions.iter().map(|index| answer(&topic.name, *index)).collect())
    });
    AddPartitionsToTxnResponse::default().with_results_by_topic_v3_and_below(results.collect())
}

pub fn add_offsets(c: &Context<'_>, request: AddOffsetsToTxnRequest) -> AddOffsetsToTxnResponse {
    let producer = Producer { id: *request.producer_id, epoch: request.producer_epoch };
    let id = &request.transactional_id;
    let added = c.state.transactions.add_group(id, producer, &request.group_id, c.state.now());
    let added = added.map_err(|error| in_words_of(c.version, 2, error));
    AddOffsetsToTxnResponse::default().with_error_code(code(&added))
}

pub fn end(c: &Context<'_>, request: EndTxnRequest) -> EndTxnResponse {
    let producer = Producer { id: *request.producer_id, epoch: request.producer_epoch };
    let ended = c.state.transactions.end(c.state, &request.transactional_id, producer, request.committed);
    let ended = ended.map_err(|error| in_words_of(c.version, 2, error));
    EndTxnResponse::default().with_error_code(code(&ended))
}

pub fn list(c: &Context<'_>, request: ListTransactionsRequest) -> ListTransactionsResponse {
    let now = c.state.now();
    let wanted = |transaction: &Transaction| {
        let (states, producers) = (&request.state_filters, &request.producer_id_filters);
        let long_enough = c.version < 1
            || request.duration_filter < 0
            || (transaction.phase == Phase::Ongoing && now - transaction.started > request.duration_filter);
        (states.is_empty() || states.iter().any(|state| **state == *transaction.phase.name()))
            && (producers.is_empty() || producers.iter().any(|id| **id == transaction.producer_id))
            && long_enough
    };
    let listed = c.state.transactions.all().into_iter().filter(|(_, transaction)| wanted(transaction)).map(
        |(id, transaction)| {
            ListedTransaction::default()
                .with_transactional_id(TransactionalId(text(id)))
                .with_producer_id(transaction.producer_id.into())
                .with_transaction_state(text(transaction.phase.name()))
        },
    );
    ListTransactionsResponse::default().with_transaction_states(listed.collect())
}

pub fn describe(c: &Context<'_>, request: DescribeTransactionsRequest) -> DescribeTransactionsResponse {
    let all = c.state.transactions.all();
    let answer = |id: TransactionalId| {
        let state = TransactionState::default().with_transactional_id(id.clone());
        let Some((_, transaction)) = all.iter().find(|(known, _)| *known == *id.as_str()) else {
            return state.with_error_code(ResponseError::TransactionalIdNotFound.code());
        };
        let topics = transaction.partitions.iter().map(|(topic, partitions)| {
            TopicData::default()
                .with_topic(topic_name(topic.clone()))
                .with_partitions(partitions.iter().copied().collect())
        });
        state
            .with_transaction_state(text(transaction.phase.name()))
            .with_transaction_timeout_ms(transaction.timeout_ms)
            .with_transaction_start_time_ms(transaction.started)
            .with_producer_id(transaction.producer_id.into())
            .with_producer_epoch(transaction.epoch)
            .with_topics(topics.collect())
    };
    let states = request.transactional_ids.into_iter().map(answer).collect();
    DescribeTransactionsResponse::default().with_transaction_states(states)
}
