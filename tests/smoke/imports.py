"""The import is light, and the version is that of the wheel."""

import sys
from importlib.metadata import version

import flott
from flott.datastream import StreamExecutionEnvironment

StreamExecutionEnvironment.get_execution_environment()
heavy = {"asyncio", "numpy", "pandas", "polars", "pyarrow"} & set(sys.modules)
assert not heavy, f"import flott loads {heavy}"
assert flott.__version__ == version("flott")
