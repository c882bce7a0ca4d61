"""Rules read from files: every one checked, each with its place, ready to be looked up.

A file holds one rule, or several: as a `---` stream, as a list, or as a list under the key `rules`.
"""

from __future__ import annotations

import os
from collections.abc import Iterable, Iterator, Mapping, Sequence, Set
from contextlib import contextmanager
from dataclasses import dataclass
from difflib import get_close_matches
from functools import cached_property
from pathlib import Path
from textwrap import shorten
from types import MappingProxyType
from typing import Final, get_args

from pydantic import BaseModel, ValidationError
from pydantic_core import ErrorDetails

from analyzer import rule_index
from analyzer.errors import PatternError, RuleError
from analyzer.rule import Rule, alternatives
from analyzer.rulefile import MAX_BYTES, Node, read_rules

_SHOWN_ERRORS: Final = 20
_SHOWN_CHARACTERS: Final = 80
_WHOLE_ID_SCORE: Final = 20
_WORD_SCORES: Final = {"id": 8, "title": 5, "tags": 5, "component": 5, "literals": 3, "cause": 2, "plain": 1}


@dataclass(frozen=True)
class Entry:
    """A rule and where it is written.

    Attributes:
        path: the file, as the user named it.
        known_node: the mapping of the rule in that file; None when the rule comes from an index.
    """

    rule: Rule
    path: str
    known_node: Node | None = None

    @cached_property
    def node(self) -> Node:
        """The mapping of the rule in its file."""
        if self.known_node is not None:
            return self.known_node
        nodes = read_rules(Path(self.path).read_bytes(), self.path)
        return next(node for node in nodes if Rule.model_validate(node.plain()).id == self.rule.id)

    def error(self, message: str, at: tuple[str | int, ...] = (), offset: int | None = None) -> RuleError:
        """Build an error that points into the rule; `at` and `offset` as for `Node.find`."""
        mark = self.node.find(at, offset)
        return RuleError(message, self.path, mark.line, mark.column)


class Rulebook:
    """All rules of a run.

    Attributes:
        rules: by id, in the order of the ids.
        entries: the same with their places.
        proven: ids of the rules that were checked when the program was built.
    """

    def __init__(self, entries: Iterable[Entry], beside: Set[str] = frozenset()) -> None:
        """Build the book.

        Args:
            entries: the rules with their places.
            beside: ids of rules that a run has as well: the rules of this book may explain them.

        Raises:
            RuleError: two rules have the same id, or a rule correlates a rule that is not there.
        """
        by_id: dict[str, Entry] = {}
        errors = []
        for entry in entries:
            first = by_id.setdefault(entry.rule.id, entry)
            if first is not entry:
                line = first.node.find(("id",)).line
                errors.append(entry.error(f"the id '{entry.rule.id}' is already used in {first.path}:{line}", ("id",)))
        errors += [error for entry in by_id.values() for error in _unknown_rules(entry, by_id, beside)]
        _raise_all(errors)
        ordered = dict(sorted(by_id.items()))
        self.entries: Mapping[str, Entry] = MappingProxyType(ordered)
        self.rules: Mapping[str, Rule] = MappingProxyType({key: entry.rule for key, entry in ordered.items()})
        self.proven = frozenset(key for key, entry in ordered.items() if entry.known_node is None)

    def __iter__(self) -> Iterator[Rule]:
        """Iterate over the rules in the order of their ids."""
        return iter(self.rules.values())

    def __len__(self) -> int:
        """Return the number of rules."""
        return len(self.rules)

    @contextmanager
    def placing(self) -> Iterator[None]:
        """Let errors in the regular expressions of its rules say file, line and column.

        Raises:
            RuleError: instead of the PatternError that is raised inside.
        """
        try:
            yield
        except PatternError as error:
            raise self.entries[error.rule_id].error(error.reason, error.at) from error

    def search(self, text: str) -> list[Rule]:
        """Find rules by words; best first, equally good ones in the order of their ids.

        A rule is found when each word is part of its id, title, tags, component, cause, of a text that it
        looks for or of what it tells the customer. Case does not matter.
        """
        words = text.casefold().split()
        scored = [(_score(rule, words), rule) for rule in self]
        found = [(score, rule) for score, rule in scored if score]
        return [rule for _, rule in sorted(found, key=lambda pair: (-pair[0], pair[1].id))]


def rules_dir() -> Path:
    """Return the folder of the rules that come with the program."""
    package = Path(__file__).resolve().parent
    packed = package / "_rules"
    return packed if packed.is_dir() else package.parent / "rules"


