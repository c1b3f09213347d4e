"""docs/errors.md is what the code makes, and what makes it reads the code right."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path
from types import ModuleType

import pytest

ROOT = Path(__file__).parent.parent
TOOLS = ROOT / "tools"
PAGE = (ROOT / "docs" / "errors.md").read_text()


def test_the_page_is_what_the_code_makes() -> None:
    done = subprocess.run([sys.executable, TOOLS / "list_errors.py", "--check"], capture_output=True, text=True)
    assert done.returncode == 0, done.stderr


@pytest.mark.parametrize(
    "entry",
    [
        # src/connector/mod.rs: Error::config(format!(...)).with_hint(format!(...))
        "- `there is no connector '{name}'`  \n  `ConfigurationError`, in `src/connector/mod.rs`  \n"
        "  What to do: `the connectors are: {join}`",
        # src/expression/error.rs: #[error(...)] with an expression; its hint is made by a helper
        "- `unknown column '{name}'; the columns are {columns}`  \n  `ConfigurationError`, in `src/expression/error.rs`"
        "  \n  What to do: `did you mean '{name}'?`",
        # python/flott/common/_checks.py: raise ValueError(f"..." f"...")
        "- `Types.ROW_NAMED: {names} field names for {count} field types; give one name for each type`  \n"
        "  `ValueError`, in `flott.common._checks`",
        # python/flott/common/utils.py: a function that returns the exception
        "`NotImplementedError`, in `flott.common.utils`",
    ],
)
def test_errors_of_each_form_are_on_the_page(entry: str) -> None:
    assert entry in PAGE


@pytest.fixture
def tools(monkeypatch: pytest.MonkeyPatch) -> tuple[ModuleType, ModuleType]:
    """The two readers."""
    monkeypatch.syspath_prepend(TOOLS)
    import errors_in_python  # type: ignore[import-not-found]
    import errors_in_rust  # type: ignore[import-not-found]

    return errors_in_rust, errors_in_python


RUST = r"""
/// Error::config("in a comment")
fn open() -> Result<()> {
    let quote = '"';
    Err(Error::data(format!(
        "line {} of {path}: {:?} is no \
         number",
        self.line, text.trim()
    ))
    .at("here it is")
    .with_hint("write 1, not \"one\""))?;
    Err(Error::new(ErrorKind::Cancelled, "the {{job}} was stopped"))?;
    Err(Error::internal(message))
}

#[derive(Debug, thiserror::Error)]
enum StoreError {
    #[error("no file {0}")]
    Missing(String),
    #[error("{count} files are too many")]
    Many { count: usize },
}

impl Explain for StoreError {
    fn kind(&self) -> ErrorKind {
        match self {
            StoreError::Missing(_) => ErrorKind::Config,
            _ => ErrorKind::Connector,
        }
    }
    fn hint(&self) -> Option<String> {
        match self {
            StoreError::Many { count } => Some(format!("remove {} of them", count - 1)),
            _ => None,
        }
    }
}

#[cfg(test)]
mod tests {
    fn it() { Error::config("in a test") }
}
"""


def test_rust_is_read(tools: tuple[ModuleType, ModuleType], tmp_path: Path) -> None:
    (tmp_path / "store.rs").write_text(RUST)
    found = tools[0].errors(tmp_path / "store.rs", tmp_path)
    assert [tuple(error) for error in found] == [
        ("DataError", "line {line} of {path}: {trim} is no number", ('write 1, not "one"',), "store.rs"),
        ("JobCancelledError", "the {job} was stopped", (), "store.rs"),
        ("ConfigurationError", "no file {…}", (), "store.rs"),
        ("ConnectorError", "{count} files are too many", ("remove {count} of them",), "store.rs"),
    ]


PYTHON = """
def check(value, low):
    if value is None:
        raise ValueError
    text = f"{value!r} of {type(value).__name__}"
    if value < low:
        raise ValueError(f"{text} is below " + str(low))
    raise errors.DataError("no " "number"
        f" but {value.name}")

def not_here(call):
    return NotImplementedError(f"{call}() is not there")
"""


def test_python_is_read(tools: tuple[ModuleType, ModuleType], tmp_path: Path) -> None:
    (tmp_path / "check.py").write_text(PYTHON)
    found = tools[1].errors(tmp_path / "check.py", tmp_path)
    assert [(error.error, error.text) for error in found] == [
        ("ValueError", "{text} is below {…}"),
        ("DataError", "no number but {name}"),
        ("NotImplementedError", "{call}() is not there"),
    ]
