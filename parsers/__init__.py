"""Bytes to Arrow tables: identifies what a file of the bundle is and reads it.

A parser is any object with the methods of `TextParser` that a module of `parsers.formats`, or a package behind
the entry point group "analyzer.parsers", holds at its top level. Nothing is registered.
"""

from __future__ import annotations

import importlib
import pkgutil
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cache
from types import ModuleType

from .contract import Parser, Source


@cache
def parsers() -> tuple[Parser, ...]:
    """Every parser there is, in the order of their names."""
    # Imported here: it loads compression modules that most commands do not need.
    from importlib.metadata import entry_points

    from . import formats

    modules = [
        importlib.import_module(f"{formats.__name__}.{found.name}") for found in pkgutil.iter_modules(formats.__path__)
    ]
    modules += [entry.load() for entry in entry_points(group="analyzer.parsers")]
    found = {parser.name: parser for module in modules for parser in _parsers_of(module)}
    return tuple(found[name] for name in sorted(found))


def _parsers_of(module: ModuleType) -> Iterator[Parser]:
    for value in vars(module).values():
        # Asked for one method first: the check of the whole protocol is slow, and most values have none of it.
        if hasattr(value, "sniff") and not isinstance(value, type) and isinstance(value, Parser):
            yield value


def by_name(name: str) -> Parser:
    """The parser of that name.

    Raises:
        KeyError: there is none.
    """
    if name == "capture":
        # A capture is known by its first bytes, before any parser is asked: loading all others would be in vain.
        from .formats import capture

        return next(_parsers_of(capture))
    return _by_name()[name]


@cache
def _by_name() -> dict[str, Parser]:
    return {parser.name: parser for parser in parsers()}


@dataclass(frozen=True, slots=True)
class Identity:
    """What a source is: the parser that is surest of it.

    Attributes:
        confidence: how sure it is, 0 no .. 1 certain.
        runner_up, runner_up_confidence: the next best parser; None when no other took it for its own.
    """

    parser: Parser
    confidence: float
    runner_up: Parser | None = None
    runner_up_confidence: float = 0.0

    @property
    def why(self) -> str:
        """Why this parser reads the source, in a few words."""
        own = f"its content fits {self.parser.name} to {self.confidence:.0%}"
        if self.runner_up is None:
            return own
        return f"{own}, next best {self.runner_up.name} to {self.runner_up_confidence:.0%}"


def identify(source: Source) -> Identity:
    """The parser that is surest of a source."""
    for parser in parsers():
        # Thousands of files of a bundle lie where the kernel or a package puts them: no format needs to look at them.
        placed = getattr(parser, "placed", None)
        if placed is not None and placed(source):
            return Identity(parser, parser.sniff(source))
    scored = [(score, parser) for parser in parsers() if (score := parser.sniff(source)) > 0]
    # The sort is stable: of equals the first by name wins.
    best, *others = sorted(scored, key=lambda pair: -pair[0])
    second, runner_up = others[0] if others else (0.0, None)
    return Identity(best[1], best[0], runner_up, second)