def load_indexed(folder: Path, extra: Sequence[Path] = ()) -> Rulebook:
    """Load the rules of a folder, from its index where there is one, and those of more paths.

    Raises:
        RuleError: as for `load`.
    """
    indexed = rule_index.read(folder, rule_files(folder))
    if indexed is None:
        return load([folder, *extra])
    entries = [Entry(Rule.model_validate(rule), str(file)) for file, rule in indexed]
    return Rulebook([*entries, *_entries(extra)])


def load(paths: Sequence[Path], beside: Set[str] = frozenset()) -> Rulebook:
    """Load rule files, and every *.yaml and *.yml file of folders.

    Args:
        paths: files and folders.
        beside: as for `Rulebook`.

    Raises:
        RuleError: a path cannot be read or a rule cannot be used. Its place is that of the first fault; the
            further ones follow in the message, a line each.
    """
    return Rulebook(_entries(paths), beside)


def _entries(paths: Sequence[Path]) -> list[Entry]:
    entries: list[Entry] = []
    errors: list[RuleError] = []
    for path in paths:
        for file in rule_files(path):
            found, faults = _load_file(file)
            entries += found
            errors += faults
    _raise_all(errors)
    return entries


def rule_files(path: Path) -> list[Path]:
    """The rule files that a path stands for: itself, or those of a folder.

    Raises:
        RuleError: there is none.
    """
    if path.is_file():
        return [path]
    if not path.is_dir():
        reason = "this is not a regular file or folder" if path.exists() else "there is no such file or folder"
        raise RuleError(f"{reason}: name a rule file or a folder of rule files", str(path))
    try:
        files = [Path(file) for file in sorted(_below(path))]
    except OSError as error:
        raise RuleError(f"the folder cannot be read: {error.strerror}", str(path)) from error
    if not files:
        raise RuleError("there is no *.yaml or *.yml file in this folder", str(path))
    return files


def _below(folder: Path | str) -> Iterator[str]:
    """The rule files below a folder, in no order; a tenth of the time of `Path.rglob`."""
    with os.scandir(folder) as found:
        for one in found:
            if one.is_dir(follow_symlinks=False):
                yield from _below(one.path)
            elif one.name.endswith((".yaml", ".yml")) and one.is_file():
                yield one.path


def _load_file(file: Path) -> tuple[list[Entry], list[RuleError]]:
    path = str(file)
    try:
        with file.open("rb") as stream:
            data = stream.read(MAX_BYTES + 1)
    except OSError as error:
        return [], [RuleError(f"the file cannot be read: {error.strerror}", path)]
    return parse_rules(data, path)


def parse_rules(data: bytes, path: str) -> tuple[list[Entry], list[RuleError]]:
    """Parse the bytes of a rule file.

    Args:
        data: the content of the file.
        path: its name for messages.

    Returns:
        The rules that can be used, and an error for each fault in the others.
    """
    entries: list[Entry] = []
    errors: list[RuleError] = []
    try:
        nodes = read_rules(data, path)
    except RuleError as error:
        return [], [error]
    if not nodes:
        return [], [RuleError("there is no rule in this file", path)]
    for node in nodes:
        try:
            entries.append(Entry(Rule.model_validate(node.plain()), path, node))
        except ValidationError as error:
            errors += [_rule_error(detail, node, path) for detail in error.errors(include_url=False)]
    return entries, sorted(errors, key=lambda error: (error.line, error.column))


def _rule_error(detail: ErrorDetails, node: Node, path: str) -> RuleError:
    """Translate an error of the model into a sentence with its place in the file."""
    context = detail.get("ctx", {})
    loc: tuple[str | int, ...] = detail["loc"]
    if detail["type"] == "rule":
        mark = node.find((*loc, *context["at"]), context["offset"])
        return RuleError(str(context["message"]), path, mark.line, mark.column)
    if detail["type"] == "missing":
        mark = node.find(loc[:-1])
    else:
        mark = node.find(loc, None if detail["type"] == "extra_forbidden" else 0)
    return RuleError(_sentence(detail, loc), path, mark.line, mark.column)


def _sentence(detail: ErrorDetails, loc: tuple[str | int, ...]) -> str:
    name = next((str(part) for part in reversed(loc) if isinstance(part, str)), "rule")
    written = shorten(str(detail["input"]), _SHOWN_CHARACTERS)
    match detail["type"]:
        case "missing":
            return f"the key '{name}' is missing"
        case "extra_forbidden":
            keys = _keys_at(loc[:-1])
            return f"unknown key '{name}': {_did_you_mean(name, keys)}"
        case "literal_error":
            words = [word.strip("'") for word in str(detail["ctx"]["expected"]).replace(" or ", ", ").split(", ")]
            return f"'{written}' is not a {name}: {_did_you_mean(written, words)}"
        case "string_pattern_mismatch":
            return f"'{written}' cannot be the {name}: {_FORMS.get(name, 'write it on one line')}"
        case kind:
            return f"'{name}' " + _FAULTS.get(kind, f"cannot be used, {detail['msg']}")


