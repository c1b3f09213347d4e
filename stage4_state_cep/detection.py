"""What this week's jobs have in common: messages about orders come from a topic, anomalies go to a table and a topic.

    order-events ─> read ─> event time ─> set late aside ─> in event order ─> (detectors) ─┬─> order_anomalies
                      │                        │                 │                         └─> order-anomalies
                      └ rejected-*.jsonl       └ late-*.jsonl    └ duplicates-*.jsonl

A detector is a function from :class:`Messages` to :class:`Found`. Each script of this folder is a job with one of them;
run.py puts all of them into one. What users do is in another topic, for detectors that ask for it.
"""

from __future__ import annotations

import argparse
import json
import sys
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from functools import cached_property
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

from flott.common import Configuration, Row, SimpleStringSchema, Types, WatermarkStrategy
from flott.datastream import (
    CheckpointingMode,
    DataStream,
    ExternalizedCheckpointRetention,
    OutputTag,
    ProcessFunction,
    StreamExecutionEnvironment,
)
from flott.datastream.connectors import DeliveryGuarantee
from flott.datastream.connectors.kafka import KafkaRecordSerializationSchema, KafkaSink
from stage1_basic_etl.flink_order_etl import EtlOptions, kafka_source, lines_sink, table_sink
from stage2_data_transformation.dead_letters import REJECTED, log_line
from stage2_data_transformation.order_validator import RefusesOrders
from stage3_window_statistics.order_statistics import late_line, run_name
from stage3_window_statistics.order_windows import OUT_OF_ORDER_MS, order_times
from stage4_state_cep.anomaly import ANOMALY_FIELDS, ANOMALY_KEY, ANOMALY_TYPE, AnomalyJson
from stage4_state_cep.detection_summary import DetectionSummary, summarize_detection
from stage4_state_cep.event_order import DUPLICATES, LATE, InEventOrder, OnceInEventOrder, SetLateAside
from stage4_state_cep.user_actions import Actions
from utils.config import Config, ConfigError, load_config
from utils.database import create_tables, how_to_create_tables, sqlite_file, without_secrets
from utils.order_models import InvalidOrder, Order, Reason, parse_order

STATUSES = frozenset({"CREATED", "PAID", "SHIPPED", "COMPLETED", "CANCELLED"})
"""What ``status`` may be in this week's messages."""

IDLE_MS = 10_000
"""In a job that goes on for ever, a partition without messages holds the watermark back for this long."""


@dataclass(frozen=True, repr=False)
class DetectionOptions(EtlOptions):
    """What a run reads and writes: as in week 1, a topic of what users do, one for anomalies, checkpoints.

    ``rejects_path`` is for logs.
    """

    action_topic: str = "user-actions"
    anomaly_topic: str = "order-anomalies"
    out_of_order_ms: int = OUT_OF_ORDER_MS
    checkpoint_path: Path = Path("out/stage4/checkpoints")
    checkpoint_interval_ms: int = 1000

    @classmethod
    def from_config(cls, config: Config, bounded: bool = False, parallelism: int = 1) -> DetectionOptions:
        """The options of config/config.yml.

        :raises ConfigError: if one is missing or makes no sense.
        """
        options = vars(EtlOptions.from_config(config, bounded, parallelism))
        times = {name: config.integer(f"detection.{name}") for name in ("out_of_order_ms", "checkpoint_interval_ms")}
        for name, least in (("out_of_order_ms", 0), ("checkpoint_interval_ms", 10)):
            if times[name] < least:
                raise ConfigError(f"'detection.{name}' is {times[name]}; it has to be {least} or more")
        own = {
            "topic": config.text("detection.topic"),
            "group_id": config.text("detection.group_id"),
            "rejects_path": Path(config.text("detection.log_path")),
            "action_topic": config.text("detection.action_topic"),
            "anomaly_topic": config.text("detection.anomaly_topic"),
            "checkpoint_path": Path(config.text("detection.checkpoint_path")),
            **times,
        }
        return cls(**{**options, **own})


class ReadMessage(RefusesOrders):
    """A message becomes an order with what it tells of it, or a dead letter that says why it did not."""

    operator = "read messages"

    def process_element(self, value: str, ctx: ProcessFunction.Context) -> Iterator[Order | tuple[OutputTag, Row]]:
        try:
            order = parse_order(value)
        except InvalidOrder as error:
            yield self.refuse(value, [error], ctx)
            return
        errors = []
        if order.status not in STATUSES:
            errors.append(InvalidOrder(Reason.UNKNOWN_STATUS, f"status is {order.status[:60]!r}"))
        if order.amount <= 0:
            errors.append(InvalidOrder(Reason.AMOUNT_NOT_POSITIVE, f"amount is {order.amount}"))
        yield self.refuse(value, errors, ctx) if errors else order


