import json
from pathlib import Path

import pytest

from analyzer import rule_index
from analyzer.errors import RuleError
from analyzer.rulebook import load, load_indexed, rule_files, rules_dir

RULE = """\
title: A title
severity: high
detection: {one: {body|contains: "some text"}}
id: %s
"""


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    folder = tmp_path / "rules"
    folder.mkdir()
    for name in ("a.one", "a.two"):
        (folder / f"{name}.yaml").write_text(RULE % name)
    rule_index.write(folder, rule_files(folder), folder / rule_index.FILE)
    return folder


def test_the_index_of_the_rules_says_what_their_files_say(tmp_path: Path) -> None:
    index = tmp_path / rule_index.FILE
    rule_index.write(rules_dir(), rule_files(rules_dir()), index)
    for name, _, rules in json.loads(index.read_text()):
        target = tmp_path / name
        target.parent.mkdir(parents=True, exist_ok=True)
        target.write_bytes((rules_dir() / name).read_bytes())
        assert rules
    book = load_indexed(tmp_path)
    assert book.proven == book.rules.keys()
    assert list(book) == list(load([rules_dir()]))


def test_an_index_is_read_instead_of_the_files(folder: Path) -> None:
    index = folder / rule_index.FILE
    index.write_text(index.read_text().replace("A title", "Of the index"))
    assert {rule.title for rule in load_indexed(folder)} == {"Of the index"}


@pytest.mark.parametrize("change", ["longer", "more", "fewer", "no index", "broken index", "other index"])
def test_an_index_of_other_files_is_not_used(folder: Path, change: str) -> None:
    match change:
        case "longer":
            (folder / "a.one.yaml").write_text(RULE % "a.one" + "verify: look\n")
        case "more":
            (folder / "a.three.yaml").write_text(RULE % "a.three")
        case "fewer":
            (folder / "a.two.yaml").unlink()
        case "no index":
            (folder / rule_index.FILE).unlink()
        case "broken index":
            (folder / rule_index.FILE).write_text("[[")
        case _:
            (folder / rule_index.FILE).write_text('{"version": 2}')
    book = load_indexed(folder)
    assert list(book) == list(load([folder]))
    assert not book.proven


def test_a_rule_of_the_index_has_its_place_in_its_file(folder: Path, tmp_path: Path) -> None:
    mine = tmp_path / "mine.yaml"
    mine.write_text(RULE % "a.two")
    with pytest.raises(RuleError, match=r"'a.two' is already used in .*a\.two\.yaml:4"):
        load_indexed(folder, [mine])
