"""What a checkpoint or a savepoint holds, read without a job: beyond PyFlink; in Flink, the State Processor API::

    checkpoint = flott.state.read("/var/lib/flott/checkpoints/<job id>/chk-17")
    print(checkpoint)  # operators, their states, and how large each is
    totals = checkpoint["totals"]["total"]  # by uid or name of the operator, and name of the state
    totals.to_pandas()
    polars.DataFrame(totals)

https://nightlies.apache.org/flink/flink-docs-release-1.20/docs/libs/state_processor_api/
"""

from __future__ import annotations

from flott.state._checkpoint import Operator, StoredCheckpoint, read
from flott.state._table import StateTable
from flott.state._unpickle import UntrustedClassError

__all__ = ["Operator", "StateTable", "StoredCheckpoint", "UntrustedClassError", "read"]
