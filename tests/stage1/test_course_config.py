"""The course's configuration: merged files, values from the environment."""

from __future__ import annotations

from pathlib import Path

import pytest

from utils.config import CONFIG_DIR, Config, ConfigError, load_config


def write(folder: Path, **files: str) -> Path:
    for name, text in files.items():
        (folder / f"{name}.yml").write_text(text, encoding="utf-8")
    return folder


def test_a_later_file_wins_key_by_key(tmp_path: Path) -> None:
    folder = write(tmp_path, config="kafka: {topic: a, group_id: g}", local="kafka: {topic: b}")
    config = load_config(folder, environ={})
    assert (config.text("kafka.topic"), config.text("kafka.group_id")) == ("b", "g")


def test_environment_wins_over_the_default() -> None:
    config = Config({"servers": "${SERVERS:one:9092,two:9092}"}, environ={})
    assert config.text("servers") == "one:9092,two:9092"
    assert Config({"servers": "${SERVERS:x}"}, environ={"SERVERS": "three:1"}).text("servers") == "three:1"


def test_values_of_the_environment_are_not_read_as_yaml_or_as_variables() -> None:
    config = Config({"password": "${PASSWORD:}"}, environ={"PASSWORD": "yes: ${HOME}#!"})
    assert config.text("password") == "yes: ${HOME}#!"


def test_a_variable_without_default_is_needed_only_when_asked_for() -> None:
    config = Config({"a": "${NOT_SET}", "b": 1}, environ={})
    assert config.integer("b") == 1
    with pytest.raises(ConfigError, match=r"'a' .* set NOT_SET"):
        config.text("a")


def test_whole_numbers() -> None:
    assert Config({"n": "${N:500}"}, environ={}).integer("n") == 500
    with pytest.raises(ConfigError, match=r"'n' in .* is 'many', which is not a whole number"):
        Config({"n": "${N:500}"}, environ={"N": "many"}).integer("n")


def test_words_are_cut_at_semicolons() -> None:
    assert Config({"jars": "file:///a.jar; file:///b.jar;"}, environ={}).words("jars") == (
        "file:///a.jar",
        "file:///b.jar",
    )
    assert Config({"jars": "${JARS:}"}, environ={}).words("jars") == ()


def test_a_missing_key_is_named() -> None:
    with pytest.raises(ConfigError, match=r"has no 'kafka.topic'"):
        Config({"kafka": {}}, environ={}).text("kafka.topic")
    with pytest.raises(ConfigError, match=r"'kafka' .* is a section"):
        Config({"kafka": {}}, environ={}).text("kafka")


def test_files_that_cannot_be_read_are_named(tmp_path: Path) -> None:
    with pytest.raises(ConfigError, match=r"no \*.yml"):
        load_config(tmp_path)
    with pytest.raises(ConfigError, match=r"bad.yml cannot be read"):
        load_config(write(tmp_path, bad="a: [1"))
    with pytest.raises(ConfigError, match=r"bad.yml has to be sections"):
        load_config(write(tmp_path, bad="- a"))


def test_the_course_needs_nothing_from_the_environment() -> None:
    config = load_config(CONFIG_DIR, environ={})
    assert config.text("kafka.topic") == "order-raw"
    assert config.text("database.url").startswith("jdbc:sqlite:")
    assert config.text("database.password") == ""
    assert config.integer("database.batch_size") > 0
