"""The cases of Flink's own tests through the Python API; `FLOTT_CEP_VECTORS` names another file to run instead."""

from __future__ import annotations

from typing import Any

import pytest

from flott.cep import CEP
from flott.testing import Harness
from tests.cep import vectors

CASES = vectors.cases()


@pytest.mark.parametrize("name", [name for name, _ in CASES])
def test_finds_what_flink_finds(name: str, flott_harness: Harness) -> None:
    case: dict[str, Any] = dict(CASES)[name]
    expected = vectors.comparable(case, case["expected"])
    # all streams of a harness are made before the first event
    streams = []
    for at, gap in enumerate(vectors.gaps(name)):
        pattern = vectors.pattern(case["pattern"], vectors.skip(case["skip"]), gap)
        stream = CEP.pattern(flott_harness.source(f"events {at}"), pattern)
        streams.append(stream.select(lambda match: [event.place for events in match.values() for event in events]))
    for at in range(len(streams)):
        for event, time in vectors.events(case):
            flott_harness.feed(f"events {at}", event, timestamp=time)
        flott_harness.finish(f"events {at}")
    found = [vectors.comparable(case, flott_harness.output(matches)) for matches in streams]
    assert expected in found
