"""Kills a job, its broker and its database, again and again, and looks at what is in the end.

Every order has a number; user ``id % 10`` made it, and a user's orders come in their order. So the result is known by
arithmetic: order ``id`` is its user's order number ``id // 10 + 1``, and each is there once.
"""

from __future__ import annotations

import contextlib
import json
import random
import shutil
import signal
import subprocess
import sys
import threading
import time
from collections import Counter
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from pathlib import Path

from confluent_kafka import Consumer, Producer, TopicPartition
from confluent_kafka.admin import AdminClient, NewTopic

from tests.awaiting import until
from tests.fixtures import execute
from tests.servers import Database, Kafka, MariaDb, Server

JOB = Path(__file__).parent / "counting.py"
USERS = 10
PARTITIONS = 2
INPUT, OUTPUT = "orders", "counted"
#: From one order to the next, in s.
PACE = 0.004
CHECKPOINT_MS = 150

#: When a job is killed. The first at any time, the others as soon as a checkpoint is there.
MOMENTS = ("at any time", "while it is stored", "when it is complete", "while sinks commit")


@dataclass
class Life:
    """What the seed decided about one start of the job."""

    number: int
    parallelism: int
    moment: str
    #: s; of "at any time" from the start, of "while sinks commit" behind the complete checkpoint.
    delay: float
    #: The checkpoint of this life by which it is killed, from 1.
    checkpoint: int
    #: What else is killed, after how many s.
    servers: dict[str, float]

    @classmethod
    def draw(cls, number: int, chance: random.Random) -> Life:
        moment = chance.choice(MOMENTS)
        delay = chance.uniform(0.5, 4) if moment == MOMENTS[0] else chance.uniform(0, 0.02)
        hit = {name: chance.uniform(0, 3) for name in ("kafka", "mariadb") if chance.random() < 0.2}
        return cls(number, chance.randint(1, 3), moment, delay, chance.randint(1, 4), hit)

    def __str__(self) -> str:
        hit = "".join(f", {name} after {seconds:.2f} s" for name, seconds in self.servers.items())
        return f"life {self.number} at parallelism {self.parallelism}, killed {self.moment}{hit}"


class Orders:
    """Sends orders without a pause, also while the broker is away; none is lost and none sent twice."""

    def __init__(self, bootstrap: str) -> None:
        # it would print each try to reach a broker that is away
        quiet = {"log_level": 0}
        settings = {"bootstrap.servers": bootstrap, "enable.idempotence": True, "message.timeout.ms": 0}
        self._producer = Producer({**settings, **quiet})
        self._ended = threading.Event()
        self.count = 0
        self._thread = threading.Thread(target=self._send, daemon=True)
        self._thread.start()

    def _send(self) -> None:
        while not self._ended.wait(PACE):
            user = self.count % USERS
            order = json.dumps({"id": self.count, "user_id": user}).encode()
            self._producer.produce(INPUT, order, partition=user % PARTITIONS)
            self._producer.poll(0)
            self.count += 1

    def end(self) -> int:
        """How many there are; all are in the topic."""
        self._ended.set()
        self._thread.join()
        assert self._producer.flush(120) == 0
        return self.count


