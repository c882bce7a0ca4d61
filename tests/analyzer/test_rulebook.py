import subprocess
import sys
from functools import cache
from pathlib import Path

import pytest
import yaml
from hypothesis import given, settings
from hypothesis import strategies as st

from analyzer.errors import RuleError
from analyzer.rulebook import Rulebook, load, parse_rules, rules_dir

RULE = """\
id: {id}
title: A title
severity: high
detection:
  one: {{body|contains: some text}}
"""


def rule(id_: str = "a.b") -> str:
    return RULE.format(id=id_)


COUNT = rule().replace("{", "{{").replace("}", "}}") + (
    "correlation: {{type: event_count, timespan: {}, condition: {{{}}}}}\n"
)


def faults(text: str | bytes) -> list[str]:
    data = text.encode() if isinstance(text, str) else text
    return [str(error) for error in parse_rules(data, "r.yaml")[1]]


def write(folder: Path, **files: str) -> None:
    for name, text in files.items():
        (folder / f"{name}.yaml").write_text(text)


@pytest.mark.parametrize(
    "text",
    [
        rule("a.b") + "---\n" + rule("a.c"),
        "rules:\n- " + "  ".join(rule("a.b").splitlines(True)) + "- " + "  ".join(rule("a.c").splitlines(True)),
        "- " + "  ".join(rule("a.c").splitlines(True)) + "- " + "  ".join(rule("a.b").splitlines(True)),
        "---\n" + rule("a.b") + "---\n# nothing here\n---\n" + rule("a.c"),
        "\ufeff" + rule("a.b") + "---\n" + rule("a.c"),
        (rule("a.b") + "---\n" + rule("a.c")).replace("\n", "\r\n"),
    ],
    ids=["stream", "rules", "list", "empty document", "byte order mark", "CRLF"],
)
def test_a_file_holds_one_rule_or_several(tmp_path: Path, text: str) -> None:
    (tmp_path / "x.yml").write_bytes(text.encode())
    assert list(load([tmp_path / "x.yml"]).rules) == ["a.b", "a.c"]


def test_a_folder_is_read_with_its_folders(tmp_path: Path) -> None:
    (tmp_path / "deep" / "er").mkdir(parents=True)
    write(tmp_path, one=rule("a.one"))
    write(tmp_path / "deep" / "er", two=rule("a.two"))
    (tmp_path / "README.md").write_text("not a rule")
    assert list(load([tmp_path]).rules) == ["a.one", "a.two"]


