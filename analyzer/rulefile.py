"""A rule file as a tree of texts, each with its place in the file.

Rule files come from strangers, so only the plain part of YAML is read: mappings, lists and texts. There
are no tags, no anchors and no aliases. Every scalar stays text: `no`, `1.10` and `0x1F` mean what is written,
and the rule model turns the few numbers into numbers.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any, Final

import yaml

from analyzer.errors import RuleError
from analyzer.settings import MIB

MAX_BYTES: Final = MIB
MAX_DEPTH: Final = 20

# Control characters, the line separators that only some programs count as line ends, and the marks that
# change the direction of text: a reviewer must see what the program reads.
_FORBIDDEN: Final = re.compile("[\x00-\x08\x0b\x0c\x0e-\x1f\x7f-\x9f\u2028\u2029\u202a-\u202e\u2066-\u2069\ufeff]")

_Loader: Final = getattr(yaml, "CSafeLoader", yaml.SafeLoader)


@dataclass(frozen=True, slots=True)
class Mark:
    """A place in a file; line and column are 1-based."""

    line: int
    column: int


@dataclass(frozen=True, slots=True)
class Node:
    """A text, a list or a mapping.

    Attributes:
        value: the content; a mapping keeps the place of each key beside its value.
        mark: where it begins.
        inner: columns between `mark` and the first character of a one-line text, None when the characters of
            the text cannot be counted off the file (folded, escaped or several lines).
    """

    value: str | list[Node] | dict[str, tuple[Mark, Node]]
    mark: Mark
    inner: int | None = None

    def plain(self) -> object:
        """Return the content as str, list and dict."""
        if isinstance(self.value, str):
            return self.value
        if isinstance(self.value, list):
            return [node.plain() for node in self.value]
        return {key: node.plain() for key, (_, node) in self.value.items()}

    def find(self, path: tuple[str | int, ...], offset: int | None = None) -> Mark:
        """Return the place that a path leads to, as far as the path exists in the file.

        Args:
            path: keys and indexes; one that is not in the file is skipped.
            offset: index of a character in the text at the end of the path; None for its key.
        """
        node, mark = self, self.mark
        for part in path:
            if isinstance(node.value, dict) and isinstance(part, str) and part in node.value:
                mark, node = node.value[part]
            elif isinstance(node.value, list) and isinstance(part, int) and part < len(node.value):
                node = node.value[part]
                mark = node.mark
        if offset is None:
            return mark
        return Mark(node.mark.line, node.mark.column + (0 if node.inner is None else node.inner + offset))


def read_documents(data: bytes, path: str) -> list[Node]:
    """Read the YAML documents of a rule file; empty ones are left out.

    Args:
        data: the bytes of the file.
        path: its name for messages.

    Raises:
        RuleError: the file is too large, not UTF-8, not YAML, or uses what rule files may not use.
    """
    text = _decode(data, path)
    try:
        return [node for node in _documents(yaml.parse(text, Loader=_Loader), path) if node.value != ""]
    except yaml.YAMLError as error:
        raise _syntax_error(error, path) from error


def read_rules(data: bytes, path: str) -> list[Node]:
    """Read the mappings of a rule file that are rules.

    Args:
        data: the bytes of the file.
        path: its name for messages.

    Raises:
        RuleError: as for `read_documents`, or something in the file cannot be a rule.
    """
    return [node for document in read_documents(data, path) for node in _rules_of(document, path)]


def _rules_of(document: Node, path: str) -> list[Node]:
    """Return the mappings of a document that are rules."""
    value = document.value
    if isinstance(value, dict) and "rules" in value and "id" not in value:
        for key, (mark, _) in value.items():
            if key != "rules":
                raise RuleError(f"the key '{key}' cannot stand beside 'rules'", path, mark.line, mark.column)
        document = value["rules"][1]
        value = document.value
        if not isinstance(value, list):
            raise RuleError("'rules' must be a list of rules", path, document.mark.line, document.mark.column)
    nodes = value if isinstance(value, list) else [document]
    for node in nodes:
        if not isinstance(node.value, dict):
            raise RuleError(
                "a rule must be a mapping with id, title, severity and detection",
                path,
                node.mark.line,
                node.mark.column,
            )
    return nodes


def _decode(data: bytes, path: str) -> str:
    if len(data) > MAX_BYTES:
        raise RuleError(f"the file is larger than {MAX_BYTES // 1024} KiB: split it", path)
    try:
        text = data.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        line = data.count(b"\n", 0, error.start) + 1
        column = error.start - data.rfind(b"\n", 0, error.start)
        raise RuleError("the file is not UTF-8 text: save it as UTF-8", path, line, column) from error
    found = _FORBIDDEN.search(text)
    if found:
        line = text.count("\n", 0, found.start()) + 1
        column = found.start() - text.rfind("\n", 0, found.start())
        raise _forbidden_character(found[0], path, Mark(line, column))
    return text


def _forbidden_character(character: str, path: str, mark: Mark) -> RuleError:
    name = f"U+{ord(character):04X}"
    return RuleError(f"the control character {name} is not allowed: remove it", path, mark.line, mark.column)


def _syntax_error(error: yaml.YAMLError, path: str) -> RuleError:
    mark = getattr(error, "problem_mark", None)
    problem = getattr(error, "problem", None) or str(error).splitlines()[0]
    message = f"this is not valid YAML, {problem}: check indentation, quotes and brackets"
    return RuleError(message, path, mark.line + 1, mark.column + 1) if mark else RuleError(message, path)


class _Open:
    """A list or mapping that is still being read."""

    def __init__(self, node: Node) -> None:
        self.node = node
        self.key: tuple[str, Mark] | None = None


def _documents(events: Iterator[yaml.Event], path: str) -> Iterator[Node]:
    """Build a node for each document, without recursion: the depth is a stranger's."""
    stack: list[_Open] = []
    for event in events:
        mark = _mark(event.start_mark)
        if isinstance(event, yaml.AliasEvent):
            raise _refused(f"alias '*{event.anchor}'", path, mark)
        if isinstance(event, yaml.ScalarEvent):
            _refuse_extras(event, path, mark)
            node = _scalar(event, path, mark)
        elif isinstance(event, yaml.CollectionStartEvent):
            _refuse_extras(event, path, mark)
            if len(stack) == MAX_DEPTH:
                raise RuleError(f"nested more than {MAX_DEPTH} deep", path, mark.line, mark.column)
            stack.append(_Open(Node([] if isinstance(event, yaml.SequenceStartEvent) else {}, mark)))
            continue
        elif isinstance(event, yaml.CollectionEndEvent):
            node = stack.pop().node
        else:
            continue
        if stack:
            _add(stack[-1], node, path)
        else:
            yield node


