"""Real servers for tests: Apache Kafka, MariaDB and PostgreSQL in temporary folders on free ports.

Standard library only, so that it runs before any virtual environment exists::

    python -m tests.servers                        # start all, print the exports, Ctrl-C stops them
    python -m tests.servers --only kafka,mariadb   # start these
    python -m tests.servers -- cargo test          # run a command with the exports set, then stop them

Each server is one class with ``start``, ``stop``, ``kill`` (SIGKILL: a crash), ``restart`` on the same port and
data, and ``close``. They end with the process that started them, however that one ends.
"""

from __future__ import annotations

from .address import Database, KafkaBootstrap
from .kafka import Kafka
from .mariadb import MariaDb
from .postgres import Postgres
from .process import Server, ServerError
from .s3 import S3

#: Every server by the name that ``--only`` and the environment variables use.
SERVERS: dict[str, type[Server]] = {"kafka": Kafka, "mariadb": MariaDb, "postgres": Postgres}

__all__ = ["S3", "SERVERS", "Database", "Kafka", "KafkaBootstrap", "MariaDb", "Postgres", "Server", "ServerError"]
