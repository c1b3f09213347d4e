"""Functions without declared types: Python objects go through and are printed as Python shows them."""

from pyflink.datastream import StreamExecutionEnvironment

env = StreamExecutionEnvironment.get_execution_environment()


def words(line):
    yield from line.split()


lines = env.from_collection(["to be or", "", "not to be", "naïve 😀"])
lines.flat_map(words).filter(lambda word: len(word) > 2).map(
    lambda word: (word, len(word), {"upper": word.upper()})
).print()
env.execute("words")
