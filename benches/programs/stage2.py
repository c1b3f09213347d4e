"""Week 2 of the course on files: the job that the course runs on Kafka and a database, with other sources and sinks.

usage: stage2.py IN OUT [OPTION=VALUE …]
"""

import sys
from datetime import datetime
from pathlib import Path

from outcome import run

import utils
from flott.common import Configuration, Encoder, Types, WatermarkStrategy
from flott.datastream import StreamExecutionEnvironment
from flott.datastream.connectors.file_system import FileSink, FileSource, StreamFormat
from stage2_data_transformation.order_transformer import transform


def write(stream, folder):
    stream.sink_to(FileSink.for_row_format(f"{out}/{folder}", Encoder.simple_string_encoder("UTF-8")).build())


def text(row):
    return "|".join(map(str, row))


def letter_text(letter):
    # without the times, which are others in every run
    return text(letter[:4])


source, out, *options = sys.argv[1:]
configuration = Configuration()
for option in options:
    configuration.set_string(*option.split("=", 1))
env = StreamExecutionEnvironment.get_execution_environment(configuration)
env.set_parallelism(1)
env.add_python_file(str(Path(utils.__file__).parents[1]))

lines = FileSource.for_record_stream_format(StreamFormat.text_line_format(), source).build()
messages = env.from_source(lines, WatermarkStrategy.no_watermarks(), "orders")
orders = transform(messages, datetime(2024, 1, 2))
write(orders.headers.map(text, output_type=Types.STRING()), "headers")
write(orders.lines.map(text, output_type=Types.STRING()), "lines")
write(orders.rejected.map(letter_text, output_type=Types.STRING()), "rejected")
write(orders.changes, "changes")
run(env)