class Messages:
    """The messages about orders, for detectors. What none of them asks for is not in the job.

    All records of a key take the same way: the order holds behind a ``key_by`` of what it was made by.

    :param messages: a stream of :class:`~utils.order_models.Order` with event time and watermarks, none of them late.
    :param actions: what users do.
    """

    def __init__(self, messages: DataStream, actions: Actions) -> None:
        self._messages, self.actions = messages, actions

    @cached_property
    def by_order(self) -> DataStream:
        """Those of each order in the order of their time, each once. Behind it, ``key_by`` the order."""
        by_order = self._messages.key_by(lambda order: order.order_id).process(OnceInEventOrder())
        return by_order.name("in order by order").uid("in order by order")

    @cached_property
    def by_user(self) -> DataStream:
        """Those of each user in the order of their time, each once. Behind it, ``key_by`` the user."""
        by_user = self.by_order.key_by(lambda order: order.user_id).process(InEventOrder())
        return by_user.name("in order by user").uid("in order by user")

    @property
    def duplicates(self) -> DataStream:
        """Messages that came twice."""
        return self.by_order.get_side_output(DUPLICATES)


@dataclass(frozen=True)
class Found:
    """What a detector finds.

    :param anomalies: rows of the table.
    :param logs: lines of text, by what their files are called.
    """

    anomalies: DataStream
    logs: Mapping[str, DataStream] = field(default_factory=dict)


Detector = Callable[[Messages], Found]


def anomaly_sink(options: DetectionOptions) -> KafkaSink:
    """The topic for anomalies. Who reads what is committed sees each once, when its checkpoint is complete."""
    serializer = (
        KafkaRecordSerializationSchema.builder()
        .set_topic(options.anomaly_topic)
        .set_value_serialization_schema(SimpleStringSchema())
        .build()
    )
    return (
        KafkaSink.builder()
        .set_bootstrap_servers(options.bootstrap_servers)
        .set_delivery_guarantee(DeliveryGuarantee.EXACTLY_ONCE)
        # One for each job: a second job of that name would take the transactions of the first for its own.
        .set_transactional_id_prefix(options.group_id)
        # Longer than any pause between two checkpoints, and no longer than brokers allow unless they are told to.
        .set_property("transaction.timeout.ms", "600000")
        .set_record_serializer(serializer)
        .build()
    )


@dataclass(frozen=True)
class Detected:
    """What comes of the messages, each as a stream.

    :param anomalies: rows of the table, of all detectors.
    :param logs: lines of text, by what their files are called: what the detectors have to say, and the messages that
        were ``rejected``, came too ``late``, or were ``duplicates``.
    """

    anomalies: DataStream
    logs: Mapping[str, DataStream]


def detect(texts: DataStream, detectors: Sequence[Detector], times: WatermarkStrategy, actions: Actions) -> Detected:
    """The job without its source and its sinks.

    Whatever has state has a uid: after a restart it is found by that.

    :param texts: the messages as strings.
    :param times: how event time is taken from orders.
    :param actions: what users do.
    """
    read = texts.process(ReadMessage()).name(ReadMessage.operator).uid(ReadMessage.operator)
    timed = read.assign_timestamps_and_watermarks(times).name("event time").uid("event time")
    in_time = timed.process(SetLateAside()).name("set late aside").uid("set late aside")

    messages = Messages(in_time, actions)
    found = [detector(messages) for detector in detectors]
    anomalies, *others = (each.anomalies for each in found)
    logs = {
        "rejected": read.get_side_output(REJECTED).map(log_line, output_type=Types.STRING()),
        "late": in_time.get_side_output(LATE).map(late, output_type=Types.STRING()),
        "duplicates": messages.duplicates.map(duplicate, output_type=Types.STRING()),
    }
    for name, lines in logs.items():
        lines.name(f"{name} lines").uid(f"{name} lines")
    for each in found:
        logs.update(each.logs)
    return Detected(anomalies.union(*others) if others else anomalies, logs)


def late(order: Order) -> str:
    """A message that came too late, as a line of the log."""
    return late_line("message", order)


def duplicate(order: Order) -> str:
    """A message that came twice, as a line of the log."""
    line = {"order_id": order.order_id, "status": order.status, "timestamp": order.order_time.isoformat(" ")}
    return json.dumps({"twice": "message", **line})


