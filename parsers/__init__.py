"""Bytes to Arrow tables: identifies what a file of the bundle is and reads it.

A parser is any object with the methods of `TextParser` that a module of `parsers.formats`, or a package behind
the entry point group "analyzer.parsers", holds at its top level. Nothing is registered.
"""

from __future__ import annotations

import importlib
import pkgutil
from collections.abc import Iterator
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
        if not isinstance(value, type) and isinstance(value, Parser):
            yield value


def by_name(name: str) -> Parser:
    """The parser of that name.

    Raises:
        KeyError: there is none.
    """
    for parser in parsers():
        if parser.name == name:
            return parser
    raise KeyError(name)


def identify(source: Source) -> tuple[Parser, float]:
    """The parser that is surest of a source, and how sure it is (0 no .. 1 certain)."""
    scored = [(parser.sniff(source), parser) for parser in parsers()]
    score, parser = max(scored, key=lambda pair: pair[0])
    return parser, score
