"""Apache Kafka: one KRaft node from its published jars."""

from __future__ import annotations

import base64
import fcntl
import os
import shutil
import struct
import subprocess
import uuid
import xml.etree.ElementTree
from pathlib import Path

from .address import KafkaBootstrap
from .process import Server, ServerError, cache_folder, connection, find_program, free_port

#: The account of the listener that wants a password (SASL_PLAINTEXT, mechanism PLAIN).
USER, PASSWORD = "flott", "flott-test"
_POM = Path(__file__).parents[2] / "tools" / "kafka" / "pom.xml"
_JAVA_OPTIONS = ["-Xmx512m", "-XX:+UseSerialGC", "-XX:TieredStopAtLevel=1", "-Djava.awt.headless=true"]


class Kafka(Server):
    """A broker and controller in one process; topics are created on demand with one partition."""

    name = "kafka"
    packages = "openjdk-17-jre-headless maven"

    def __init__(self, log_dir: Path | None = None) -> None:
        super().__init__(log_dir)
        self.sasl_port = free_port()
        self._controller_port = free_port()

    @property
    def bootstrap_servers(self) -> str:
        return f"127.0.0.1:{self.port}"

    @property
    def sasl_bootstrap_servers(self) -> str:
        """The listener that wants ``USER`` and ``PASSWORD`` by SASL PLAIN."""
        return f"127.0.0.1:{self.sasl_port}"

    @property
    def bootstrap(self) -> KafkaBootstrap:
        return KafkaBootstrap(self.bootstrap_servers)

    def exports(self) -> dict[str, str]:
        return {"FLOTT_TEST_KAFKA": self.bootstrap_servers}

    def _prepare(self) -> None:
        settings = {
            "process.roles": "broker,controller",
            "node.id": "1",
            "controller.quorum.voters": f"1@127.0.0.1:{self._controller_port}",
            "listeners": f"PLAINTEXT://127.0.0.1:{self.port},SASL://127.0.0.1:{self.sasl_port},"
            f"CONTROLLER://127.0.0.1:{self._controller_port}",
            "advertised.listeners": f"PLAINTEXT://127.0.0.1:{self.port},SASL://127.0.0.1:{self.sasl_port}",
            "controller.listener.names": "CONTROLLER",
            "listener.security.protocol.map": "PLAINTEXT:PLAINTEXT,CONTROLLER:PLAINTEXT,SASL:SASL_PLAINTEXT",
            "sasl.enabled.mechanisms": "PLAIN",
            "listener.name.sasl.plain.sasl.jaas.config": "org.apache.kafka.common.security.plain.PlainLoginModule "
            f'required user_{USER}="{PASSWORD}";',
            "log.dirs": str(self.folder / "data"),
            # One node.
            "offsets.topic.replication.factor": "1",
            "offsets.topic.num.partitions": "1",
            "transaction.state.log.replication.factor": "1",
            "transaction.state.log.min.isr": "1",
            "transaction.state.log.num.partitions": "1",
            # Transactions that have run out of time are taken back soon.
            "transaction.abort.timed.out.transaction.cleanup.interval.ms": "500",
            "share.coordinator.state.topic.replication.factor": "1",
            "share.coordinator.state.topic.min.isr": "1",
            "group.initial.rebalance.delay.ms": "0",
            # A killed broker may register again only when its former session has run out.
            "broker.heartbeat.interval.ms": "500",
            "broker.session.timeout.ms": "3000",
            # Records of 20 MB must fit.
            "message.max.bytes": str(32 << 20),
            "replica.fetch.max.bytes": str(32 << 20),
            # Tests write records with timestamps of years ago; they must stay.
            "log.retention.ms": "-1",
            "log.cleaner.dedupe.buffer.size": str(4 << 20),
            "num.network.threads": "2",
            "num.io.threads": "4",
            "background.threads": "2",
        }
        properties = self.folder / "server.properties"
        properties.write_text("".join(f"{name}={value}\n" for name, value in settings.items()))
        (self.folder / "log4j2.properties").write_text(
            "status=error\nappender.out.type=Console\nappender.out.name=OUT\n"
            "appender.out.layout.type=PatternLayout\nappender.out.layout.pattern=%d{ISO8601} %-5p %c{1}: %m%n\n"
            "rootLogger.level=info\nrootLogger.appenderRef.out.ref=OUT\n"
        )
        cluster_id = base64.urlsafe_b64encode(uuid.uuid4().bytes).decode().rstrip("=")
        # With "=": a cluster id may start with a dash.
        storage_tool = ["kafka.tools.StorageTool", "format", "-c", str(properties), f"--cluster-id={cluster_id}"]
        self._run_tool([*self._java(), *storage_tool])

    def _command(self) -> list[str]:
        return [*self._java(), "kafka.Kafka", str(self.folder / "server.properties")]

    def _java(self) -> list[str]:
        log_config = f"-Dlog4j2.configurationFile={self.folder / 'log4j2.properties'}"
        return [find_java(), *_JAVA_OPTIONS, log_config, "-cp", f"{kafka_libs()}/*"]

    def _answers(self) -> bool:
        # ApiVersions version 0, correlation id 1, no client id: the broker answers when it takes requests.
        request = struct.pack(">hhih", 18, 0, 1, -1)
        with connection(self.port) as client:
            client.sendall(struct.pack(">i", len(request)) + request)
            return len(client.recv(8)) == 8


def find_java() -> str:
    """Java 17 or newer, from JAVA_HOME or PATH."""
    folders = [os.path.join(os.environ["JAVA_HOME"], "bin")] if os.environ.get("JAVA_HOME") else []
    java = find_program(Kafka, ["java"], folders)
    version = subprocess.run([java, "-version"], capture_output=True, text=True).stderr
    major = version.partition('version "')[2].partition(".")[0].partition('"')[0]
    if not major.isdigit() or int(major) < 17:
        raise ServerError(
            f"Apache Kafka 4 needs Java 17; {java} is Java {major}. Install: apt-get install {Kafka.packages}"
        )
    return java


def kafka_libs() -> Path:
    """The folder with Kafka's jars: ``FLOTT_KAFKA_LIBS``, or the cache, filled by Maven once per version."""
    if given := os.environ.get("FLOTT_KAFKA_LIBS"):
        if not any(Path(given).glob("kafka_2.13-*.jar")):
            raise ServerError(f"FLOTT_KAFKA_LIBS names {given}, which holds no kafka_2.13-*.jar")
        return Path(given)
    pom = xml.etree.ElementTree.parse(_POM)
    version = pom.findtext(".//{*}kafka.version")
    folder = cache_folder() / f"kafka-{version}"
    if folder.exists():
        return folder
    folder.parent.mkdir(parents=True, exist_ok=True)
    with (cache_folder() / "kafka.lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        if not folder.exists():
            _fetch(folder)
    return folder


def _fetch(folder: Path) -> None:
    partial = folder.with_name(folder.name + ".part")
    shutil.rmtree(partial, ignore_errors=True)
    maven = [find_program(Kafka, ["mvn"]), "--batch-mode", "--quiet", "-f", str(_POM)]
    copy = ["dependency:copy-dependencies", f"-DoutputDirectory={partial}"]
    done = subprocess.run([*maven, *copy], stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.STDOUT)
    if done.returncode != 0:
        end = done.stdout.decode(errors="replace")[-2000:]
        raise ServerError(f"Maven could not fetch Apache Kafka's jars (is Maven Central reachable?):\n{end}")
    partial.rename(folder)
