"""The environments that the tests of patterns run on: those of streams."""

from tests.datastream.conftest import batch_size, env, no_failures_left, single

__all__ = ["batch_size", "env", "no_failures_left", "single"]
