"""Names that a module of PyFlink has because it imports them, and that programs take from there.

``from pyflink.datastream.functions import ValueStateDescriptor`` works in PyFlink though the class is at home in
``state``, and so it does here. The modules are loaded when somebody asks for such a name.
"""

from __future__ import annotations

import sys

from flott._lazy import lazy_names

__all__ = ["reexport"]

#: Module to the modules below ``flott`` where the names are at home.
_NAMES: dict[str, dict[str, str]] = {
    "common": {
        "datastream.formats.avro": "AvroRowDeserializationSchema AvroRowSerializationSchema",
        "datastream.formats.csv": "CsvRowDeserializationSchema CsvRowSerializationSchema",
        "datastream.formats.json": "JsonRowDeserializationSchema JsonRowSerializationSchema",
    },
    "common.execution_config": {"common.restart_strategy": "RestartStrategies RestartStrategyConfiguration"},
    "common.job_client": {"common.job_execution_result": "JobExecutionResult"},
    "datastream.checkpoint_config": {"datastream.checkpoint_storage": "CheckpointStorage"},
    "datastream.connectors": {
        "datastream.connectors.file_system": "BucketAssigner FileEnumeratorProvider FileSink FileSource "
        "FileSourceBuilder FileSplitAssignerProvider OutputFileConfig RollingPolicy StreamFormat StreamingFileSink",
        "datastream.connectors.jdbc": "JdbcConnectionOptions JdbcExecutionOptions JdbcSink",
        "datastream.connectors.kafka": "FlinkKafkaConsumer FlinkKafkaProducer KafkaSource Semantic",
        "datastream.connectors.number_seq": "NumberSequenceSource",
    },
    "datastream.connectors.file_system": {
        "common.serialization": "BulkWriterFactory Encoder RowDataBulkWriterFactory",
        "common.time": "Duration",
        "datastream.connectors.base": "Sink Source StreamTransformer SupportsPreprocessing",
        "datastream.functions": "SinkFunction",
    },
    "datastream.connectors.kafka": {
        "common.serialization": "DeserializationSchema SerializationSchema",
        "common.typeinfo": "TypeInformation Types",
        "common.types": "Row",
        "datastream.connectors.base": "DeliveryGuarantee Sink Source StreamTransformer SupportsPreprocessing",
        "datastream.functions": "SinkFunction SourceFunction",
    },
    "datastream.data_stream": {
        "common.execution_config": "ExecutionConfig",
        "common.types": "Row",
        "common.watermark_strategy": "TimestampAssigner WatermarkStrategy",
        "datastream.cached_stream": "CachedDataStream",
        "datastream.connected_streams": "BroadcastConnectedStream BroadcastStream ConnectedStreams",
        "datastream.connectors.base": "Sink",
        "datastream.functions": "AggregateFunction AllWindowFunction BroadcastProcessFunction CoFlatMapFunction "
        "CoMapFunction CoProcessFunction Function KeyedBroadcastProcessFunction KeyedCoProcessFunction "
        "KeyedProcessFunction NullByteKeySelector PassThroughAllWindowFunction PassThroughWindowFunction "
        "ProcessAllWindowFunction ProcessWindowFunction ReduceFunction RuntimeContext SinkFunction WindowFunction",
        "datastream.keyed_stream": "KeyedStream",
        "datastream.output_tag": "OutputTag",
        "datastream.slot_sharing_group": "SlotSharingGroup",
        "datastream.state": "AggregatingStateDescriptor ListStateDescriptor MapStateDescriptor ReducingState "
        "ReducingStateDescriptor StateDescriptor",
        "datastream.utils": "convert_to_python_obj",
        "datastream.window": "CountSlidingWindowAssigner CountTumblingWindowAssigner CountWindowSerializer "
        "GlobalWindowSerializer MergingWindowAssigner TimeWindowSerializer Trigger WindowAssigner "
        "WindowOperationDescriptor",
        "datastream.windowed_streams": "AllWindowedStream WindowedStream",
    },
    "datastream.formats.json": {"common.typeinfo": "TypeInformation"},
    "datastream.functions": {
        "datastream.state": "AggregatingState AggregatingStateDescriptor BroadcastState ListState ListStateDescriptor "
        "MapState MapStateDescriptor ReadOnlyBroadcastState ReducingState ReducingStateDescriptor ValueState "
        "ValueStateDescriptor",
        "datastream.time_domain": "TimeDomain",
        "metrics.metricbase": "MetricGroup",
    },
    "datastream.state": {"common.typeinfo": "Types"},
    "datastream.stream_execution_environment": {
        "common.execution_config": "ExecutionConfig",
        "common.io": "InputFormat",
        "common.job_client": "JobClient",
        "common.job_execution_result": "JobExecutionResult",
        "common.restart_strategy": "RestartStrategies RestartStrategyConfiguration",
        "common.watermark_strategy": "WatermarkStrategy",
        "datastream.checkpoint_config": "CheckpointConfig",
        "datastream.checkpointing_mode": "CheckpointingMode",
        "datastream.connectors.base": "Source",
        "datastream.execution_mode": "RuntimeExecutionMode",
        "datastream.functions": "SourceFunction",
        "datastream.slot_sharing_group": "SlotSharingGroup",
        "datastream.state_backend": "StateBackend",
        "datastream.time_characteristic": "TimeCharacteristic",
        "datastream.utils": "ResultTypeQueryable",
    },
    "datastream.utils": {
        "common.configuration": "Configuration",
        "common.typeinfo": "BasicArrayTypeInfo ListTypeInfo MapTypeInfo ObjectArrayTypeInfo PrimitiveArrayTypeInfo "
        "RowTypeInfo TupleTypeInfo TypeInformation Types",
        "common.types": "Row RowKind",
    },
    "datastream.window": {
        "common.constants": "MAX_LONG_VALUE MIN_LONG_VALUE",
        "common.serializer": "TypeSerializer",
        "common.time": "Time",
        "common.typeinfo": "Types",
        "datastream.functions": "ReduceFunction RuntimeContext",
        "datastream.output_tag": "OutputTag",
        "datastream.state": "ReducingState ReducingStateDescriptor State StateDescriptor ValueStateDescriptor",
        "metrics.metricbase": "MetricGroup",
    },
}


def reexport(name: str) -> None:
    """Gives a module, by its ``__name__``, what PyFlink's has beside its own."""
    homes = _NAMES[name.removeprefix("flott.")]
    names = {each: f"flott.{home}" for home, listed in homes.items() for each in listed.split()}
    lazy_names(sys.modules[name], names)