@dataclass
class Campaign:
    """The servers, the job's folder, and what happened."""

    folder: Path
    seed: int
    kafka: Kafka
    mariadb: MariaDb
    say: Callable[[str], object] = print
    lives: list[Life] = field(default_factory=list)
    #: How often a job ended by itself, with a server gone.
    ended: int = 0
    restored: set[str] = field(default_factory=set)

    def __post_init__(self) -> None:
        self.chance = random.Random(self.seed)
        self.checkpoints = self.folder / "checkpoints"

    @property
    def database(self) -> Database:
        return self.mariadb.database

    def prepare(self) -> None:
        admin = AdminClient({"bootstrap.servers": self.kafka.bootstrap_servers})
        topics = [NewTopic(name, PARTITIONS, 1) for name in (INPUT, OUTPUT)]
        for future in admin.create_topics(topics).values():
            future.result(60)
        # no key: a row that comes twice is there twice
        execute(self.database, "CREATE TABLE counted (user_id BIGINT, nth BIGINT, id BIGINT)")
        execute(self.database, "CREATE TABLE totals (user_id BIGINT PRIMARY KEY, total BIGINT)")

    def run(self, kills: int) -> None:
        """Kills so often, lets the job finish, and checks the result."""
        self.prepare()
        orders = Orders(self.kafka.bootstrap_servers)
        for number in range(1, kills + 1):
            self.live(Life.draw(number, self.chance))
        count = orders.end()
        self.finish(count)
        self.check(count)

    def complete(self) -> dict[int, Path]:
        """The complete checkpoints, by number."""
        found = self.checkpoints.glob("*/chk-*/_metadata")
        return {int(path.parent.name.removeprefix("chk-")): path.parent for path in found}

    @contextlib.contextmanager
    def job(self, parallelism: int) -> Iterator[subprocess.Popen[bytes]]:
        """The job, going on from the last checkpoint; nothing of it is left behind."""
        complete = self.complete()
        options = {
            "bootstrap": self.kafka.bootstrap_servers, "input": INPUT, "output": OUTPUT, "url": self.database.url,
            "checkpoints": self.checkpoints.as_uri(), "checkpoint_ms": CHECKPOINT_MS, "parallelism": parallelism,
        }  # fmt: skip
        if complete:
            options["from"] = str(complete[max(complete)])
            self.restored.add(str(options["from"]))
        with (self.folder / "job.log").open("ab") as log:
            process = subprocess.Popen([sys.executable, str(JOB), json.dumps(options)], stdout=log, stderr=log)
        try:
            yield process
        finally:
            process.kill()
            process.wait()
            for path in complete.values():
                if path.parent != complete[max(complete)].parent:
                    shutil.rmtree(path.parent, ignore_errors=True)

    def live(self, life: Life) -> None:
        """One start of the job, up to its kill."""
        self.lives.append(life)
        servers: dict[str, Server] = {"kafka": self.kafka, "mariadb": self.mariadb}
        with self.job(life.parallelism) as process:
            hits = [threading.Timer(delay, _bounce, (servers[name],)) for name, delay in life.servers.items()]
            for hit in hits:
                hit.start()
            self.await_moment(life, process)
            ended = process.poll()
            process.kill()
            process.wait()
            for hit in hits:
                hit.join()
        for server in servers.values():
            _start(server)
        if ended is not None:
            self.ended += 1
        self.say(f"{life}; checkpoint {max(self.complete(), default=0)}{'' if ended is None else ', ended by itself'}")
        assert ended is None or life.servers, f"the job ended by itself with code {ended}:\n{self.log()}"

    def await_moment(self, life: Life, process: subprocess.Popen[bytes]) -> None:
        """Returns at the moment of the kill, or when the job has ended."""
        if life.moment == MOMENTS[0]:
            with contextlib.suppress(subprocess.TimeoutExpired):
                process.wait(life.delay)
            return
        known = {path.name for path in self.checkpoints.glob("*/chk-*")}
        last, count = max(self.complete(), default=0), 0
        deadline = time.monotonic() + 60
        while process.poll() is None and time.monotonic() < deadline:
            if life.moment == MOMENTS[1]:
                fresh = {path.name for path in self.checkpoints.glob("*/chk-*")} - known
                known |= fresh
                count += len(fresh)
            elif (newest := max(self.complete(), default=0)) > last:
                last, count = newest, count + 1
            if count >= life.checkpoint:
                if life.moment == MOMENTS[3]:
                    time.sleep(life.delay)
                return
            time.sleep(0.0005)

    def finish(self, count: int) -> None:
        """Lets the job go on until everything is there, and ends it."""
        with self.job(2) as process:

            def done() -> bool:
                assert process.poll() is None, f"the job has ended:\n{self.log()}"
                return self.rows("SELECT count(*) FROM counted")[0][0] >= count and len(self.written()) >= count

            until(done, f"not all {count} orders were counted", 120)
            process.send_signal(signal.SIGINT)
            process.wait(60)

    def check(self, count: int) -> None:
        """Each order was counted once, as which one of its user it was."""
        expected = Counter((number % USERS, number // USERS + 1, number) for number in range(count))
        places = {"topic": self.written(), "table": self.rows("SELECT user_id, nth, id FROM counted")}
        for place, found in places.items():
            difference = {"missing": expected - Counter(found), "too many": Counter(found) - expected}
            wrong = {what: sorted(records.elements())[:20] for what, records in difference.items() if records}
            assert not wrong, f"in the {place}: {wrong}"
        # user u has made every tenth order, beginning with number u
        totals = {user: len(range(user, count, USERS)) for user in range(min(USERS, count))}
        assert dict(self.rows("SELECT user_id, total FROM totals")) == totals

    def written(self) -> list[tuple[int, int, int]]:
        """What a reader of committed records finds in the topic."""
        settings = {
            "bootstrap.servers": self.kafka.bootstrap_servers, "group.id": "look", "isolation.level": "read_committed",
            "enable.partition.eof": True, "enable.auto.commit": False,
        }  # fmt: skip
        consumer = Consumer(settings)
        try:
            consumer.assign([TopicPartition(OUTPUT, partition, 0) for partition in range(PARTITIONS)])
            found, ended = [], 0
            while ended < PARTITIONS:
                message = consumer.poll(60)
                assert message is not None, "the topic can't be read"
                if message.error() is None:
                    row = json.loads(message.value() or b"{}")
                    found.append((row["user_id"], row["nth"], row["id"]))
                else:
                    ended += 1
            return found
        finally:
            consumer.close()

    def rows(self, sql: str) -> list[tuple[int, ...]]:
        return [tuple(row) for row in execute(self.database, sql)]

    def log(self) -> str:
        return (self.folder / "job.log").read_text(errors="replace")[-4000:]


def _bounce(server: Server) -> None:
    server.kill()
    _start(server)


def _start(server: Server) -> None:
    """On a machine that has much to do a broker takes its time."""
    server.launch()
    server.wait_ready(300)
