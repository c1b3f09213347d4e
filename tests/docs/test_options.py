"""The pages of options have those that the code reads: of the configuration, of connectors and of formats."""

from __future__ import annotations

import re

import pytest

from tests.docs.snippets import ROOT

_KEY = re.compile(
    r'"((?:execution|flott|parallelism|pipeline|python|restart-strategy|s3|state|taskmanager)(?:\.[a-z0-9_-]+)+)"'
)
#: Modules, which look like options.
_MODULES = re.compile(r"flott\.(?:_|cep|cli|common|datastream|errors|state|table|testing)")
#: What scripts of Flink give, and `flott run` says it ignores.
_IGNORED = {
    "execution.savepoint-restore-mode",
    "execution.target",
    "pipeline.classpaths",
    "pipeline.jars",
    "python.client.executable",
}


def text(folder: str, suffix: str) -> str:
    """The code of a folder, without tests."""
    paths = [path for path in (ROOT / folder).rglob(f"*{suffix}") if "test" not in path.as_posix()[len(str(ROOT)) :]]
    return "\n".join(path.read_text(encoding="utf-8") for path in sorted(paths))


def listed(page: str) -> set[str]:
    """What a page names in code."""
    return set(re.findall(r"`([^`\n]+)`", (ROOT / page).read_text(encoding="utf-8")))


def read_by_the_code() -> set[str]:
    code = text("python/flott", ".py") + text("src", ".rs")
    prefixed = {f"execution.checkpointing.{name}" for name in re.findall(r'_PREFIX \+ "([a-z.-]+)"', code)}
    return {key for key in _KEY.findall(code) if not _MODULES.match(key)} | prefixed


def test_the_page_has_each_option_of_the_configuration() -> None:
    assert sorted(read_by_the_code() - listed("docs/reference/options.md") - _IGNORED) == []


def test_the_code_reads_each_option_of_the_page() -> None:
    found = {name for name in listed("docs/reference/options.md") if _KEY.fullmatch(f'"{name}"')}
    assert sorted(found - read_by_the_code()) == []


@pytest.mark.parametrize(
    ("code", "pages"),
    [
        ("src/connector/kafka", ["docs/connectors/kafka.md"]),
        ("src/connector/jdbc", ["docs/connectors/jdbc.md"]),
        # files are read as lines of a format, whose options are on its page
        ("src/connector/filesystem", ["docs/connectors/filesystem.md", "docs/formats.md"]),
        ("src/format", ["docs/formats.md"]),
    ],
)
def test_the_page_of_a_connector_has_each_of_its_options(code: str, pages: list[str]) -> None:
    read = set(
        re.findall(r'(?<!_)options\s*\.(?:get|require|parse)(?:::<\w+>)?\(\s*"([a-z][a-z.-]+)"', text(code, ".rs"))
    )
    assert read
    assert sorted(read - set().union(*map(listed, pages))) == []


def test_what_is_compared_is_there() -> None:
    assert {"execution.checkpointing.timeout", "flott.batch-size", "s3.region"} <= read_by_the_code()
