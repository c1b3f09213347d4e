"""Runs a program on PyFlink: ``python _flink_program.py SETTINGS FILE_OR_MODULE ARGUMENTS``.

PyFlink's own Python runs this file, so it uses nothing of Flott. SETTINGS is JSON: what environments begin with.
"""

import json
import os
import runpy
import sys

from pyflink.common import Configuration  # type: ignore[import-not-found]
from pyflink.datastream import StreamExecutionEnvironment  # type: ignore[import-not-found]

settings, module = json.loads(sys.argv[1]), sys.argv[2] == "-m"
del sys.argv[: 3 if module else 2]
make = StreamExecutionEnvironment.get_execution_environment


def get_execution_environment(configuration=None):  # type: ignore[no-untyped-def]
    """As PyFlink's, over the settings of the command line."""
    merged = Configuration()
    for key, value in settings.items():
        merged.set_string(key, value)
    if configuration is not None:
        merged.add_all(configuration)
    return make(merged)


StreamExecutionEnvironment.get_execution_environment = staticmethod(get_execution_environment)
if module:
    sys.path[0] = os.getcwd()
    runpy.run_module(sys.argv[0], run_name="__main__", alter_sys=True)
else:
    sys.path[0] = os.path.dirname(os.path.realpath(sys.argv[0]))
    runpy.run_path(sys.argv[0], run_name="__main__")
