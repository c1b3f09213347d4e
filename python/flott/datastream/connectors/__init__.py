"""Where streams come from and go to. Mirrors ``pyflink.datastream.connectors``.

https://nightlies.apache.org/flink/flink-docs-release-1.20/docs/connectors/datastream/overview/
"""

from __future__ import annotations

from flott._reexports import reexport
from flott.datastream.connectors.base import DeliveryGuarantee, Sink, Source

__all__ = ["DeliveryGuarantee", "Sink", "Source"]

reexport(__name__)
