"""Exercise 4.7: state that goes by itself."""

from __future__ import annotations

from flott.datastream.state import ValueStateDescriptor


def coupon_used() -> ValueStateDescriptor:
    """Return the descriptor of a state "coupon" (BOOLEAN) that goes 24 hours after it was last written.

    ``StateTtlConfig.new_builder(Time.hours(24))`` with the update type OnCreateAndWrite, and the visibility
    NeverReturnExpired; ``descriptor.enable_time_to_live(...)``. Reading must not make it younger.

    in:  written at 0, read after 23 hours and 59 minutes, read again 2 minutes later
    out: True, None

    https://nightlies.apache.org/flink/flink-docs-release-1.20/docs/dev/datastream/fault-tolerance/state/#state-time-to-live-ttl
    """
    raise NotImplementedError("exercise 4.7")
