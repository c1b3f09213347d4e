"""Every snippet of every page does what the page says: blocks of Python run, commands exist."""

from __future__ import annotations

import contextlib
import io
import itertools
import json
import os
import re
import shlex
import subprocess
import sys
from pathlib import Path

import pytest

from flott.cli import parser
from tests.docs.snippets import ROOT, Snippet, pages, snippets
from tests.servers import Database

SNIPPETS = {page: snippets((ROOT / page).read_text(encoding="utf-8")) for page in pages()}
PYTHON = {page: [each for each in found if each.language == "python"] for page, found in SNIPPETS.items()}
COMMANDS = {
    page: [
        line.strip().removeprefix("$ ")
        for each in found
        if each.language in ("", "bash", "console")
        for line in each.text.replace("\\\n", " ").splitlines()
        if re.match(r"(\$ )?(flott|make) ", line.strip())
    ]
    for page, found in SNIPPETS.items()
}
TARGETS = set(re.findall(r"^([\w-]+):(?!=)", (ROOT / "Makefile").read_text(encoding="utf-8"), re.MULTILINE))


@pytest.mark.parametrize("page", [page for page, found in PYTHON.items() if found])
def test_the_snippets_of_a_page_run(page: str, tmp_path: Path, request: pytest.FixtureRequest) -> None:
    found = PYTHON[page]
    needs = {need for each in found for need in (each.mark("needs") or "").split(", ") if need}
    places, environment = servers(needs, request)
    given = [as_given(each, places) for each in found]
    results = tmp_path / "results"
    folder = tmp_path / "page"
    folder.mkdir()
    done = subprocess.run(
        [sys.executable, ROOT / "tests" / "docs" / "run_page.py", page, results],
        input=json.dumps(given),
        cwd=folder,
        env={**os.environ, "PYTHONPATH": os.pathsep.join([str(ROOT), os.environ.get("PYTHONPATH", "")]), **environment},
        capture_output=True,
        text=True,
        encoding="utf-8",
        timeout=150,
    )
    assert results.exists(), done.stderr
    ran = json.loads(results.read_text(encoding="utf-8"))
    wrong = [f"{page}:{each.line}: {why}" for each, one in zip(found, ran) if (why := mistake(each, **one))]
    assert not wrong, "\n\n".join(wrong)


def servers(needs: set[str], request: pytest.FixtureRequest) -> tuple[dict[str, str], dict[str, str]]:
    """What stands in the place of the addresses on a page, and the environment of its snippets."""
    places: dict[str, str] = {}
    environment: dict[str, str] = {}
    if "kafka" in needs:
        places["localhost:9092"] = request.getfixturevalue("flott_broker").bootstrap_servers
    for need, fixture, port in (("mysql", "mariadb_database", 3306), ("postgres", "postgres_database", 5432)):
        if need in needs:
            database: Database = request.getfixturevalue(fixture)
            places[f"localhost:{port}/shop"] = f"{database.host}:{database.port}/{database.name}"
            places['with_user_name("flott")'] = f'with_user_name("{database.user}")'
            environment[f"{need.upper()}_PASSWORD"] = database.password
    return places, environment


def as_given(snippet: Snippet, places: dict[str, str]) -> dict[str, object]:
    """A snippet as run_page.py takes it."""
    text, setup = snippet.text, snippet.setup
    for place, real in places.items():
        text, setup = text.replace(place, real), setup.replace(place, real)
    return {
        "text": text,
        "line": snippet.line,
        "file": snippet.file,
        "setup": setup,
        "then": snippet.mark("then\n") or "",
        "continues": snippet.mark("continues") is not None,
        "compiled": snippet.mark("not run") is not None,
    }


def mistake(snippet: Snippet, output: str, error: str | None) -> str | None:
    """What was not as the page says."""
    expected = snippet.mark("fails with")
    if expected is not None:
        return None if expected.strip('"') in (error or "") else f"did not fail with {expected}: {error or output}"
    if error:
        return f"{error}\n{output}"
    if snippet.output is not None:
        lines = "\n".join(line.rstrip() for line in snippet.output.rstrip().splitlines())
        pattern = re.escape(lines).replace(re.escape("…") + "\n", "(?:.*\n)*?").replace(re.escape("…"), ".*")
        if not re.fullmatch(pattern, "\n".join(line.rstrip() for line in output.rstrip().splitlines())):
            return f"printed\n{output}\nand not\n{snippet.output}"
    missing = [line for line in snippet.promised if line not in output]
    return f"did not print {missing} but\n{output}" if missing else None


@pytest.mark.parametrize("page", [page for page, found in COMMANDS.items() if found])
def test_the_commands_of_a_page_exist(page: str) -> None:
    wrong = []
    for line in COMMANDS[page]:
        program, *arguments = words(line)
        if program == "make":
            unknown = [each for each in arguments if "=" not in each and each not in TARGETS]
            wrong += [f"{line}: no target {each}" for each in unknown]
            continue
        said = io.StringIO()
        try:
            with contextlib.redirect_stderr(said), contextlib.redirect_stdout(said):
                parser().parse_args(arguments)
        except SystemExit as exit:
            if exit.code:
                wrong.append(f"{line}: {said.getvalue().strip()}")
    assert not wrong, "\n".join(wrong)


def words(line: str) -> list[str]:
    """The words of the first command of a line, without what stands far behind it or in a comment."""
    lexer = shlex.shlex(line.split("  ")[0], posix=True, punctuation_chars="|>&;")
    lexer.whitespace_split = True
    lexer.commenters = "#"
    return list(itertools.takewhile(lambda word: word[0] not in "|>&;", lexer))


PAGE = """
<!-- snippet: setup
x = 1
-->
```python
print(x + 1)  # 2
```

<!-- snippet: continues -->
```python
print("a")
print("b")
```

```
a
…
```

<!-- snippet: fails with "by zero" -->
```python
1 / 0
```
"""


def test_a_page_is_read_as_its_comments_say() -> None:
    first, second, third = snippets(PAGE)
    assert (first.setup, first.promised, first.line) == ("x = 1\n", ["2"], 6)
    assert (second.mark("continues"), second.output, third.mark("fails with")) == ("", "a\n…\n", '"by zero"')


def test_what_is_not_as_the_page_says_is_told() -> None:
    first, second, third = snippets(PAGE)
    assert mistake(first, "2\n", None) is None
    assert "did not print ['2']" in (mistake(first, "3\n", None) or "")
    assert mistake(second, "a\nb\n", None) is None
    assert "printed" in (mistake(second, "b\n", None) or "")
    assert "did not fail" in (mistake(third, "", None) or "")
    assert mistake(third, "", "ZeroDivisionError: division by zero") is None
