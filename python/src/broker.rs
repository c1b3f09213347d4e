//! The embedded broker as Python sees it: a thin class behind `flott.broker.Broker`.

use std::net::IpAddr;
use std::path::PathBuf;

use flott::broker::{Broker, BrokerConfig};
use pyo3::prelude::*;

use crate::gate;

/// A running broker. Starting, creating topics and stopping let other Python threads run meanwhile.
#[pyclass(name = "Broker", module = "flott._flott", frozen)]
pub struct PyBroker(Broker);

#[pymethods]
impl PyBroker {
    #[new]
    #[pyo3(signature = (
        data_dir, *, host, port, allow_remote, topics, auto_create_topics, num_partitions, message_max_bytes,
    ))]
    #[allow(clippy::too_many_arguments, reason = "one keyword argument for each setting")]
    fn new(
        py: Python<'_>,
        data_dir: PathBuf,
        host: &str,
        port: u16,
        allow_remote: bool,
        topics: Vec<(String, i32)>,
        auto_create_topics: bool,
        num_partitions: i32,
        message_max_bytes: usize,
    ) -> PyResult<PyBroker> {
        let host: IpAddr = match host {
            "localhost" => IpAddr::from([127, 0, 0, 1]),
            other => other
                .parse()
                .map_err(|_| flott::Error::config(format!("'{other}' is not an IP address, such as 127.0.0.1")))
                .map_err(|error| gate::raise(py, error))?,
        };
        let config = BrokerConfig {
            host,
            port,
            allow_remote,
            topics,
            auto_create_topics,
            num_partitions,
            message_max_bytes,
            ..BrokerConfig::new(data_dir)
        };
        py.detach(|| Broker::start(config)).map(PyBroker).map_err(|error| gate::raise(py, error))
    }

    fn bootstrap_servers(&self) -> String {
        self.0.bootstrap_servers()
    }

    fn create_topic(&self, py: Python<'_>, name: &str, partitions: i32) -> PyResult<()> {
        py.detach(|| self.0.create_topic(name, partitions)).map_err(|error| gate::raise(py, error))
    }

    fn topics(&self, py: Python<'_>) -> Vec<String> {
        py.detach(|| self.0.topics())
    }

    fn stop(&self, py: Python<'_>) {
        py.detach(|| self.0.shutdown());
    }
}
