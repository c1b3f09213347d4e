"""``flott doctor``: finds what is wrong with an installation, a broker or a database, and says how to mend it."""

from __future__ import annotations

import argparse
import os
import sys
import textwrap
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from flott.cli._doctor import Finding

#: Where settings are looked for unless a file is named.
_FILES = (Path("config/config.yml"), Path("config.yml"), Path("config.ini"))
_PASSWORD = "DATABASE_PASSWORD"


def add_parser(commands: argparse._SubParsersAction[argparse.ArgumentParser]) -> None:
    """Adds the subcommand to ``flott``."""
    parser = commands.add_parser(
        "doctor",
        help="find what is wrong with the installation, a broker or a database",
        description="Looks at the installation, and at the brokers and databases that the settings name: "
        "config/config.yml, config.yml or config.ini here, unless options say more. It changes nothing, and shows no "
        f"password. The exit code is 1 if something is wrong. A password comes from {_PASSWORD} or the settings.",
        epilog="examples:\n"
        "  flott doctor\n"
        "  flott doctor --bootstrap-servers localhost:9092 --topic order-raw\n"
        "  flott doctor --database-url jdbc:mysql://localhost:3306/orders \\\n"
        "      --database-user orders --table order_header\n",
    )
    parser.add_argument("--config", type=Path, metavar="FILE", help="a file of settings")
    parser.add_argument("--bootstrap-servers", metavar="HOST:PORT", help="Kafka brokers, with commas between them")
    parser.add_argument("--topic", action="append", default=[], help="a topic that should be there; may be repeated")
    parser.add_argument("--database-url", metavar="URL", help="a database, such as jdbc:postgresql://localhost/shop")
    parser.add_argument("--database-user", metavar="USER", default="", help="who logs in there")
    parser.add_argument("--table", action="append", default=[], help="a table that should be there; may be repeated")
    parser.set_defaults(run=run, parser=parser)


def run(options: argparse.Namespace) -> int:
    """Prints what was found, part by part."""
    from flott.cli._doctor import Mark
    from flott.cli._doctor.installation import check_installation

    if options.topic and not options.bootstrap_servers:
        options.parser.error("--topic goes with --bootstrap-servers")
    if options.table and not options.database_url:
        options.parser.error("--table goes with --database-url")
    parts: list[tuple[str, Iterable[Finding]]] = [("Installation", check_installation())]
    parts += _named(options) if options.bootstrap_servers or options.database_url else []
    if options.config is not None or len(parts) == 1:
        parts += _configured(options.config)
    wrong = 0
    for title, findings in parts:
        print(title)
        for finding in findings:
            wrong += finding.mark is Mark.BAD
            _show(finding)
        print(flush=True)
    print("Nothing is wrong." if not wrong else f"{wrong} thing{'s are' if wrong > 1 else ' is'} wrong.")
    return 1 if wrong else 0


def _named(options: argparse.Namespace) -> Iterator[tuple[str, Iterable[Finding]]]:
    """What the options name."""
    from flott.cli._doctor.broker import check_broker
    from flott.cli._doctor.database import check_database, without_secrets

    if options.bootstrap_servers:
        yield f"Broker {options.bootstrap_servers}", check_broker(options.bootstrap_servers, options.topic)
    if options.database_url:
        password = os.environ.get(_PASSWORD, "")
        findings = check_database(options.database_url, options.database_user, password, options.table)
        yield f"Database {without_secrets(options.database_url)}", findings


def _configured(given: Path | None) -> Iterator[tuple[str, Iterable[Finding]]]:
    """What a file of settings names: sections with ``bootstrap_servers``, and sections with a JDBC ``url``."""
    from flott.cli._doctor import bad, note
    from flott.cli._doctor.broker import check_broker
    from flott.cli._doctor.database import check_database, without_secrets
    from flott.cli._doctor.settings import SettingsError, read_settings

    file = given or next((each for each in _FILES if each.is_file()), None)
    if file is None:
        where = ", ".join(map(str, _FILES))
        yield "Settings", [note(f"none of {where} is here", "name brokers and databases: flott doctor --help")]
        return
    try:
        sections = read_settings(file, os.environ)
    except SettingsError as error:
        yield "Settings", [bad(str(error), "correct it; the form is sections of 'key: value' lines")]
        return
    for name, section in sections.items():
        if servers := section.get("bootstrap_servers"):
            topics = [topic for key, topic in section.items() if key == "topic" and topic]
            yield f"Broker {servers} ({file}: {name})", check_broker(servers, topics)
        url = section.get("url", "")
        if url.startswith("jdbc:"):
            password = section.get("password") or os.environ.get(_PASSWORD, "")
            findings = check_database(url, section.get("user", ""), password)
            yield f"Database {without_secrets(url)} ({file}: {name})", findings


def _show(finding: Finding) -> None:
    width = max(int(os.environ.get("COLUMNS", "0") or 0), 100)
    print(textwrap.fill(f"  {finding.mark.value}  {finding.text}", width, subsequent_indent=" " * 6))
    if finding.advice is not None:
        print(textwrap.fill(f"      what to do: {finding.advice}", width, subsequent_indent=" " * 8))
    sys.stdout.flush()