def test_words_that_yaml_would_change_stay_as_they_are(tmp_path: Path) -> None:
    write(tmp_path, x=rule().replace("A title", "no") + "tags: [on, 010, 1.10, ~]\ncause: 12:30:45\n")
    found = load([tmp_path]).rules["a.b"]
    assert (found.title, found.tags, found.cause) == ("no", ("on", "010", "1.10", "~"), "12:30:45")


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        (rule() + "severty: low\n", "r.yaml:6:1: unknown key 'severty': did you mean 'severity'?"),
        (rule().replace("high", "hihg"), "r.yaml:3:11: 'hihg' is not a severity: did you mean 'high'?"),
        (rule().replace("high", "urgent"), "use one of critical, high, medium, low, info"),
        (rule().replace("title: A title\n", ""), "r.yaml:1:1: the key 'title' is missing"),
        (rule().replace("A title", ""), "r.yaml:2:7: 'title' is empty"),
        (rule().replace("A title", "[a]"), "r.yaml:2:8: 'title' must be text"),
        (rule().replace("a.b", "Disk"), "r.yaml:1:5: 'Disk' cannot be the id: write component.problem"),
        (rule().replace("contains", "contians"), "r.yaml:5:9: unknown modifier 'contians': did you mean"),
        (rule() + "  condition: one and tow\n", "r.yaml:6:22: no selection is called 'tow'"),
        (rule() + '  condition: "one and tow"\n', "r.yaml:6:23: no selection is called 'tow'"),
        (rule() + "tags: disk\n", "r.yaml:6:7: 'tags' must be a list"),
        (rule() + "plain: [x]\n", "r.yaml:6:8: 'plain' must be a mapping"),
        (rule() + "fixes: [{kind: temporary, steps: []}]\n", "'steps' is empty"),
        (rule() + "fixes:\n- {kind: temporary, steps: [x], rsk: y}\n", "r.yaml:7:33: unknown key 'rsk': did"),
        (COUNT.format("5x", "gte: 1"), "r.yaml:6:44: '5x' is not a timespan"),
        (COUNT.format("5m", "gte: x"), "'gte' must be a whole number"),
        (COUNT.format("5m", "gte: -1"), "'gte' must not be negative"),
        (rule() + "id: c.d\n", "r.yaml:6:1: the key 'id' is already on line 1"),
        (rule() + "tags: &a [x]\n", "r.yaml:6:7: the anchor '&a' is not allowed"),
        (rule() + "tags: *a\n", "r.yaml:6:7: the alias '*a' is not allowed"),
        (rule() + "cause: !!python/object/apply:os.system [id]\n", "apply:os.system' is not allowed"),
        (rule() + "cause: !include /etc/passwd\n", "r.yaml:6:8: the tag '!include' is not allowed"),
        (rule() + 'cause: "\\e[31m"\n', "r.yaml:6:8: the control character U+001B is not allowed"),
        (rule() + "cause: a\x00b\n", "r.yaml:6:9: the control character U+0000 is not allowed"),
        (rule() + "cause: a\u202eb\n", "r.yaml:6:9: the control character U+202E is not allowed"),
        (rule() + "? [a]\n: b\n", "r.yaml:6:3: a key must be text"),
        (rule() + "cause: " + "[" * 21 + "]" * 21 + "\n", "r.yaml:6:27: nested more than 20 deep"),
        (rule() + "cause: [" * 20_000, "nested more than 20 deep"),
        (rule() + "cause: {a: b\n", "this is not valid YAML"),
        (rule() + "cause: a: b\n", "r.yaml:6:9: this is not valid YAML"),
        ("rules: 5\n", "r.yaml:1:8: 'rules' must be a list"),
        ("rules: []\n", "r.yaml: there is no rule in this file"),
        ("rules: []\nnotes: x\n", "r.yaml:2:1: the key 'notes' cannot stand beside 'rules'"),
        ("- 5\n- null\n", "r.yaml:1:3: a rule must be a mapping"),
        ("just text", "r.yaml:1:1: a rule must be a mapping"),
        ("", "r.yaml: there is no rule in this file"),
        ("# only a comment\n", "r.yaml: there is no rule in this file"),
        (b"id: a.b\ntitle: caf\xe9\n", "r.yaml:2:11: the file is not UTF-8 text"),
        (b"#" * (1024 * 1024 + 1), "r.yaml: the file is larger than 1024 KiB"),
    ],
)  # fmt: skip
def test_says_what_is_wrong_and_where(text: str | bytes, expected: str) -> None:
    assert expected in "\n".join(faults(text))


def test_tells_all_faults_of_all_files(tmp_path: Path) -> None:
    write(tmp_path, one=rule().replace("high", "hihg") + "tgas: [x]\n", two="title: x\n")
    with pytest.raises(RuleError) as caught:
        load([tmp_path])
    lines = str(caught.value).splitlines()
    assert [line.removeprefix(str(tmp_path)).split(": ")[0] for line in lines] == [
        "/one.yaml:3:11",
        "/one.yaml:6:1",
        "/two.yaml:1:1",
        "/two.yaml:1:1",
        "/two.yaml:1:1",
    ]
    assert (caught.value.line, caught.value.column) == (3, 11)


def test_the_same_id_twice_names_both_places(tmp_path: Path) -> None:
    write(tmp_path, one=rule(), two="\n" + rule())
    with pytest.raises(RuleError, match=r"two\.yaml:2:1: the id 'a\.b' is already used in .*one\.yaml:1"):
        load([tmp_path])


@pytest.mark.parametrize(
    ("other", "message"),
    [
        ("a.nosuch", "there is no rule 'a.nosuch': load the file"),
        ("a.boht", "there is no rule 'a.boht': did you mean 'a.both'?"),
        ("a.both", "correlates other rules and cannot be correlated itself"),
    ],
)
def test_correlated_rules_must_be_there(tmp_path: Path, other: str, message: str) -> None:
    head = "id: a.both\ntitle: T\nseverity: low\n"
    text = f"{head}correlation: {{type: temporal, timespan: 1m, rules: [a.b, {other}]}}\n"
    write(tmp_path, one=rule(), two=text)
    with pytest.raises(RuleError, match=r"two\.yaml:4:58: ") as caught:
        load([tmp_path])
    assert message in str(caught.value)


