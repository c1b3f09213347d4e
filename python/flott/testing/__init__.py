"""Tests of programs that run on Flott: feed a job by hand, set its clock, look at what comes out and what it keeps.

With pytest the fixtures ``flott_harness``, ``flott_env`` and ``flott_broker`` are there once Flott is installed; the
classes work without pytest too. See docs/testing.md.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from flott._lazy import lazy_exports

if TYPE_CHECKING:
    from flott.testing._broker import EmbeddedBroker
    from flott.testing._collect import collect
    from flott.testing._crash_test import CrashReport, crash_test
    from flott.testing._functions import (
        BroadcastHarness,
        OneInputHarness,
        TwoInputHarness,
        broadcast_harness,
        one_input_harness,
        two_input_harness,
    )
    from flott.testing._harness import Harness
    from flott.testing._seen import StreamRecord, Timer, Watermark

__all__ = [
    "BroadcastHarness",
    "CrashReport",
    "EmbeddedBroker",
    "Harness",
    "OneInputHarness",
    "StreamRecord",
    "Timer",
    "TwoInputHarness",
    "Watermark",
    "broadcast_harness",
    "collect",
    "crash_test",
    "one_input_harness",
    "two_input_harness",
]

_MODULES = {
    "_broker": ["EmbeddedBroker"],
    "_collect": ["collect"],
    "_crash_test": ["CrashReport", "crash_test"],
    "_functions": [
        "BroadcastHarness",
        "OneInputHarness",
        "TwoInputHarness",
        "broadcast_harness",
        "one_input_harness",
        "two_input_harness",
    ],
    "_harness": ["Harness"],
    "_seen": ["StreamRecord", "Timer", "Watermark"],
}

__getattr__ = lazy_exports(__name__, globals(), {name: module for module, names in _MODULES.items() for name in names})