def build_detection(
    env: StreamExecutionEnvironment, options: DetectionOptions, detectors: Sequence[Detector], run: str
) -> None:
    """Adds the whole job to the environment, from the topic to the table. Sources and sinks have uids, too.

    :param run: what the names of this run's logs begin with, behind their kind.
    """
    texts = env.from_source(kafka_source(options), WatermarkStrategy.no_watermarks(), options.topic).uid("messages")
    idle_ms = None if options.bounded else IDLE_MS

    def action_texts() -> DataStream:
        source = kafka_source(replace(options, topic=options.action_topic))
        return env.from_source(source, WatermarkStrategy.no_watermarks(), options.action_topic).uid("actions")

    actions = Actions(action_texts, options.out_of_order_ms, idle_ms)
    detected = detect(texts, detectors, order_times(options.out_of_order_ms, idle_ms), actions)

    table = table_sink(options, "order_anomalies", ANOMALY_FIELDS, ANOMALY_KEY, ANOMALY_TYPE)
    detected.anomalies.add_sink(table).name("order_anomalies").uid("order_anomalies")
    as_json = detected.anomalies.map(AnomalyJson(), output_type=Types.STRING())
    as_json = as_json.name("anomalies as JSON").uid("anomalies as JSON")
    as_json.sink_to(anomaly_sink(options)).name(options.anomaly_topic).uid("anomaly topic")
    for name, lines in detected.logs.items():
        lines.sink_to(lines_sink(options.rejects_path, f"{name}-{run}")).name(name).uid(f"{name} log")


def detection_environment(
    options: DetectionOptions, configuration: Configuration | None = None
) -> StreamExecutionEnvironment:
    """An environment for this job; tables and folders that it writes to are there."""
    create_tables(options.database_url)
    options.rejects_path.mkdir(parents=True, exist_ok=True)
    env = StreamExecutionEnvironment.get_execution_environment(configuration)
    env.set_parallelism(options.parallelism)
    # What is stored each time: how far the topic was read, what is in state, the timers, and what is in files unseen.
    env.enable_checkpointing(options.checkpoint_interval_ms, CheckpointingMode.EXACTLY_ONCE)
    checkpoints = env.get_checkpoint_config()
    checkpoints.set_checkpoint_storage_dir(options.checkpoint_path.resolve().as_uri())
    # The last one stays when the job is stopped, so that it can go on from there.
    checkpoints.set_externalized_checkpoint_retention(ExternalizedCheckpointRetention.RETAIN_ON_CANCELLATION)
    if options.jars:
        env.add_jars(*options.jars)
    return env


def run_detection(
    options: DetectionOptions,
    detectors: Sequence[Detector],
    job_name: str = "order detection",
    configuration: Configuration | None = None,
) -> DetectionSummary:
    """Builds the job, runs it to its end, and tells what it did."""
    run = run_name()
    env = detection_environment(options, configuration)
    build_detection(env, options, detectors, run)
    result = env.execute(job_name)
    return summarize_detection(
        result,
        sources=(options.topic, options.action_topic),
        database=sqlite_file(options.database_url) or without_secrets(options.database_url),
        logs=sorted(options.rejects_path.glob(f"*-{run}*.jsonl")),
    )


def main(script: str, detectors: Sequence[Detector], arguments: list[str] | None = None) -> int:
    """The command that each script of this folder is.

    :param script: its name, for messages and as the name of the job and of its consumer group.
    """
    parser = argparse.ArgumentParser(prog=f"{script}.py", description="Looks for anomalies in messages about orders.")
    parser.add_argument("--bounded", action="store_true", help="end at the current end of the topic")
    parser.add_argument("--parallelism", type=int, default=1, help="subtasks; one a partition, at least (default: 1)")
    chosen = parser.parse_args(arguments)
    if chosen.parallelism < 1:
        parser.error(f"--parallelism is {chosen.parallelism}; it has to be at least 1")
    try:
        options = DetectionOptions.from_config(load_config(), chosen.bounded, chosen.parallelism)
    except ConfigError as error:
        print(f"{script}: {error}", file=sys.stderr)
        return 2
    options = replace(options, group_id=f"{options.group_id}-{script}")
    print(f"Messages from {options.topic} at {options.bootstrap_servers}, checkpoints in {options.checkpoint_path}")
    target = without_secrets(options.database_url)
    print(f"Anomalies to {options.anomaly_topic} and {target}, logs below {options.rejects_path}")
    if sqlite_file(options.database_url) is None:
        print(f"The tables have to exist there; to create them: {how_to_create_tables(options.database_url)}")
    if not options.bounded:
        print("Press Ctrl-C to stop.")
    sys.stdout.flush()
    try:
        summary = run_detection(options, detectors, script.replace("_", " "))
    except KeyboardInterrupt:
        print(f"\n{script}: stopped by Ctrl-C; 'flott run -s' goes on from the last checkpoint", file=sys.stderr)
        return 130
    print(summary.describe())
    return 0
