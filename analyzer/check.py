"""Proof of rules: what they must find, what they must leave alone, and whether they can find anything at all.

Every example is analysed as a file of its own, by the same way that a bundle takes. Then every rule is held against the
examples of every other rule and against logs of healthy systems: a rule that fires there is wrong.
"""

from __future__ import annotations

import tempfile
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path, PurePosixPath

from analyzer.match import Matcher
from analyzer.pipeline import Options, analyze
from analyzer.rule import Example, Rule
from analyzer.rule_faults import missing_parts
from analyzer.rulebook import Rulebook
from analyzer.trigger import triggers

_FORMS = 40


@dataclass(frozen=True, slots=True)
class Fault:
    """What is wrong with a rule: a sentence, behind the rule's id."""

    rule_id: str
    message: str

    def __str__(self) -> str:
        """The fault as one line."""
        return f"{self.rule_id}: {self.message}"


def check(
    book: Rulebook, complete: bool, healthy: Sequence[Path] = (), tried: Callable[[], object] = lambda: None
) -> list[Fault]:
    """Prove the rules of a book.

    Args:
        book: the rules.
        complete: whether every part that a rule of the rules/ folder must have is asked for.
        healthy: logs and bundles of systems that are well.
        tried: called when the examples of one more rule have been tried.

    Raises:
        RuleError: a regular expression is not valid.
    """
    rules = list(book)
    faults: list[Fault] = []
    if complete:
        faults += _incomplete(rules)
    faults += _examples(rules, {key: Path(entry.path).parent for key, entry in book.entries.items()}, tried)
    faults += _healthy(rules, healthy)
    return faults


def _incomplete(rules: Iterable[Rule]) -> Iterator[Fault]:
    for rule in rules:
        missing = missing_parts(rule)
        if missing:
            yield Fault(rule.id, f"lacks {', '.join(missing)}")
        if not _anchored(rule):
            yield Fault(rule.id, "has no literal of 3 characters or more that a pre-filter could use: add a contains")


def _anchored(rule: Rule) -> bool:
    """Whether each stream of a rule has literals, so that it is not tried on every record."""
    return all(triggers(stream.expression, stream.detection) is not None for stream in Matcher([rule]).streams)


def found_in(matcher: Matcher, example: Example, folder: Path) -> set[str]:
    """The ids of the rules of a matcher that an example leads to; captures are relative to `folder`.

    Raises:
        InputError: the capture cannot be read.
    """
    if example.capture is not None:
        report = analyze([str(folder / example.capture)], matcher, Options(jobs=1))
        return {finding.rule.id for finding in report.findings}
    return _found_in_text(matcher, example.text, _name(example))


def _found_in_text(matcher: Matcher, text: str, name: str) -> set[str]:
    with tempfile.TemporaryDirectory(prefix="analyze-check-") as folder:
        path = Path(folder, *PurePosixPath(name).parts)
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text.rstrip("\n") + "\n", encoding="utf-8")
        report = analyze([folder], matcher, Options(jobs=1))
    return {finding.rule.id for finding in report.findings}


def _examples(rules: Sequence[Rule], folders: Mapping[str, Path], tried: Callable[[], object]) -> Iterator[Fault]:
    related = {rule.id: _related(rule, rules) for rule in rules}
    everything = Matcher(rules)
    for rule in rules:
        for example in rule.examples.match:
            if not is_there(example, folders[rule.id]):
                if not _installed(folders[rule.id]):
                    yield Fault(rule.id, f"its example is not there: {example}")
                continue
            found = found_in(everything, example, folders[rule.id])
            if rule.id not in found:
                yield Fault(rule.id, f"does not find its example {_short(example)}")
            for other in sorted(found - related[rule.id]):
                yield Fault(other, f"fires on an example of {rule.id}: {_short(example)}")
        for example in rule.examples.no_match:
            if is_there(example, folders[rule.id]) and rule.id in found_in(everything, example, folders[rule.id]):
                yield Fault(rule.id, f"fires on its own counter-example {_short(example)}")
        tried()


def is_there(example: Example, folder: Path) -> bool:
    """Whether an example can be tried: its text is in the rule, its capture is a file beside the rules."""
    return example.capture is None or (folder / example.capture).is_file()


def untried(book: Rulebook) -> int:
    """How many examples cannot be tried, because their captures are not there."""
    places = ((entry.rule.examples, Path(entry.path).parent) for entry in book.entries.values())
    return sum(
        not is_there(example, folder)
        for examples, folder in places
        for example in (*examples.match, *examples.no_match)
    )


def _installed(folder: Path) -> bool:
    """Whether rules are those of an installation, which holds no captures."""
    return folder.parent.name == "_rules"


def _related(rule: Rule, rules: Sequence[Rule]) -> set[str]:
    """The rules that may fire on an example of a rule: itself, what it explains, symptoms, and what correlates it."""
    ids = {rule.id, *rule.explains}
    if not rule.symptom:
        ids |= {other.id for other in rules if other.symptom}
    ids |= set(rule.correlation.others() if rule.correlation else ())
    ids |= {other.id for other in rules if rule.id in other.explains}
    ids |= {other.id for other in rules if other.correlation and rule.id in other.correlation.others()}
    return ids


def _healthy(rules: Sequence[Rule], paths: Sequence[Path]) -> Iterator[Fault]:
    matcher = Matcher(rules)
    for path in paths:
        for finding in analyze([str(path)], matcher, Options(jobs=1)).findings:
            line = finding.evidence[0]
            yield Fault(finding.rule.id, f"fires on a healthy log, {line.source}{line.place}: {line.text[:80]}")


def _name(example: Example) -> str:
    return (example.source or "example.log").lstrip("/")


def _short(example: Example) -> str:
    line = str(example)
    return repr(line if len(line) <= _FORMS * 2 else line[: _FORMS * 2] + "…")
