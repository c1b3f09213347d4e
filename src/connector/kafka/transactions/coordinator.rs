//! Questions to the brokers that coordinate transactions. Each is asked again while a broker is away or busy.

use std::collections::HashMap;
use std::time::{Duration, Instant};

use kafka_protocol::ResponseError;
use kafka_protocol::messages::describe_configs_request::DescribeConfigsResource;
use kafka_protocol::messages::{
    DescribeConfigsRequest, DescribeTransactionsRequest, EndTxnRequest, FindCoordinatorRequest, InitProducerIdRequest,
    ListTransactionsRequest, MetadataRequest, TransactionalId,
};
use kafka_protocol::protocol::{Request, StrBytes};

use super::super::error::KafkaError;
use super::super::events::Events;
use super::super::properties::Properties;
use super::wire::{self, Address, Failure, Wire};

/// How long brokers may be away, load, or be busy with the same transaction.
const PATIENCE: Duration = Duration::from_secs(60);
const PAUSE: Duration = Duration::from_millis(50);
/// Of a producer that only takes an id away from another, in ms.
const SHORT_TIMEOUT: i32 = 10_000;
const TRANSACTIONS: i8 = 1;
const BROKER: i8 = 4;
const MAX_TIMEOUT: &str = "transaction.max.timeout.ms";

/// The latest transaction of a transactional id, as its coordinator knows it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Described {
    pub producer_id: i64,
    pub epoch: i16,
    /// Kafka's name: `Ongoing`, `CompleteCommit` …
    pub state: String,
}

pub struct Coordinators {
    wire: Wire,
    events: Events,
    bootstrap: Vec<Address>,
    known: HashMap<String, Address>,
    patience: Duration,
}

type Code<T> = Result<T, ResponseError>;

impl Coordinators {
    pub fn new(properties: &Properties, events: &Events) -> Result<Coordinators, KafkaError> {
        let bootstrap = properties.servers.split(',').map(address).filter(|address| !address.is_empty()).collect();
        let wire = Wire::new(wire::login(properties)?, events.clone());
        Ok(Coordinators { wire, events: events.clone(), bootstrap, known: HashMap::new(), patience: PATIENCE })
    }

    /// What is known of a transactional id.
    pub fn describe(&mut self, id: &str) -> Result<Code<Described>, KafkaError> {
        let request = DescribeTransactionsRequest::default().with_transactional_ids(vec![transactional(id)]);
        self.at_coordinator(id, 0, &request, |mut answer| {
            let state = answer.transaction_states.pop().ok_or(ResponseError::UnknownServerError)?;
            code(state.error_code)?;
            let (producer_id, epoch) = (*state.producer_id, state.producer_epoch);
            Ok(Described { producer_id, epoch, state: state.transaction_state.to_string() })
        })
    }

    /// Commits the transaction that the producer of that id and epoch has open; again is no error.
    pub fn commit(&mut self, id: &str, producer_id: i64, epoch: i16) -> Result<Code<()>, KafkaError> {
        let request = EndTxnRequest::default()
            .with_transactional_id(transactional(id))
            .with_producer_id(producer_id.into())
            .with_producer_epoch(epoch)
            .with_committed(true);
        self.at_coordinator(id, 3, &request, |answer| code(answer.error_code))
    }

    /// Takes back what is open under a transactional id, and shuts out the producer that has it.
    pub fn abort(&mut self, id: &str) -> Result<Code<()>, KafkaError> {
        let request = InitProducerIdRequest::default()
            .with_transactional_id(Some(transactional(id)))
            .with_transaction_timeout_ms(SHORT_TIMEOUT)
            .with_producer_id((-1).into())
            .with_producer_epoch(-1);
        self.at_coordinator(id, 4, &request, |answer| code(answer.error_code))
    }

    /// The transactional ids under which a transaction is open, in the whole cluster.
    pub fn open(&mut self) -> Result<Vec<String>, KafkaError> {
        let mut open = Vec::new();
        for (_, broker) in self.brokers()? {
            let states = vec![StrBytes::from_static_str("Ongoing")];
            let request = ListTransactionsRequest::default().with_state_filters(states);
            let listed = self.patiently("its open transactions", |own| {
                let answer = own.wire.ask(&broker, 0, &request)?;
                Ok(code(answer.error_code).map(|()| answer.transaction_states))
            })?;
            let listed = listed.map_err(|error| lookup("its open transactions", error))?;
            open.extend(listed.into_iter().map(|transaction| transaction.transactional_id.to_string()));
        }
        Ok(open)
    }

