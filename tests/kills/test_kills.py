"""Kafka to Kafka and to a database, killed at every moment: each record is counted once.

``make kill-test`` kills 100 times; ``KILLS`` and ``SEED`` say otherwise. What is random follows from the seed, but not
what the machine makes of it: a failure comes again with the same seed often, not always.
"""

from __future__ import annotations

import os
import random
from pathlib import Path

import pytest

from tests.kills.campaign import Campaign
from tests.servers import Kafka, MariaDb

KILLS = int(os.environ.get("FLOTT_KILLS") or 6)
SEED = int(os.environ.get("FLOTT_KILL_SEED") or random.SystemRandom().randrange(1_000_000))


@pytest.mark.timeout(120 + 40 * KILLS)
def test_each_record_is_counted_once(
    own_kafka: Kafka, own_mariadb: MariaDb, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    with capsys.disabled():

        def say(line: str) -> None:
            if KILLS > 10:
                print(line, flush=True)

        campaign = Campaign(tmp_path, SEED, own_kafka, own_mariadb, say)
        say(f"\n{KILLS} kills, seed {SEED}")
    try:
        with capsys.disabled():
            campaign.run(KILLS)
    except BaseException:
        print(f"again: make kill-test KILLS={KILLS} SEED={SEED}")
        print(*campaign.lives, sep="\n")
        raise
    assert len(campaign.restored) > KILLS // 3, "most lives went on from a checkpoint of the one before"
