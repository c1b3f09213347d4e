"""As much of Kafka's protocol as it takes to ask a broker what it is: two requests, and their answers.

https://kafka.apache.org/protocol.html
"""

from __future__ import annotations

import socket
import struct
from dataclasses import dataclass

__all__ = ["Metadata", "NotKafkaError", "ask_metadata"]

_METADATA, _API_VERSIONS = 3, 18
#: The version that can say "don't create the topic because I ask for it"; brokers since 0.11 know it.
_METADATA_VERSION = 4
_LARGEST = 16 * 2**20


class NotKafkaError(Exception):
    """Something answers, and it does not speak Kafka's protocol without encryption or a login."""


@dataclass(frozen=True)
class Metadata:
    """What a broker says of its cluster.

    :param brokers: the addresses under which its brokers say they can be reached, as (host, port).
    :param topics: the number of partitions of each topic; None for one that does not exist or can't be read.
    """

    brokers: list[tuple[str, int]]
    topics: dict[str, int | None]


def ask_metadata(host: str, port: int, timeout: float) -> Metadata:
    """Asks a broker for its cluster and all its topics. Creates nothing.

    :raises OSError: if there is no connection
    :raises NotKafkaError: if what answers is no broker that takes plain requests
    """
    with socket.create_connection((host, port), timeout=timeout) as connection:
        connection.settimeout(timeout)
        versions = _Reader(_request(connection, _API_VERSIONS, 0, b""))
        if versions.int16() != 0:
            raise NotKafkaError("it refuses to say which requests it takes")
        known = {versions.int16(): (versions.int16(), versions.int16()) for _ in range(versions.int32())}
        least, most = known.get(_METADATA, (0, -1))
        if not least <= _METADATA_VERSION <= most:
            raise NotKafkaError(f"it takes versions {least} to {most} of the metadata request, not {_METADATA_VERSION}")
        all_topics, create_none = struct.pack(">i", -1), b"\0"
        return _metadata(_Reader(_request(connection, _METADATA, _METADATA_VERSION, all_topics + create_none)))


def _metadata(answer: _Reader) -> Metadata:
    answer.int32()  # how long the request was held back
    brokers = []
    for _ in range(answer.int32()):
        answer.int32()  # the broker's number
        brokers.append((answer.text() or "", answer.int32()))
        answer.text()  # its rack
    answer.text()  # the cluster's id
    answer.int32()  # which broker is the controller
    topics: dict[str, int | None] = {}
    for _ in range(answer.int32()):
        error, name = answer.int16(), answer.text() or ""
        answer.skip(1)  # whether it is Kafka's own
        partitions = answer.int32()
        for _ in range(partitions):
            answer.skip(2 + 4 + 4)  # error, number, leader
            answer.skip(4 * answer.int32())  # replicas
            answer.skip(4 * answer.int32())  # those in sync
        topics[name] = partitions if error == 0 else None
    return Metadata(brokers, topics)


def _request(connection: socket.socket, key: int, version: int, body: bytes) -> bytes:
    """Sends one request; what comes behind the answer's header."""
    client = b"flott-doctor"
    request = struct.pack(">hhih", key, version, key, len(client)) + client + body
    connection.sendall(struct.pack(">i", len(request)) + request)
    head = _receive(connection, 4)
    if head == b"HTTP":
        raise NotKafkaError("it is a web server")
    (size,) = struct.unpack(">i", head)
    if not 4 <= size <= _LARGEST:
        raise NotKafkaError("its answer is not Kafka's")
    answer = _receive(connection, size)
    if struct.unpack(">i", answer[:4]) != (key,):
        raise NotKafkaError("its answer is not Kafka's")
    return answer[4:]


def _receive(connection: socket.socket, size: int) -> bytes:
    parts = b""
    while len(parts) < size:
        try:
            part = connection.recv(size - len(parts))
        except TimeoutError:
            raise NotKafkaError("it takes the request and does not answer") from None
        except ConnectionResetError:
            part = b""
        if not part:
            raise NotKafkaError("it ends the connection when it is asked")
        parts += part
    return parts


class _Reader:
    """Reads an answer from its beginning on."""

    def __init__(self, data: bytes) -> None:
        self._data = data
        self._at = 0

    def skip(self, size: int) -> bytes:
        piece = self._data[self._at : self._at + size]
        if len(piece) < size:
            raise NotKafkaError("its answer is cut short")
        self._at += size
        return piece

    def int16(self) -> int:
        return int.from_bytes(self.skip(2), "big", signed=True)

    def int32(self) -> int:
        return int.from_bytes(self.skip(4), "big", signed=True)

    def text(self) -> str | None:
        size = self.int16()
        return None if size < 0 else self.skip(size).decode("utf-8", "replace")
