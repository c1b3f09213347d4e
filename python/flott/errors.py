"""What a job can fail with, beside an exception of your own function, which reaches you as itself.

Every message says what happened, where, and what to do next.
"""

from __future__ import annotations

__all__ = [
    "ConfigurationError",
    "ConnectorError",
    "DataError",
    "FlottError",
    "InternalError",
    "JobCancelledError",
]


class FlottError(Exception):
    """The base of all errors of the engine."""


class ConfigurationError(FlottError, ValueError):
    """The program or its configuration is wrong: running it again will not help."""


class DataError(FlottError, ValueError):
    """A record cannot be read, converted or written."""


class ConnectorError(FlottError, RuntimeError):
    """A server, a file or the network did not do what was asked: trying again may help."""


class JobCancelledError(FlottError):
    """The job was cancelled before it finished."""


class InternalError(FlottError):
    """A bug in Flott: please report it with the program that shows it."""
