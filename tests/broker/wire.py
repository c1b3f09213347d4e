"""Just enough of Kafka's protocol to send what no client library would send."""

from __future__ import annotations

import socket
import struct
import time
from types import TracebackType

_PRODUCE, _API_VERSIONS, _INIT_PRODUCER_ID = 0, 18, 22
_COORDINATOR_LOADING = 14


def crc32c(data: bytes) -> int:
    """CRC-32C, bit by bit."""
    crc = 0xFFFFFFFF
    for byte in data:
        crc ^= byte
        for _ in range(8):
            crc = (crc >> 1) ^ (0x82F63B78 if crc & 1 else 0)
    return crc ^ 0xFFFFFFFF


def batch(value: bytes, producer_id: int = -1, epoch: int = -1, sequence: int = -1) -> bytes:
    """A record batch (magic 2) with one record without key and headers; ``value`` has at most 50 bytes."""
    # Lengths are zigzag varints, of one byte here; -1, the key's, is written 1.
    record = bytes([0, 0, 0, 1, len(value) * 2]) + value + b"\0"
    record = bytes([len(record) * 2]) + record
    covered = struct.pack(">hiqqqhii", 0, 0, 1000, 1000, producer_id, epoch, sequence, 1) + record
    behind_length = struct.pack(">ibI", -1, 2, crc32c(covered)) + covered
    return struct.pack(">qi", 0, len(behind_length)) + behind_length


class Wire:
    """One connection to a broker."""

    def __init__(self, bootstrap_servers: str) -> None:
        host, _, port = bootstrap_servers.partition(",")[0].rpartition(":")
        self._socket = socket.create_connection((host, int(port)), timeout=30)

    def request(self, key: int, version: int, body: bytes) -> bytes:
        """The response's body, without length and correlation id."""
        frame = struct.pack(">hhih", key, version, 7, -1) + body
        self._socket.sendall(struct.pack(">i", len(frame)) + frame)
        (length,) = struct.unpack(">i", self._receive(4))
        response = self._receive(length)
        assert response[:4] == struct.pack(">i", 7), "the answer to another request"
        return response[4:]

    def _receive(self, count: int) -> bytes:
        data = b""
        while len(data) < count:
            more = self._socket.recv(count - len(data))
            assert more, "the broker closed the connection"
            data += more
        return data

    def producer_id(self) -> tuple[int, int]:
        """A new idempotent producer's id and epoch (InitProducerId 0)."""
        for _ in range(100):
            response = self.request(_INIT_PRODUCER_ID, 0, struct.pack(">hi", -1, 60_000))
            _, error, producer_id, epoch = struct.unpack(">ihqh", response)
            if error != _COORDINATOR_LOADING:
                break
            time.sleep(0.1)
        assert error == 0, error
        return producer_id, epoch

    def produce(self, topic: str, records: bytes, acks: int = -1) -> tuple[int, int]:
        """Sends a batch to partition 0 (Produce 3): the error code and the offset it got."""
        name = topic.encode()
        body = struct.pack(">hhiih", -1, acks, 30_000, 1, len(name)) + name
        body += struct.pack(">iii", 1, 0, len(records)) + records
        response = self.request(_PRODUCE, 3, body)
        # One topic, its name, one partition: index, error, offset, append time.
        at = 4 + 2 + len(name) + 4
        _, error, offset = struct.unpack(">ihq", response[at : at + 14])
        return error, offset

    def versions(self, version: int) -> tuple[int, dict[int, tuple[int, int]]]:
        """Asks which requests there are (ApiVersions): the error code, and each request's first and last version."""
        # From version 3 on, the header ends with tagged fields: none.
        response = self.request(_API_VERSIONS, version, b"\0" if version >= 3 else b"")
        error, count = struct.unpack(">hi", response[:6])
        listed = (struct.unpack(">hhh", response[6 + 6 * i : 12 + 6 * i]) for i in range(count))
        return error, {key: (first, last) for key, first, last in listed}

    def __enter__(self) -> Wire:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None
    ) -> None:
        self._socket.close()