    /// What a transaction may take at most, in ms; `None` where the cluster does not say.
    pub fn max_timeout(&mut self) -> Result<Option<i64>, KafkaError> {
        let Some((node, broker)) = self.brokers()?.into_iter().next() else { return Ok(None) };
        let resource = DescribeConfigsResource::default()
            .with_resource_type(BROKER)
            .with_resource_name(StrBytes::from_string(node.to_string()))
            .with_configuration_keys(Some(vec![StrBytes::from_static_str(MAX_TIMEOUT)]));
        let request = DescribeConfigsRequest::default().with_resources(vec![resource]);
        let answer = self.patiently(MAX_TIMEOUT, |own| Ok(Ok(own.wire.ask(&broker, 4, &request)?)))?;
        let configs = answer.ok().into_iter().flat_map(|answer| answer.results).flat_map(|result| result.configs);
        let mut found = configs.filter(|config| config.name.as_str() == MAX_TIMEOUT);
        Ok(found.next().and_then(|config| config.value?.parse().ok()))
    }

    fn brokers(&mut self) -> Result<Vec<(i32, Address)>, KafkaError> {
        let request = MetadataRequest::default().with_topics(Some(Vec::new())).with_allow_auto_topic_creation(false);
        let answer = self.patiently("its brokers", |own| Ok(Ok(own.ask_any(9, &request)?)))?;
        let brokers = answer.map_err(|error| lookup("its brokers", error))?.brokers;
        Ok(brokers.into_iter().map(|broker| (*broker.node_id, format!("{}:{}", broker.host, broker.port))).collect())
    }

    /// Asks the coordinator of an id, the one that it has now.
    fn at_coordinator<R: Request, T>(
        &mut self,
        id: &str,
        version: i16,
        request: &R,
        read: impl Fn(R::Response) -> Code<T>,
    ) -> Result<Code<T>, KafkaError> {
        let answer = self.patiently("what it knows of a transaction", |own| {
            let coordinator = match own.known.get(id) {
                Some(known) => known.clone(),
                None => match own.find(id)? {
                    Ok(found) => found,
                    Err(error) => return Ok(Err(error)),
                },
            };
            // forgotten unless it answers: it may have moved
            own.known.remove(id);
            let answer = read(own.wire.ask(&coordinator, version, request)?);
            if !matches!(answer, Err(ResponseError::NotCoordinator)) {
                own.known.insert(id.to_owned(), coordinator);
            }
            Ok(answer)
        })?;
        match answer {
            Err(ResponseError::TransactionalIdAuthorizationFailed) => {
                let resource = format!("transactional id '{id}'");
                Err(KafkaError::NotAuthorized { servers: self.events.servers().to_owned(), resource })
            }
            answer => Ok(answer),
        }
    }

    fn find(&mut self, id: &str) -> Result<Code<Address>, Failure> {
        let key = StrBytes::from_string(id.to_owned());
        let request = FindCoordinatorRequest::default().with_key(key).with_key_type(TRANSACTIONS);
        let answer = self.ask_any(3, &request)?;
        Ok(code(answer.error_code).map(|()| format!("{}:{}", answer.host, answer.port)))
    }

    /// Asks the first of the bootstrap servers that answers.
    fn ask_any<R: Request>(&mut self, version: i16, request: &R) -> Result<R::Response, Failure> {
        let mut last = Failure::Io(std::io::ErrorKind::NotFound.into());
        for address in &self.bootstrap {
            match self.wire.ask(address, version, request) {
                Err(Failure::Io(error)) => last = Failure::Io(error),
                answered => return answered,
            }
        }
        Err(last)
    }

    /// Asks until there is an answer that is worth something, or patience ends.
    fn patiently<T>(
        &mut self,
        what: &str,
        mut ask: impl FnMut(&mut Self) -> Result<Code<T>, Failure>,
    ) -> Result<Code<T>, KafkaError> {
        let deadline = Instant::now() + self.patience;
        loop {
            let reason = match ask(self) {
                Ok(Err(error)) if passes(error) => error.to_string(),
                Ok(answer) => return Ok(answer),
                Err(Failure::Final(error)) => return Err(error),
                Err(Failure::Io(error)) => error.to_string(),
            };
            self.events.check_waiting()?;
            if Instant::now() > deadline {
                return Err(KafkaError::Lookup { what: what.to_owned(), reason });
            }
            std::thread::sleep(PAUSE);
        }
    }
}

/// Whether the same request may get another answer in a moment.
fn passes(error: ResponseError) -> bool {
    error.is_retriable() || error == ResponseError::ConcurrentTransactions
}

fn code(code: i16) -> Code<()> {
    ResponseError::try_from_code(code).map_or(Ok(()), Err)
}

fn lookup(what: &str, error: ResponseError) -> KafkaError {
    KafkaError::Lookup { what: what.to_owned(), reason: error.to_string() }
}

fn transactional(id: &str) -> TransactionalId {
    StrBytes::from_string(id.to_owned()).into()
}

/// A bootstrap server without the protocol that may stand in front of it.
fn address(server: &str) -> Address {
    let server = server.trim();
    server.split_once("://").map_or(server, |(_, address)| address).to_owned()
}
