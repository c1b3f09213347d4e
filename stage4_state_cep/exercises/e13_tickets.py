"""Exercise 4.13: state that belongs to no key."""

from __future__ import annotations

from flott.datastream import DataStream


def tickets(orders: DataStream) -> DataStream:
    """Give every order the next number, whoever it is from: (1, order), (2, order), ...

    There is no ``key_by`` here, and state of a key is of no use: the number belongs to the subtask. That is *operator
    state*: a function that is a ``CheckpointedFunction`` as well has two more methods. ``initialize_state(context)`` is
    called first: it asks ``context.get_operator_state_store()`` for a list state, in which it finds what an earlier run
    has stored. ``snapshot_state(context)`` is called before each checkpoint: it puts there what must not be lost.

    The stream has a parallelism of 1.

    in:  "ada", "bob", "ada"
    out: (1, "ada"), (2, "bob"), (3, "ada"), also when the job fails meanwhile and goes on from a checkpoint

    https://nightlies.apache.org/flink/flink-docs-release-1.20/docs/dev/datastream/fault-tolerance/state/#operator-state
    """
    raise NotImplementedError("exercise 4.13")
