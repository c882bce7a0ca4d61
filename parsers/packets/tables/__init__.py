"""The application tables of a capture: dns, http, tls ...; each module is one, found by its place.

A module holds `SCHEMA: pl.Schema` and `table(capture) -> pl.DataFrame`; its name is the name of the table. Columns are
named as in Zeek's logs, each row has `time`, `frame_number` and, where it belongs to a connection, `uid`.
"""

from __future__ import annotations

import importlib
import pkgutil
from collections.abc import Iterator, Mapping
from functools import cache
from types import ModuleType
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import polars as pl

    from ..capture import Capture


@cache
def table_modules() -> Mapping[str, ModuleType]:
    """The modules that make a table, by the name of the table."""
    modules = {
        found.name: importlib.import_module(f"{__name__}.{found.name}") for found in pkgutil.iter_modules(__path__)
    }
    return {name: module for name, module in sorted(modules.items()) if hasattr(module, "table")}


class Tables(Mapping[str, "pl.DataFrame"]):
    """The application tables of one capture by name; each is made when it is first asked for."""

    def __init__(self, capture: Capture) -> None:
        """Make no table yet."""
        self._capture = capture
        self._made: dict[str, pl.DataFrame] = {}

    def __getitem__(self, name: str) -> pl.DataFrame:
        """The table of that name."""
        if name not in self._made:
            self._made[name] = table_modules()[name].table(self._capture)
        return self._made[name]

    def __iter__(self) -> Iterator[str]:
        """The names of the tables."""
        return iter(table_modules())

    def __len__(self) -> int:
        """The number of tables."""
        return len(table_modules())
