"""Exercise 4.12: events that follow each other."""

from __future__ import annotations

from flott.datastream import DataStream


def break_ins(logins: DataStream) -> DataStream:
    """Name each user who gets in behind three failed logins in a row, all within a minute: (user, time of getting in).

    A login is a tuple (user, ok, ms), and event time is there already: its timestamp is the third field. *In a row*
    means that nothing else of this user is between them.

    ``Pattern.begin("failed").where(...)`` of ``flott.cep`` begins a pattern; ``.times(3).consecutive()`` says how
    often, ``.next("in").where(...)`` what comes directly behind, ``.within(Duration.of_minutes(1))`` in which time.
    ``CEP.pattern(keyed stream, pattern).select(function)`` calls the function for each match: a dict from a pattern's
    name to the list of its events.

    in:  ("ann", False, 1000), ("ann", False, 2000), ("ann", False, 3000), ("ann", True, 4000)
    out: ("ann", 4000)

    https://nightlies.apache.org/flink/flink-docs-release-1.20/docs/libs/cep/
    """
    raise NotImplementedError("exercise 4.12")
