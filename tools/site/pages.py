"""Which files of the repository are pages of the site, and where each stands in it.

Pages live where readers of the repository look for them: in ``docs/``, beside the programs of the course, beside the
notebooks. The site has them all; what a page links to and what is no page itself (programs, settings) is shown as text.
"""

from __future__ import annotations

import os
import posixpath
from functools import cached_property
from pathlib import Path
from urllib.parse import unquote

from github_markdown import links

ROOT = Path(__file__).resolve().parents[2]

#: The suffix of the pages of an edition, and the folder of the site that it is built into.
CHINESE = "zh-CN"

_PAGES = (
    "*.md",
    "docs/**/*.md",
    "stage*_*/*.md",
    "stage*_*/exercises/*.md",
    "notebooks/*.md",
    "notebooks/*.ipynb",
    "config/*.md",
    "tests/README.md",
    "tests/smoke/README.md",
    "benches/README.md",
)
#: Pages of folders that are no sections of the site.
_SINGLE = ("config/README.md", "tests/README.md", "tests/smoke/README.md", "benches/README.md")
_SHOWN = {
    ".cfg": "ini",
    ".html": "html",
    ".ini": "ini",
    ".java": "java",
    ".js": "javascript",
    ".json": "json",
    ".pid": "text",
    ".py": "python",
    ".pyi": "python",
    ".rs": "rust",
    ".sh": "bash",
    ".sql": "sql",
    ".toml": "toml",
    ".txt": "text",
    ".yml": "yaml",
    "": "text",
}


class Edition:
    """The pages of one language, by their paths in the repository."""

    def __init__(self, language: str = "") -> None:
        """:param language: ``""`` for the English edition"""
        self.language = language

    @cached_property
    def pages(self) -> dict[str, str]:
        """Path in the repository to path in the site, of all pages."""
        found = sorted({path for pattern in _PAGES for path in ROOT.glob(pattern)})
        names = [path.relative_to(ROOT).as_posix() for path in found]
        return {name: self._uri(name) for name in names if name.endswith(f".{CHINESE}.md") == bool(self.language)}

    def _uri(self, name: str) -> str:
        if self.language:
            name = name.replace(f".{self.language}.md", ".md")
        if name == "docs/README.md":
            return "pages.md"
        if name in _SINGLE:
            return f"{posixpath.dirname(name)}.md"
        name = name.removeprefix("docs/").replace("README.md", "index.md").replace(".ipynb", ".md")
        return name.lower() if "/" not in name else name

    @cached_property
    def shown(self) -> dict[str, str]:
        """The same of what pages of any edition link to without its being a page: texts, folders, pictures."""
        targets: set[str] = set()
        for name in {**Edition().pages, **Edition(CHINESE).pages}:
            if name.endswith(".md"):
                targets |= {linked(name, target)[0] for target in links((ROOT / name).read_text(encoding="utf-8"))}
        found: dict[str, str] = {}
        for target in sorted(targets - {""}):
            path = ROOT / target
            if path.is_dir() and not (path / "README.md").exists():
                found[target] = f"source/{target}/index.md"
            elif path.is_file() and path.suffix in _SHOWN:
                found[target] = f"source/{target}.md"
            elif path.is_file() and path.suffix not in (".md", ".ipynb"):
                found[target] = target.removeprefix("docs/")
        return found


def linked(name: str, target: str) -> tuple[str, str]:
    """What a page's link leads to: a path in the repository, ``""`` for another site, and the anchor."""
    target, _, anchor = target.partition("#")
    if "://" in target or target.startswith("mailto:"):
        return "", anchor
    path = posixpath.normpath(posixpath.join(posixpath.dirname(name), unquote(target))) if target else name
    if (ROOT / path).is_dir() and (ROOT / path / "README.md").exists():
        path = posixpath.normpath(posixpath.join(path, "README.md"))
    return path, anchor


def text_page(name: str) -> str:
    """The page that shows a file, or what is in a folder."""
    path = ROOT / name
    if path.is_dir():
        files = sorted(each.name for each in path.iterdir() if each.is_file() and not each.name.startswith("."))
        return f"# {name}/\n\n" + "".join(f"- `{each}`\n" for each in files)
    fence = "~" * 8
    return (
        f"---\nsearch:\n  exclude: true\n---\n\n# {name}\n\n{fence}{_SHOWN[path.suffix]}\n"
        f"{path.read_text(encoding='utf-8').rstrip()}\n{fence}\n"
    )


def relative(uri: str, of: str) -> str:
    """A path in the site as seen from the page ``of``."""
    return os.path.relpath(uri, posixpath.dirname(of) or ".").replace(os.sep, "/")


def url(uri: str) -> str:
    """The URL of a page below the site's root: its folder."""
    folder = uri.removesuffix(".md")
    return folder.removesuffix("index") if folder.endswith("index") else f"{folder}/"
