"""What is summed up: for n from 0 the key n * FACTOR % KEYS and the value n % VALUES."""

from __future__ import annotations

from collections.abc import Iterable

from outcome import tell

KEYS, VALUES, FACTOR = 100_000, 1000, 7919


def tell_sums(seconds: float, keys: Iterable[int], sums: Iterable[int], results: int, **facts: int) -> None:
    """Tells what came out as a checksum that does not depend on the keys' order."""
    checksum = sum(hash((key, total)) for key, total in zip(keys, sums, strict=True)) % 2**61
    tell(seconds, checksum=checksum, results=results, **facts)
