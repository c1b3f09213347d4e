"""What MkDocs does beyond mkdocs.yml: pages from outside ``docs/``, their links, the Chinese edition."""

from __future__ import annotations

from pathlib import Path

import jieba
from github_markdown import with_links, with_wide_lists, without_snippets
from mkdocs.commands.build import build
from mkdocs.config import load_config
from mkdocs.config.defaults import MkDocsConfig
from mkdocs.structure.files import File, Files
from mkdocs.structure.pages import Page
from mkdocs.utils import log
from notebook_page import notebook_page
from pages import CHINESE, ROOT, Edition, linked, relative, text_page, url

# it tells on standard error that it reads its dictionary
jieba.setLogLevel("WARNING")

_english, _chinese = Edition(), Edition(CHINESE)
#: The path in the repository of each page that is built, by its path in the site.
_sources: dict[str, str] = {}


def _edition(config: MkDocsConfig) -> Edition:
    return _chinese if config.extra["edition"] == CHINESE else _english


def on_files(files: Files, config: MkDocsConfig) -> Files:
    """The files of the site."""
    edition = _edition(config)
    made = Files([])
    for each in files:
        if not each.is_documentation_page():
            made.append(each)  # pictures, styles
    # the programs that pages show are in the English edition; pictures are in both
    shown = {name: uri for name, uri in edition.shown.items() if not (edition.language and uri.endswith(".md"))}
    _sources.clear()
    for name, uri in {**edition.pages, **shown}.items():
        if uri.endswith(".md"):
            _sources[uri] = name
            made.append(File.generated(config, uri, content=_content(name)))
        elif made.get_file_from_path(uri) is None:
            made.append(File.generated(config, uri, abs_src_path=str(ROOT / name)))
    return made


def _content(name: str) -> str:
    if name.endswith(".ipynb"):
        return notebook_page(ROOT / name)
    if name.endswith(".md"):
        return (ROOT / name).read_text(encoding="utf-8")
    return text_page(name)


def on_page_markdown(markdown: str, page: Page, config: MkDocsConfig, files: Files) -> str:
    """The page's text as Python-Markdown reads it, with links into the site."""
    name = _sources[page.file.src_uri]
    if page.file.src_uri.startswith("source/"):
        return markdown
    edition = _edition(config)
    return with_wide_lists(without_snippets(with_links(markdown, lambda target: _link(target, name, page, edition))))


def _link(target: str, name: str, page: Page, edition: Edition) -> str:
    path, anchor = linked(name, target)
    if not path:
        return target
    anchor = f"#{anchor}" if anchor else ""
    if path == name:
        return anchor or target
    here = page.file.src_uri
    if uri := edition.pages.get(path):
        return relative(uri, here) + anchor
    other = _english if edition.language else _chinese
    if uri := other.pages.get(path):
        # beyond what this build knows: a URL from here to the other edition's page
        up = "../" * (page.url.count("/") + bool(edition.language))
        return f"{up or './'}{'' if edition.language else f'{CHINESE}/'}{url(uri)}{anchor}"
    if uri := _english.shown.get(path):
        if edition.language and uri.endswith(".md"):
            return "../" * (page.url.count("/") + 1) + url(uri)
        return relative(uri, here)
    log.warning(f"{name} links to '{target}', which is neither a page nor a file of the repository")
    return target


def on_post_build(config: MkDocsConfig) -> None:
    """Builds the Chinese edition into a folder of the English one."""
    if _edition(config).language:
        return
    folder = Path(config.site_dir) / CHINESE
    build(load_config(str(ROOT / f"mkdocs.{CHINESE}.yml"), site_dir=str(folder), strict=config.strict))
