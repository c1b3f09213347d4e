"""Streams, what is done to them, and where they come from and go to. Mirrors ``pyflink.datastream``.

https://nightlies.apache.org/flink/flink-docs-release-1.20/api/python/reference/pyflink.datastream/index.html
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from flott._lazy import lazy_exports

if TYPE_CHECKING:
    from flott.datastream.async_data_stream import AsyncDataStream
    from flott.datastream.checkpoint_config import CheckpointConfig, ExternalizedCheckpointCleanup
    from flott.datastream.checkpoint_storage import (
        CheckpointStorage,
        CustomCheckpointStorage,
        FileSystemCheckpointStorage,
        JobManagerCheckpointStorage,
    )
    from flott.datastream.checkpointing_mode import CheckpointingMode
    from flott.datastream.connected_streams import (
        BroadcastConnectedStream,
        BroadcastStream,
        ConnectedStreams,
    )
    from flott.datastream.data_stream import (
        DataStream,
        DataStreamSink,
    )
    from flott.datastream.execution_mode import RuntimeExecutionMode
    from flott.datastream.externalized_checkpoint_retention import ExternalizedCheckpointRetention
    from flott.datastream.functions import (
        AggregateFunction,
        AsyncFunction,
        AsyncRetryPredicate,
        AsyncRetryStrategy,
        BroadcastProcessFunction,
        CheckpointedFunction,
        CoFlatMapFunction,
        CoGroupFunction,
        CoMapFunction,
        CoProcessFunction,
        FilterFunction,
        FlatJoinFunction,
        FlatMapFunction,
        JoinFunction,
        KeyedBroadcastProcessFunction,
        KeyedCoProcessFunction,
        KeyedProcessFunction,
        KeySelector,
        MapFunction,
        Partitioner,
        ProcessFunction,
        ProcessJoinFunction,
        ProcessWindowFunction,
        ReduceFunction,
        RuntimeContext,
        SinkFunction,
        SourceFunction,
        WindowFunction,
    )
    from flott.datastream.joined_streams import CoGroupedStreams, JoinedStreams
    from flott.datastream.keyed_stream import KeyedStream
    from flott.datastream.output_tag import OutputTag
    from flott.datastream.slot_sharing_group import MemorySize, SlotSharingGroup
    from flott.datastream.state_backend import (
        CustomStateBackend,
        EmbeddedRocksDBStateBackend,
        FsStateBackend,
        HashMapStateBackend,
        MemoryStateBackend,
        PredefinedOptions,
        RocksDBStateBackend,
        StateBackend,
    )
    from flott.datastream.stream_execution_environment import StreamExecutionEnvironment
    from flott.datastream.time_characteristic import TimeCharacteristic
    from flott.datastream.time_domain import TimeDomain
    from flott.datastream.timerservice import TimerService
    from flott.datastream.window import (
        CountWindow,
        GlobalWindow,
        MergingWindowAssigner,
        TimeWindow,
        Trigger,
        TriggerResult,
        Window,
        WindowAssigner,
    )
    from flott.datastream.windowed_streams import (
        WindowedStream,
    )

__all__ = [
    "AggregateFunction",
    "AsyncDataStream",
    "AsyncFunction",
    "AsyncRetryPredicate",
    "AsyncRetryStrategy",
    "BroadcastConnectedStream",
    "BroadcastProcessFunction",
    "BroadcastStream",
    "CheckpointConfig",
    "CheckpointStorage",
    "CheckpointedFunction",
    "CheckpointingMode",
    "CoFlatMapFunction",
    "CoGroupFunction",
    "CoGroupedStreams",
    "CoMapFunction",
    "CoProcessFunction",
    "ConnectedStreams",
    "CountWindow",
    "CustomCheckpointStorage",
    "CustomStateBackend",
    "DataStream",
    "DataStreamSink",
    "EmbeddedRocksDBStateBackend",
    "ExternalizedCheckpointCleanup",
    "ExternalizedCheckpointRetention",
    "FileSystemCheckpointStorage",
    "FilterFunction",
    "FlatJoinFunction",
    "FlatMapFunction",
    "FsStateBackend",
    "GlobalWindow",
    "HashMapStateBackend",
    "JobManagerCheckpointStorage",
    "JoinFunction",
    "JoinedStreams",
    "KeySelector",
    "KeyedBroadcastProcessFunction",
    "KeyedCoProcessFunction",
    "KeyedProcessFunction",
    "KeyedStream",
    "MapFunction",
    "MemorySize",
    "MemoryStateBackend",
    "MergingWindowAssigner",
    "OutputTag",
    "Partitioner",
    "PredefinedOptions",
    "ProcessFunction",
    "ProcessJoinFunction",
    "ProcessWindowFunction",
    "ReduceFunction",
    "RocksDBStateBackend",
    "RuntimeContext",
    "RuntimeExecutionMode",
    "SinkFunction",
    "SlotSharingGroup",
    "SourceFunction",
    "StateBackend",
    "StreamExecutionEnvironment",
    "TimeCharacteristic",
    "TimeDomain",
    "TimeWindow",
    "TimerService",
    "Trigger",
    "TriggerResult",
    "Window",
    "WindowAssigner",
    "WindowFunction",
    "WindowedStream",
]

_EXPORTS = {
    "AggregateFunction": "functions",
    "AsyncDataStream": "async_data_stream",
    "AsyncFunction": "functions",
    "AsyncRetryPredicate": "functions",
    "AsyncRetryStrategy": "functions",
    "BroadcastConnectedStream": "connected_streams",
    "BroadcastProcessFunction": "functions",
    "CheckpointedFunction": "functions",
    "BroadcastStream": "connected_streams",
    "CheckpointConfig": "checkpoint_config",
    "CheckpointStorage": "checkpoint_storage",
    "CheckpointingMode": "checkpointing_mode",
    "CoFlatMapFunction": "functions",
    "CoGroupFunction": "functions",
    "CoGroupedStreams": "joined_streams",
    "CoMapFunction": "functions",
    "CoProcessFunction": "functions",
    "ConnectedStreams": "connected_streams",
    "CountWindow": "window",
    "CustomCheckpointStorage": "checkpoint_storage",
    "CustomStateBackend": "state_backend",
    "DataStream": "data_stream",
    "DataStreamSink": "data_stream",
    "EmbeddedRocksDBStateBackend": "state_backend",
    "ExternalizedCheckpointCleanup": "checkpoint_config",
    "ExternalizedCheckpointRetention": "externalized_checkpoint_retention",
    "FileSystemCheckpointStorage": "checkpoint_storage",
    "FilterFunction": "functions",
    "FlatJoinFunction": "functions",
    "FlatMapFunction": "functions",
    "FsStateBackend": "state_backend",
    "GlobalWindow": "window",
    "HashMapStateBackend": "state_backend",
    "JobManagerCheckpointStorage": "checkpoint_storage",
    "JoinFunction": "functions",
    "JoinedStreams": "joined_streams",
    "KeySelector": "functions",
    "KeyedBroadcastProcessFunction": "functions",
    "KeyedCoProcessFunction": "functions",
    "KeyedProcessFunction": "functions",
    "KeyedStream": "keyed_stream",
    "MapFunction": "functions",
    "MemorySize": "slot_sharing_group",
    "MemoryStateBackend": "state_backend",
    "MergingWindowAssigner": "window",
    "OutputTag": "output_tag",
    "Partitioner": "functions",
    "PredefinedOptions": "state_backend",
    "ProcessFunction": "functions",
    "ProcessJoinFunction": "functions",
    "ProcessWindowFunction": "functions",
    "ReduceFunction": "functions",
    "RocksDBStateBackend": "state_backend",
    "RuntimeContext": "functions",
    "RuntimeExecutionMode": "execution_mode",
    "SinkFunction": "functions",
    "SlotSharingGroup": "slot_sharing_group",
    "SourceFunction": "functions",
    "StateBackend": "state_backend",
    "StreamExecutionEnvironment": "stream_execution_environment",
    "TimeCharacteristic": "time_characteristic",
    "TimeDomain": "time_domain",
    "TimeWindow": "window",
    "TimerService": "timerservice",
    "Trigger": "window",
    "TriggerResult": "window",
    "Window": "window",
    "WindowAssigner": "window",
    "WindowFunction": "functions",
    "WindowedStream": "windowed_streams",
}

__getattr__ = lazy_exports(__name__, globals(), _EXPORTS)


def __dir__() -> list[str]:
    return sorted({*globals(), *_EXPORTS})
