"""Renderers: one file a format, all with the same function `render(report, style) -> str`.

A module of this package whose name does not begin with an underscore is a format of that name.
"""

from __future__ import annotations

import importlib
import pkgutil
from dataclasses import dataclass
from functools import cache
from typing import TYPE_CHECKING, Literal, Protocol, cast

from analyzer.errors import UsageError

if TYPE_CHECKING:
    from analyzer.finding import Report


@dataclass(frozen=True, slots=True)
class Style:
    """How much is shown, and how.

    Attributes:
        width: columns of the terminal.
        color: whether escape sequences for colours may be used.
        verbosity: -1 the verdict and a line a finding, 0 normal, 1 everything.
        language: of what is written for customers: "en" or "zh".
    """

    width: int = 80
    color: bool = False
    verbosity: int = 0
    language: Literal["en", "zh"] = "en"


class Renderer(Protocol):
    """A module of this package."""

    def render(self, report: Report, style: Style) -> str:
        """The report as text in this format, with a line end."""
        ...


def format_of(name: str, wanted: str = "") -> str | None:
    """The format whose files end as a name does (`ENDINGS` of its module), None when there is none.

    Args:
        name: of the file.
        wanted: a format that comes first where its files may end so, too (`ALSO` of its module).
    """
    if wanted and name.lower().endswith(getattr(renderer(wanted), "ALSO", ())):
        return wanted
    # A format that is called like the ending is asked first: loading all of them takes time.
    ending = name.lower().rpartition(".")[2]
    for module in sorted(formats(), key=lambda module: module != ending):
        if name.lower().endswith(getattr(renderer(module), "ENDINGS", ())):
            return module
    return None


def endings() -> list[str]:
    """The endings of the files of all formats."""
    return sorted({ending for name in formats() for ending in getattr(renderer(name), "ENDINGS", ())})


@cache
def formats() -> tuple[str, ...]:
    """The names of the formats there are."""
    return tuple(sorted(found.name for found in pkgutil.iter_modules(__path__) if not found.name.startswith("_")))


def renderer(name: str) -> Renderer:
    """The renderer of a format.

    Raises:
        UsageError: there is none of that name.
    """
    if name not in formats():
        raise UsageError(f"--format {name}: unknown; one of {', '.join(formats())}.")
    return cast(Renderer, importlib.import_module(f"{__name__}.{name}"))
