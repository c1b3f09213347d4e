"""Orders to order lines, a PyFlink program: with ``flott`` replaced by ``pyflink`` in the imports it runs on Flink.

usage: etl.py IN OUT [OPTION=VALUE …]
"""

import sys

import order_functions
from order_functions import order_lines, read_order
from outcome import run

from flott.common import Configuration, Encoder, Types, WatermarkStrategy
from flott.datastream import OutputTag, ProcessFunction, StreamExecutionEnvironment
from flott.datastream.connectors.file_system import FileSink, FileSource, StreamFormat

REJECTED = OutputTag("rejected", Types.STRING())


class Validate(ProcessFunction):
    def process_element(self, line, ctx):
        order = read_order(line)
        if order is None:
            yield REJECTED, line
        else:
            yield order


def sink(path):
    return FileSink.for_row_format(path, Encoder.simple_string_encoder("UTF-8")).build()


source, out, *options = sys.argv[1:]
configuration = Configuration()
for option in options:
    configuration.set_string(*option.split("=", 1))
env = StreamExecutionEnvironment.get_execution_environment(configuration)
env.set_parallelism(1)
env.add_python_file(order_functions.__file__)

lines = FileSource.for_record_stream_format(StreamFormat.text_line_format(), source).build()
orders = env.from_source(lines, WatermarkStrategy.no_watermarks(), "orders").process(Validate())
orders.flat_map(order_lines, output_type=Types.STRING()).sink_to(sink(f"{out}/lines"))
orders.get_side_output(REJECTED).sink_to(sink(f"{out}/rejects"))
run(env)
