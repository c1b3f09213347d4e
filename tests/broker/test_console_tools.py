"""Apache Kafka's own console tools work with the embedded broker."""

from __future__ import annotations

import os
import re
import subprocess
import uuid
from pathlib import Path

import pytest

from flott.broker import Broker
from tests.broker.clients import unique

TOPICS = "org.apache.kafka.tools.TopicCommand"
PRODUCER = "org.apache.kafka.tools.ConsoleProducer"
CONSUMER = "org.apache.kafka.tools.consumer.ConsoleConsumer"
GROUPS = "org.apache.kafka.tools.consumer.group.ConsumerGroupCommand"
OFFSETS = "org.apache.kafka.tools.GetOffsetShell"
CONFIGS = "kafka.admin.ConfigCommand"
TRANSACTIONS = "org.apache.kafka.tools.TransactionsCommand"


@pytest.fixture(scope="module")
def jars() -> Path:
    """The folder with Kafka's jars, fetched once by the server that tests use."""
    from tests.servers import ServerError
    from tests.servers.kafka import kafka_libs

    try:
        return kafka_libs()
    except ServerError as error:
        pytest.skip(f"Apache Kafka's jars are not here: {error}")


class Tools:
    """Runs a tool against one broker and gives what it prints."""

    def __init__(self, jars: Path, bootstrap_servers: str, folder: Path) -> None:
        self._bootstrap_servers = bootstrap_servers
        log_config = folder / "log4j2.properties"
        log_config.write_text(
            "status=error\nappender.err.type=Console\nappender.err.name=ERR\nappender.err.target=SYSTEM_ERR\n"
            "appender.err.layout.type=PatternLayout\nrootLogger.level=warn\nrootLogger.appenderRef.err.ref=ERR\n"
        )
        java = os.path.join(os.environ["JAVA_HOME"], "bin", "java") if os.environ.get("JAVA_HOME") else "java"
        options = ["-XX:TieredStopAtLevel=1", "-XX:+UseSerialGC", f"-Dlog4j2.configurationFile={log_config}"]
        self._java = [java, *options, "-cp", f"{jars}/*"]

    def run(self, tool: str, *arguments: str, given: str = "", fails: bool = False) -> str:
        command = [*self._java, tool, "--bootstrap-server", self._bootstrap_servers, *arguments]
        done = subprocess.run(command, input=given, capture_output=True, text=True, timeout=120)
        assert (done.returncode != 0) == fails, f"{done.stdout}\n{done.stderr}"
        return done.stdout + done.stderr if fails else done.stdout


@pytest.fixture
def tools(jars: Path, embedded: Broker, tmp_path: Path) -> Tools:
    return Tools(jars, embedded.bootstrap_servers, tmp_path)


def test_topics_are_made_described_grown_and_deleted(tools: Tools) -> None:
    topic = unique("tools")
    tools.run(TOPICS, "--create", "--topic", topic, "--partitions", "2", "--config", "retention.ms=5000")
    assert topic in tools.run(TOPICS, "--list").split()
    described = tools.run(TOPICS, "--describe", "--topic", topic)
    assert "PartitionCount: 2" in described and "retention.ms=5000" in described
    tools.run(TOPICS, "--alter", "--topic", topic, "--partitions", "3")
    assert "PartitionCount: 3" in tools.run(TOPICS, "--describe", "--topic", topic)
    assert "already exists" in tools.run(TOPICS, "--create", "--topic", topic, fails=True)
    tools.run(TOPICS, "--delete", "--topic", topic)
    assert topic not in tools.run(TOPICS, "--list").split()


