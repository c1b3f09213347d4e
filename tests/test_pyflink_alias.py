"""``import pyflink`` gives Flott, where that was asked for."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

INSTALL = "import flott; flott.install_as_pyflink(); "


def python(code: str, folder: Path | None = None) -> str:
    """What the code prints in an interpreter of its own."""
    done = subprocess.run([sys.executable, "-c", code], cwd=folder, capture_output=True, text=True, timeout=60)
    assert done.returncode == 0, done.stderr
    return done.stdout.strip()


@pytest.mark.parametrize(
    "code",
    [
        "import pyflink.datastream.functions as a, flott.datastream.functions as b; print(a is b)",
        "from pyflink.datastream.functions import MapFunction as A; from flott.datastream import MapFunction as B; "
        "print(A is B)",
        "from pyflink.datastream.connectors.kafka import KafkaSource as A; "
        "import flott.datastream.connectors.kafka as b; print(A is b.KafkaSource)",
        "from pyflink import common as a; import flott.common as b; print(a is b)",
        "import pyflink.common.types as a, pickle; print(pickle.loads(b'cpyflink.common.types\\nRow\\n.') is a.Row)",
        "import flott.common as a; import pyflink.common; print(a.__spec__.name == 'flott.common' == a.__name__)",
        "import pyflink, pyflink.version; print(pyflink.__version__ == pyflink.version.__version__ == '1.20.3')",
        "flott.install_as_pyflink(); import sys; print(sum('_Finder' in repr(each) for each in sys.meta_path) == 1)",
    ],
)
def test_modules_and_classes_are_flotts(code: str) -> None:
    assert python(INSTALL + code) == "True"


def test_it_goes_before_an_installed_pyflink(tmp_path: Path) -> None:
    (tmp_path / "pyflink").mkdir()
    (tmp_path / "pyflink" / "__init__.py").write_text("__version__ = 'installed'")
    assert python("import pyflink; print(pyflink.__version__)", tmp_path) == "installed"
    assert python(INSTALL + "import pyflink; print(pyflink.__version__)", tmp_path) == "1.20.3"


def test_too_late_is_an_error(tmp_path: Path) -> None:
    (tmp_path / "pyflink.py").write_text("")
    code = "import pyflink, flott\ntry: flott.install_as_pyflink()\nexcept RuntimeError as error: print(error)"
    said = python(code, tmp_path)
    assert str(tmp_path / "pyflink.py") in said
    assert "before the first import of pyflink" in said


@pytest.mark.parametrize(
    ("module", "said"),
    [
        ("pyflink.datastream.connectors.pulsar", "Kafka, databases (JDBC) and files"),
        ("pyflink.java_gateway", "no JVM"),
        ("pyflink.fn_execution.coders", "PyFlink's workers"),
        ("pyflink.table.catalog", "SQL"),
        ("pyflink.nonsense", "no such module"),
        ("pyflink._lazy", "no such module"),
    ],
)
def test_a_module_that_is_not_there_says_what_to_do(module: str, said: str) -> None:
    code = f"try: import {module}\nexcept ModuleNotFoundError as error: print(error.name, error)"
    name, _, message = python(f"{INSTALL}\n{code}").partition(" ")
    assert module.startswith(name)
    assert message.startswith(f"No module named '{name}' in Flott: ")
    assert said in message


def test_it_costs_next_to_nothing() -> None:
    before = "import sys; before = set(sys.modules); "
    after = (
        "print(*sorted(name for name in set(sys.modules) - before if name.startswith(('flott.', 'json', 'inspect'))))"
    )
    assert python(before + INSTALL + "import pyflink.datastream; " + after) == (
        "flott._lazy flott._pyflink flott.datastream"
    )
