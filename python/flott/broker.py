"""An Apache Kafka compatible broker inside the Python process, for development and tests.

It speaks Kafka's protocol to any client on this machine (Flott's own Kafka connectors, ``confluent-kafka``, Kafka's
console tools) and keeps its data in a folder. It has no replication, no passwords and no encryption: do not use it
in production. The command ``flott broker`` runs the same broker by itself.
"""

from __future__ import annotations

import os
import tempfile
from collections.abc import Iterable
from types import TracebackType
from typing import TypeVar

from flott import _flott

__all__ = ["Broker"]

B = TypeVar("B", bound="Broker")


class Broker:
    """A running broker; it listens when the constructor returns, and is a context manager that stops it.

    :param data_dir: The folder that holds topics, committed offsets and transactions. It is created when missing,
        and what is in it is there again at the next start. ``None`` takes a temporary folder that is removed by
        :meth:`stop`.
    :param port: The TCP port to listen on; 0 takes a free one.
    :param host: The IP address to listen on.
    :param topics: Topics to have from the start, as (name, number of partitions); those that exist are left alone.
    :param partitions: The number of partitions of a topic that is created without saying how many.
    :param auto_create_topics: Whether a topic that a client asks for is created.
    :param message_max_bytes: The largest batch of records taken, in bytes. Kafka's default, a little over 1 MB; a
        topic's ``max.message.bytes`` overrides it.
    :param allow_remote: Must be true for a ``host`` that other machines can reach.
    :raises ConfigurationError: (a ``ValueError``) When a setting is not allowed, such as a host that other machines
        can reach.
    :raises ConnectorError: When the port is taken, the folder cannot be used, or another broker uses it.

    Example::

        >>> from flott.broker import Broker
        >>> with Broker() as broker:
        ...     broker.create_topic("orders", partitions=3)
        ...     broker.topics()
        ['orders']
    """

    def __init__(
        self,
        data_dir: str | os.PathLike[str] | None = None,
        port: int = 0,
        *,
        host: str = "127.0.0.1",
        topics: Iterable[tuple[str, int]] = (),
        partitions: int = 1,
        auto_create_topics: bool = True,
        message_max_bytes: int = 1_048_588,
        allow_remote: bool = False,
    ) -> None:
        self._temporary: tempfile.TemporaryDirectory[str] | None = None
        if data_dir is None:
            self._temporary = tempfile.TemporaryDirectory(prefix="flott-broker-")
            data_dir = self._temporary.name
        try:
            self._broker = _flott.Broker(
                os.fspath(data_dir),
                host=host,
                port=port,
                allow_remote=allow_remote,
                topics=list(topics),
                auto_create_topics=auto_create_topics,
                num_partitions=partitions,
                message_max_bytes=message_max_bytes,
            )
        except BaseException:
            if self._temporary is not None:
                self._temporary.cleanup()
            raise

    @property
    def bootstrap_servers(self) -> str:
        """What a client sets as ``bootstrap.servers``, such as ``"127.0.0.1:9092"``."""
        servers: str = self._broker.bootstrap_servers()
        return servers

    def create_topic(self, name: str, partitions: int = 1) -> None:
        """Creates a topic.

        :param name: Letters, digits, ``.``, ``_`` and ``-``; at most 249 of them.
        :param partitions: How many partitions it has.
        :raises ConfigurationError: (a ``ValueError``) When it exists already, or the name or number is not allowed.
        """
        self._broker.create_topic(name, partitions)

    def topics(self) -> list[str]:
        """The names of the topics there are, sorted."""
        names: list[str] = self._broker.topics()
        return names

    def stop(self) -> None:
        """Closes all connections, writes everything to disk and ends the broker's threads.

        Does nothing the second time.
        """
        self._broker.stop()
        if self._temporary is not None:
            self._temporary.cleanup()

    def __enter__(self: B) -> B:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None
    ) -> None:
        self.stop()