def _mark(mark: Any) -> Mark:
    # Any: the parser in C has its own class of marks.
    return Mark(mark.line + 1, mark.column + 1)


def _refused(what: str, path: str, mark: Mark) -> RuleError:
    return RuleError(f"the {what} is not allowed in a rule file: write the value out", path, mark.line, mark.column)


def _refuse_extras(event: yaml.ScalarEvent | yaml.CollectionStartEvent, path: str, mark: Mark) -> None:
    if event.anchor:
        raise _refused(f"anchor '&{event.anchor}'", path, mark)
    if event.tag:
        raise _refused(f"tag '{event.tag}'", path, mark)


def _scalar(event: yaml.ScalarEvent, path: str, mark: Mark) -> Node:
    # Escapes such as "\x1b" bring in what the check of the file's own characters cannot see.
    found = _FORBIDDEN.search(event.value)
    if found:
        raise _forbidden_character(found[0], path, mark)
    end = _mark(event.end_mark)
    quotes = 1 if event.style else 0
    one_line = mark.line == end.line and end.column - mark.column == len(event.value) + 2 * quotes
    return Node(event.value, mark, quotes if one_line else None)


def _add(parent: _Open, node: Node, path: str) -> None:
    if isinstance(parent.node.value, list):
        parent.node.value.append(node)
    elif isinstance(parent.node.value, dict):
        if parent.key:
            key, mark = parent.key
            parent.node.value[key] = (mark, node)
            parent.key = None
            return
        if not isinstance(node.value, str):
            raise RuleError("a key must be text, not a list or mapping", path, node.mark.line, node.mark.column)
        if node.value in parent.node.value:
            first = parent.node.value[node.value][0].line
            raise RuleError(
                f"the key '{node.value}' is already on line {first}: keep one",
                path,
                node.mark.line,
                node.mark.column,
            )
        parent.key = (node.value, node.mark)
