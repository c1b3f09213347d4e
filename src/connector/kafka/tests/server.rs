//! A broker of a test's own, which it may stop, kill and start again.

use std::fs;
use std::net::{TcpListener, TcpStream};
use std::path::PathBuf;
use std::process::{Child, Command, Stdio};
use std::thread;
use std::time::Instant;

use super::PATIENCE;

/// One KRaft node on free ports, its data in a temporary folder; ended when dropped.
pub struct Server {
    folder: tempfile::TempDir,
    libs: PathBuf,
    port: u16,
    sasl_port: u16,
    child: Option<Child>,
}

impl Server {
    /// A running broker, or a word that there is nothing to start one from.
    pub fn start() -> Option<Server> {
        let Some(libs) = std::env::var_os("FLOTT_KAFKA_LIBS").filter(|libs| !libs.is_empty()) else {
            eprintln!("NOT RUN: this test starts a Kafka broker from jars in the folder that FLOTT_KAFKA_LIBS names");
            return None;
        };
        let [port, sasl_port, controller] = free_ports();
        let folder = tempfile::tempdir().unwrap();
        let data = folder.path().join("data");
        let properties = format!(
            "process.roles=broker,controller\nnode.id=1\ncontroller.quorum.voters=1@127.0.0.1:{controller}\n\
             listeners=PLAIN://127.0.0.1:{port},SASL://127.0.0.1:{sasl_port},CONTROLLER://127.0.0.1:{controller}\n\
             advertised.listeners=PLAIN://127.0.0.1:{port},SASL://127.0.0.1:{sasl_port}\n\
             controller.listener.names=CONTROLLER\ninter.broker.listener.name=PLAIN\n\
             listener.security.protocol.map=PLAIN:PLAINTEXT,SASL:SASL_PLAINTEXT,CONTROLLER:PLAINTEXT\n\
             sasl.enabled.mechanisms=PLAIN,SCRAM-SHA-256\n\
             listener.name.sasl.plain.sasl.jaas.config=org.apache.kafka.common.security.plain.PlainLoginModule \
             required user_alice=\"alice-secret\";\n\
             listener.name.sasl.scram-sha-256.sasl.jaas.config=\
             org.apache.kafka.common.security.scram.ScramLoginModule required;\n\
             log.dirs={}\nauto.create.topics.enable=false\noffsets.topic.num.partitions=1\n\
             offsets.topic.replication.factor=1\ntransaction.state.log.replication.factor=1\n\
             transaction.state.log.min.isr=1\ngroup.initial.rebalance.delay.ms=0\n\
             transaction.abort.timed.out.transaction.cleanup.interval.ms=500\n\
             broker.heartbeat.interval.ms=500\nbroker.session.timeout.ms=3000\n",
            data.display()
        );
        fs::write(folder.path().join("server.properties"), properties).unwrap();
        let mut server = Server { folder, libs: libs.into(), port, sasl_port, child: None };
        let formatted = server
            .java()
            .args(["kafka.tools.StorageTool", "format", "-t", "MkU3OEVBNTcwNTJENDM2Qg", "-c"])
            .arg(server.folder.path().join("server.properties"))
            .args(["--add-scram", "SCRAM-SHA-256=[name=bob,password=bob-secret]"])
            .status()
            .unwrap();
        assert!(formatted.success(), "the storage is formatted");
        server.restart();
        Some(server)
    }

    pub fn servers(&self) -> String {
        format!("127.0.0.1:{}", self.port)
    }

    /// The listener for alice (PLAIN, alice-secret) and bob (SCRAM-SHA-256, bob-secret).
    pub fn sasl_servers(&self) -> String {
        format!("127.0.0.1:{}", self.sasl_port)
    }

    /// Ends the broker as a power cut would.
    pub fn kill(&mut self) {
        if let Some(mut child) = self.child.take() {
            child.kill().unwrap();
            child.wait().unwrap();
        }
    }

    /// Starts the broker on its data; returns when it takes connections.
    pub fn restart(&mut self) {
        let properties = self.folder.path().join("server.properties");
        let mut child = self.java().arg("kafka.Kafka").arg(properties).spawn().unwrap();
        let deadline = Instant::now() + PATIENCE;
        while TcpStream::connect(("127.0.0.1", self.port)).is_err() {
            assert!(child.try_wait().unwrap().is_none(), "the broker has ended");
            assert!(Instant::now() < deadline, "the broker starts");
            thread::sleep(std::time::Duration::from_millis(100));
        }
        self.child = Some(child);
    }

    fn java(&self) -> Command {
        let mut command = Command::new("java");
        command.args(["-Xmx384m", "-XX:+UseSerialGC", "-XX:TieredStopAtLevel=1", "-cp"]);
        command.arg(self.libs.join("*"));
        command.current_dir(self.folder.path()).stdin(Stdio::null()).stdout(Stdio::null()).stderr(Stdio::null());
        command
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        self.kill();
    }
}

fn free_ports<const N: usize>() -> [u16; N] {
    let listeners = std::array::from_fn::<_, N, _>(|_| TcpListener::bind(("127.0.0.1", 0)).unwrap());
    listeners.map(|listener| listener.local_addr().unwrap().port())
}