@pytest.mark.parametrize(
    ("name", "message"), [("nosuch", "there is no such file"), ("empty", "there is no *.yaml or *.yml file")]
)
def test_a_path_that_holds_no_rules(tmp_path: Path, name: str, message: str) -> None:
    (tmp_path / "empty").mkdir()
    with pytest.raises(RuleError) as caught:
        load([tmp_path / name])
    assert message in str(caught.value)


def test_a_device_is_not_a_rule_file() -> None:
    with pytest.raises(RuleError, match="not a regular file or folder"):
        load([Path("/dev/zero")])


@given(st.binary(max_size=300))
def test_any_bytes_give_rules_or_errors(data: bytes) -> None:
    rules, errors = parse_rules(data, "r.yaml")
    assert rules or errors


@given(st.data())
@settings(max_examples=300)
def test_any_damage_to_a_rule_gives_rules_or_errors(data: st.DataObject) -> None:
    text = rule() + "correlation: {type: event_count, group-by: [source], timespan: 5m, condition: {gte: 3}}\n"
    at = data.draw(st.integers(0, len(text)))
    length = data.draw(st.integers(0, 12))
    junk = data.draw(
        st.one_of(st.text(max_size=8), st.sampled_from(["[", "{", ": ", "- ", "&a ", "*a", "!x ", "|\n", '"', "\t"]))
    )
    rules, errors = parse_rules((text[:at] + junk + text[at + length :]).encode("utf-8", "surrogatepass"), "r.yaml")
    assert rules or errors


json_values = st.recursive(
    st.one_of(st.none(), st.booleans(), st.integers(), st.floats(), st.text(max_size=6)),
    lambda inner: st.one_of(st.lists(inner, max_size=3), st.dictionaries(st.text(max_size=6), inner, max_size=3)),
    max_leaves=8,
)
keys = st.sampled_from(
    ["id", "title", "severity", "detection", "correlation", "plain", "fixes", "diagnose", "examples", "tags"]
)


@given(st.dictionaries(keys, json_values, max_size=6))
@settings(max_examples=300)
def test_any_content_of_a_rule_gives_rules_or_errors(content: dict[str, object]) -> None:
    valid = {"id": "a.b", "title": "T", "severity": "low", "detection": {"one": {"body|contains": "text"}}}
    text = yaml.safe_dump(valid | content, allow_unicode=True)
    rules, errors = parse_rules(text.encode("utf-8", "surrogatepass"), "r.yaml")
    assert rules or errors
    assert all(error.line for error in errors)


@cache
def book() -> Rulebook:
    return load([rules_dir()])


@pytest.mark.parametrize(
    ("text", "first"),
    [
        ("disk full", "disk.full"),
        ("EMFILE", "limits.open_files_process"),
        ("certificate has expired", "tls.certificate_expired"),
        ("oom_killer", "kernel.oom_killer"),
        ("conntrack", "network.conntrack_full"),
        ("内存条 老化", "hardware.corrected_memory_error"),
    ],
)
def test_search_puts_the_best_rule_first(text: str, first: str) -> None:
    assert book().search(text)[0].id == first


def test_search_finds_nothing_for_a_word_that_is_nowhere() -> None:
    assert book().search("disk xyzzy") == []


def test_an_entry_points_into_its_file() -> None:
    entry = book().entries["disk.full"]
    error = entry.error("look here", ("detection", "condition"), 7)
    line = (rules_dir() / "disk" / "full.yaml").read_text().splitlines()[error.line - 1]
    assert line[error.column - 1 :].startswith("or df or table or localized)")


def test_loading_rules_imports_nothing_heavy() -> None:
    code = (
        "import sys; from analyzer.rulebook import load, rules_dir; load([rules_dir()]);"
        "print(sorted({'polars', 'pyarrow', 'scapy', 'drain3', 'numpy', 'rich', 'typer'} & set(sys.modules)))"
    )
    result = subprocess.run(
        [sys.executable, "-c", code], capture_output=True, text=True, cwd=rules_dir().parent, check=True
    )
    assert result.stdout.strip() == "[]"