_FORMS: Final = {"id": "write component.problem in lower case, such as disk.full"}
_FAULTS: Final = {
    "string_type": "must be text, not a list or mapping",
    "string_too_short": "is empty: write a value or remove the key",
    "too_short": "is empty: write at least one value",
    "tuple_type": "must be a list",
    "model_type": "must be a mapping",
    "bool_parsing": "must be true or false",
    "bool_type": "must be true or false",
    "int_parsing": "must be a whole number",
    "int_type": "must be a whole number",
    "greater_than_equal": "must not be negative",
}


def _did_you_mean(word: str, words: Sequence[str]) -> str:
    near = get_close_matches(word, words, n=1)
    return f"did you mean '{near[0]}'?" if near else f"use one of {', '.join(words)}"


def _keys_at(loc: tuple[str | int, ...]) -> list[str]:
    """Return the keys that the model allows in the mapping at a path."""
    model: type[BaseModel] = Rule
    for part in loc:
        for name, info in model.model_fields.items():
            if part == (info.alias or name):
                model = next(_models(info.annotation), model)
    return [info.alias or name for name, info in model.model_fields.items()]


def _models(annotation: object) -> Iterator[type[BaseModel]]:
    """Yield the models that a type such as `tuple[Step, ...]` or `Plain | None` is made of."""
    if isinstance(annotation, type) and issubclass(annotation, BaseModel):
        yield annotation
    for argument in get_args(annotation):
        yield from _models(argument)


def _unknown_rules(entry: Entry, entries: Mapping[str, Entry], beside: Set[str]) -> Iterator[RuleError]:
    rules = entry.rule.correlation.rules if entry.rule.correlation else ()
    named: list[tuple[str, tuple[str | int, ...]]] = []
    for index, several in enumerate(rules):
        named += [(name, ("correlation", "rules", index)) for name in alternatives(several) if "." in several]
    named += [(name, ("explains", index)) for index, name in enumerate(entry.rule.explains)]
    for name, at in named:
        if name in beside and at[0] == "explains":
            continue
        if name not in entries:
            near = get_close_matches(name, {*entries, *beside}, n=1)
            hint = f"did you mean '{near[0]}'?" if near else "load the file that holds it as well"
            yield entry.error(f"there is no rule '{name}': {hint}", at, 0)
        elif at[0] == "correlation" and _names_rules(entries[name].rule):
            yield entry.error(f"the rule '{name}' correlates other rules and cannot be correlated itself", at, 0)


def _names_rules(rule: Rule) -> bool:
    return rule.correlation is not None and any("." in name for name in rule.correlation.rules)


def _raise_all(errors: Sequence[RuleError]) -> None:
    """Raise the first error; the text of the others follows its own, a line each."""
    if not errors:
        return
    first = errors[0]
    if len(errors) == 1:
        raise first
    lines = [str(error) for error in errors[1:_SHOWN_ERRORS]]
    if len(errors) > _SHOWN_ERRORS:
        lines.append(f"... and {len(errors) - _SHOWN_ERRORS} more")
    own = str(first).removeprefix(f"{first.path}:{first.line}:{first.column}: ")
    raise RuleError("\n".join([own, *lines]), first.path, first.line, first.column)


def _in_plain_words(rule: Rule) -> str:
    """How a rule calls what customers see, in all languages."""
    seen = [rule.plain.en, rule.plain.zh] if rule.plain else []
    return " ".join(text for text in (*seen, *(one.title for one in rule.translations.values())) if text)


def _score(rule: Rule, words: Sequence[str]) -> int:
    """Return how well a rule fits all words, 0 when a word is not in it."""
    texts = {
        "id": rule.id,
        "title": rule.title,
        "tags": " ".join(rule.tags),
        "component": rule.component or "",
        "literals": " ".join(rule.literals()),
        "cause": rule.cause or "",
        "plain": _in_plain_words(rule),
    }
    folded = {name: text.casefold() for name, text in texts.items()}
    total = 0
    for word in words:
        score = sum(weight for name, weight in _WORD_SCORES.items() if word in folded[name])
        if not score:
            return 0
        total += score
    # "disk full" means disk.full before it means postgres.disk_full.
    return total + _WHOLE_ID_SCORE * (set(rule.id.replace("_", ".").split(".")) <= set(words))