def test_records_go_through_producer_and_consumer(tools: Tools) -> None:
    topic, group = unique("tools"), unique("group")
    lines = [f"k{i}:value {i} 订单" for i in range(20)]
    parse_key = ["--property", "parse.key=true", "--property", "key.separator=:"]
    tools.run(PRODUCER, "--topic", topic, "--compression-codec", "zstd", *parse_key, given="\n".join(lines) + "\n")
    show_key = ["--property", "print.key=true", "--property", "key.separator=:"]
    reading = ["--topic", topic, "--from-beginning", "--max-messages", "20", "--timeout-ms", "30000"]
    read = tools.run(CONSUMER, *reading, "--group", group, *show_key)
    assert read.splitlines() == lines
    # The consumer committed when it ended.
    described = tools.run(GROUPS, "--describe", "--group", group)
    row = next(line.split() for line in described.splitlines() if topic in line)
    # GROUP TOPIC PARTITION CURRENT-OFFSET LOG-END-OFFSET LAG
    assert row[:6] == [group, topic, "0", "20", "20", "0"]


def test_groups_are_listed_moved_and_deleted(tools: Tools) -> None:
    topic, group = unique("tools"), unique("group")
    tools.run(PRODUCER, "--topic", topic, given="a\nb\nc\n")
    reading = ["--topic", topic, "--from-beginning", "--timeout-ms", "30000"]
    tools.run(CONSUMER, *reading, "--group", group, "--max-messages", "3")
    assert group in tools.run(GROUPS, "--list").split()
    assert re.search(rf"{group}\s.*Empty", tools.run(GROUPS, "--describe", "--state", "--group", group))
    moving = ["--reset-offsets", "--group", group, "--topic", topic, "--to-offset", "1", "--execute"]
    assert re.search(rf"{group}\s+{topic}\s+0\s+1", tools.run(GROUPS, *moving))
    assert tools.run(CONSUMER, *reading, "--group", group, "--max-messages", "2").split() == ["b", "c"]
    tools.run(GROUPS, "--delete-offsets", "--group", group, "--topic", topic)
    tools.run(GROUPS, "--delete", "--group", group)
    assert group not in tools.run(GROUPS, "--list").split()


def test_a_transactional_reader_and_the_offsets_it_sees(tools: Tools) -> None:
    topic = unique("tools")
    tools.run(PRODUCER, "--topic", topic, given="a\nb\n")
    reading = ["--topic", topic, "--from-beginning", "--max-messages", "2", "--timeout-ms", "30000"]
    assert tools.run(CONSUMER, *reading, "--isolation-level", "read_committed").split() == ["a", "b"]
    assert tools.run(OFFSETS, "--topic", topic).split() == [f"{topic}:0:2"]
    assert tools.run(OFFSETS, "--topic", topic, "--time", "earliest").split() == [f"{topic}:0:0"]
    assert tools.run(OFFSETS, "--topic", topic, "--time", "max-timestamp").split()[0].startswith(f"{topic}:0:")
    assert "TransactionalId" in tools.run(TRANSACTIONS, "list")


def test_settings_are_changed(tools: Tools) -> None:
    topic = unique("tools")
    tools.run(TOPICS, "--create", "--topic", topic)
    of_topic = ["--entity-type", "topics", "--entity-name", topic]
    tools.run(CONFIGS, "--alter", *of_topic, "--add-config", "max.message.bytes=2000000")
    assert "max.message.bytes=2000000" in tools.run(CONFIGS, "--describe", *of_topic)
    tools.run(CONFIGS, "--alter", *of_topic, "--delete-config", "max.message.bytes")
    assert "max.message.bytes=2000000" not in tools.run(CONFIGS, "--describe", *of_topic)


def test_a_record_of_20_megabytes(tools: Tools) -> None:
    topic = unique("tools")
    tools.run(TOPICS, "--create", "--topic", topic, "--config", "max.message.bytes=25000000")
    large = uuid.uuid4().hex * 625_000
    properties = ["max.request.size=25000000", "buffer.memory=60000000"]
    settings = [argument for value in properties for argument in ("--producer-property", value)]
    tools.run(PRODUCER, "--topic", topic, *settings, given=large + "\n")
    reading = ["--topic", topic, "--from-beginning", "--max-messages", "1", "--timeout-ms", "30000"]
    assert tools.run(CONSUMER, *reading).strip() == large
