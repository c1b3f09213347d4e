"""The documentation's site is whole: all pages are in it, all public names on its reference, all of them described."""

from __future__ import annotations

import importlib
import inspect
import re
import subprocess
import sys
from types import ModuleType

import pytest

from tests.docs.snippets import ROOT

TOOLS = ROOT / "tools"


@pytest.fixture
def list_api(monkeypatch: pytest.MonkeyPatch) -> ModuleType:
    monkeypatch.syspath_prepend(TOOLS)
    return importlib.import_module("list_api")


@pytest.fixture
def site(monkeypatch: pytest.MonkeyPatch) -> ModuleType:
    monkeypatch.syspath_prepend(TOOLS / "site")
    return importlib.import_module("pages")


@pytest.fixture
def github_markdown(monkeypatch: pytest.MonkeyPatch) -> ModuleType:
    monkeypatch.syspath_prepend(TOOLS / "site")
    return importlib.import_module("github_markdown")


def test_the_reference_is_what_the_code_makes() -> None:
    done = subprocess.run([sys.executable, TOOLS / "list_api.py", "--check"], capture_output=True, text=True)
    assert done.returncode == 0, done.stderr


def test_each_public_name_is_described(list_api: ModuleType) -> None:
    silent = []
    for (_, name), module in list_api.homes().items():
        value = getattr(importlib.import_module(module), name)
        if not inspect.isclass(value):
            if callable(value) and not inspect.getdoc(value):
                silent.append(f"{module}.{name}")
            continue
        if not value.__doc__:
            silent.append(f"{module}.{name}")
        for member, defined in vars(value).items():
            function = getattr(defined, "__func__", defined)
            shown = inspect.isroutine(function) or isinstance(function, property)
            if shown and not member.startswith("_") and not inspect.getdoc(getattr(value, member)):
                silent.append(f"{module}.{name}.{member}")
    assert silent == []


@pytest.mark.parametrize(("settings", "language"), [("mkdocs.yml", ""), ("mkdocs.zh-CN.yml", "zh-CN")])
def test_each_page_is_in_the_navigation(site: ModuleType, settings: str, language: str) -> None:
    navigation = (ROOT / settings).read_text(encoding="utf-8").partition("\nnav:\n")[2]
    listed = re.findall(r"(?:- |: )([\w./-]+\.md)$", navigation, flags=re.MULTILINE)
    assert sorted(listed) == sorted(site.Edition(language).pages.values())


def test_links_lead_into_the_site(github_markdown: ModuleType) -> None:
    text = "[a](b.md#c) and `[no](link)`, ![d](e.svg)\n```\n[no](link)\n```\n"
    assert github_markdown.links(text) == ["b.md#c", "e.svg"]
    assert github_markdown.with_links(text, str.upper).startswith(
        "[a](B.MD#C) and `[no](link)`, ![d](E.SVG)\n```\n[no](li"
    )


def test_lists_are_read_as_on_github(github_markdown: ModuleType) -> None:
    text = "Text\n- one\n  more\n  - two\n\n    ```\n    code\n    ```\n- three\n\nText\n1. four\n   ```\n   code\n"
    text += "   ```\n"
    assert github_markdown.with_wide_lists(text) == (
        "Text\n\n-   one\n    more\n    -   two\n\n        ```\n        code\n        ```\n-   three\n\n"
        "Text\n\n1.  four\n    ```\n    code\n    ```\n"
    )


def test_comments_of_snippets_are_not_shown(github_markdown: ModuleType) -> None:
    assert github_markdown.without_snippets("a\n<!-- snippet: setup\nx = 1\n-->\nb <!-- c -->\n") == "a\nb <!-- c -->\n"
