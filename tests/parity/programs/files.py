"""Text lines from files, and text lines into files.

compare: lines in any order
"""

import os
import tempfile

from pyflink.common import Encoder, Types, WatermarkStrategy
from pyflink.datastream import StreamExecutionEnvironment
from pyflink.datastream.connectors.file_system import (
    BucketAssigner,
    FileSink,
    FileSource,
    OutputFileConfig,
    StreamFormat,
)

folder = tempfile.mkdtemp()
os.makedirs(f"{folder}/in/deeper")
for name, text in (
    ("a.txt", "one\ntwo\n"),
    ("b.txt", "three\r\n\nlast, naïve 😀"),
    ("deeper/c.txt", "four\n"),
    (".hidden", "no\n"),
):
    with open(f"{folder}/in/{name}", "w", encoding="utf-8", newline="") as file:
        file.write(text)

env = StreamExecutionEnvironment.get_execution_environment()
env.set_parallelism(1)
source = FileSource.for_record_stream_format(StreamFormat.text_line_format(), f"{folder}/in").build()
lines = env.from_source(source, WatermarkStrategy.no_watermarks(), "lines")
lines.print("line")
sink = (
    FileSink.for_row_format(f"{folder}/out", Encoder.simple_string_encoder())
    .with_output_file_config(OutputFileConfig.builder().with_part_prefix("lines").with_part_suffix(".txt").build())
    .with_bucket_assigner(BucketAssigner.base_path_bucket_assigner())
    .build()
)
lines.map(lambda line: (line, len(line)), output_type=Types.TUPLE([Types.STRING(), Types.INT()])).sink_to(sink)
env.execute("files")

written = [name for name in os.listdir(f"{folder}/out") if not name.startswith(".")]
print(len(written), "file,", {name[:6] + "…" + name[-4:] for name in written})
for name in written:
    with open(f"{folder}/out/{name}", encoding="utf-8") as file:
        print("written:", sorted(file.read().splitlines()))
