"""Is there a broker, does it speak Kafka, can it be reached under the name it gives itself, are the topics there."""

from __future__ import annotations

import difflib
import re
import socket
from collections.abc import Generator, Iterator, Sequence

from flott.cli._doctor import Finding, bad, fine, note
from flott.cli._doctor.kafka_wire import Metadata, NotKafkaError, ask_metadata

__all__ = ["check_broker"]

#: How long a broker may take to answer, in seconds.
_PATIENCE = 5.0
_ADDRESS = re.compile(r"(?P<host>\[[0-9A-Fa-f:.]+\]|[^:/\s\[\]]+):(?P<port>\d{1,5})\Z")


def check_broker(bootstrap_servers: str, topics: Sequence[str] = ()) -> Iterator[Finding]:
    """What is wrong with the way to a Kafka cluster.

    :param bootstrap_servers: ``host:port``, with commas between several
    :param topics: names that should be there
    """
    metadata: Metadata | None = None
    for address in filter(None, (part.strip() for part in bootstrap_servers.split(","))):
        found = yield from _check_address(address)
        metadata = metadata or found
    if metadata is not None:
        yield from _check_advertised(metadata)
        for topic in topics:
            yield _check_topic(topic, metadata)


def _check_address(address: str) -> Generator[Finding, None, Metadata | None]:
    """One of the addresses; the cluster's metadata if a broker answers there."""
    parts = _ADDRESS.match(address)
    if parts is None or not 0 < int(parts["port"]) < 65536:
        yield bad(
            f"'{address}' is not an address of a broker",
            "write host:port, such as localhost:9092, without http:// or a path, and commas between several",
        )
        return None
    host, port = parts["host"].strip("[]"), int(parts["port"])
    try:
        metadata = ask_metadata(host, port, _PATIENCE)
    except socket.gaierror:
        yield bad(f"this machine knows no host '{host}'", "correct the name, or add it to DNS or the hosts file")
    except ConnectionRefusedError:
        yield bad(
            f"nothing listens at {address} (connection refused)",
            f"start a broker there ('flott broker --port {port}' is one for development), or correct the address",
        )
    except TimeoutError:
        yield bad(
            f"{address} does not answer within {_PATIENCE:.0f} seconds",
            "see that the machine is up, and that no firewall stands in between",
        )
    except NotKafkaError as error:
        yield bad(
            f"something answers at {address}, but {error}",
            "see that it is the broker's port; where it wants TLS or a login (security.protocol), only a job can tell: "
            "flott doctor asks without",
        )
    except OSError as error:
        yield bad(
            f"{address} cannot be reached: {error.strerror or error}", "correct the address, or see to the network"
        )
    else:
        yield fine(f"a broker answers at {address}; its cluster has {_many(len(metadata.brokers), 'broker')}")
        return metadata
    return None


def _check_advertised(metadata: Metadata) -> Iterator[Finding]:
    """Clients go where the brokers say they are, and not where they asked first."""
    for host, port in metadata.brokers:
        try:
            socket.create_connection((host, port), timeout=_PATIENCE).close()
        except OSError as error:
            why = "no such host" if isinstance(error, socket.gaierror) else (error.strerror or str(error)).lower()
            yield bad(
                f"the cluster says that a broker is at {host}:{port}, which can't be reached from here: {why}",
                "set advertised.listeners of that broker to a name that this machine knows; in Docker, a listener of "
                "its own for the host (localhost:9092)",
            )
        else:
            yield fine(f"{host}:{port}, where the cluster says it is, can be reached")


def _check_topic(topic: str, metadata: Metadata) -> Finding:
    partitions = metadata.topics.get(topic)
    if partitions is not None:
        return fine(f"the topic '{topic}' has {_many(partitions, 'partition')}")
    if topic in metadata.topics:
        return bad(f"the topic '{topic}' can't be read now", "see the broker's log; the account may lack the right")
    near = difflib.get_close_matches(topic, metadata.topics, n=1)
    if near:
        return bad(f"there is no topic '{topic}'", f"did you mean '{near[0]}'?")
    return note(
        f"there is no topic '{topic}' yet",
        "a source waits for it, or fails; a producer may create it when it sends, if the broker permits that",
    )


def _many(number: int, what: str) -> str:
    return f"{number} {what}{'' if number == 1 else 's'}"
