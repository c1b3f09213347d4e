"""Exercise 1.1: a job of three lines."""

from __future__ import annotations


def shout(words: list[str]) -> list[str]:
    """Return the words in capitals, by way of a Flink job.

    Make an environment with ``StreamExecutionEnvironment.get_execution_environment()``, a stream with its
    ``from_collection()``, a second stream with ``map()``, and read that one with ``execute_and_collect()``.

    in:  ["tea", "cup"]
    out: ["TEA", "CUP"]

    https://nightlies.apache.org/flink/flink-docs-release-1.20/docs/dev/datastream/overview/
    """
    raise NotImplementedError("exercise 1.1")
