"""`analyze flows`: the connections of captures, the worst first."""

from __future__ import annotations

import json
import os
import shutil
import sys
from collections.abc import Sequence
from typing import TYPE_CHECKING, Annotated, Any

import typer

from analyzer.errors import UsageError
from analyzer.settings import limits_with

if TYPE_CHECKING:
    import polars as pl


def flows_command(
    paths: Annotated[list[str], typer.Argument(help="Captures, or bundles that hold captures.", show_default=False)],
    sort: Annotated[
        str, typer.Option(help="worst, time, bytes, packets, duration, loss or rtt; highest first.")
    ] = "worst",
    filter_: Annotated[
        list[str] | None,
        typer.Option("--filter", help="Keep what fits: port=443, state=REJ, host=10.0.0.0/8, bytes>10k. Repeatable."),
    ] = None,
    number: Annotated[int, typer.Option("--number", "-n", help="Connections to show; 0 for all.", min=0)] = 30,
    format_: Annotated[str, typer.Option("--format", "-f", help="terminal, json or csv.")] = "terminal",
    limit: Annotated[
        list[str] | None, typer.Option(help="Change a limit, such as total_bytes=8GiB. Repeatable.")
    ] = None,
) -> None:
    """List the connections of packet captures, the worst first."""
    if format_ not in ("terminal", "json", "csv"):
        raise UsageError(f"--format {format_}: unknown; one of terminal, json, csv.")
    from analyzer.flows import flows, rows

    table, problems = flows(paths, limits_with(limit or []), sort, filter_ or [])
    total = table.height
    shown = table.head(number) if number else table
    if format_ == "json":
        sys.stdout.write(json.dumps({"connections": rows(shown), "total": total}, indent=2) + "\n")
    elif format_ == "csv":
        sys.stdout.write(shown.write_csv())
    else:
        _print(shown, total, filtered=bool(filter_))
    for problem in problems:
        from analyzer.render._escape import visible

        sys.stderr.write(f"note: {visible(problem.source)}: {visible(problem.message)}\n")


def _print(table: pl.DataFrame, total: int, filtered: bool) -> None:
    from rich.console import Console
    from rich.text import Text

    from analyzer.render._escape import visible

    if not total:
        sys.stdout.write("No connection fits.\n" if filtered else "There is no connection in it.\n")
        return
    sources = table["source"].unique(maintain_order=True).to_list()
    # Frames count from 1 in every capture: of several ones each has a number of its own.
    numbers = {source: f"{number}:" if len(sources) > 1 else "" for number, source in enumerate(sources, 1)}
    rows = [(_cells(row, numbers), visible(row["trouble"] or "")) for row in table.iter_rows(named=True)]
    widths = [max(len(name), *(len(cells[at]) for cells, _ in rows)) for at, name in enumerate(_COLUMNS)]
    width = max(80, shutil.get_terminal_size((100, 24)).columns)
    console = Console(highlight=False, markup=False, width=width, no_color=bool(os.environ.get("NO_COLOR")))
    console.print(Text(f"{_line(_COLUMNS, widths)} trouble", style="bold"), soft_wrap=True)
    for cells, trouble in rows:
        line = _line(cells, widths)
        if trouble:
            # What does not fit stands below, as in no terminal a flow is cut.
            fits = len(line) + 1 + len(trouble) <= width
            line += f" {trouble}" if fits else f"\n{' ' * (widths[0] + 1)}{trouble}"
        console.print(Text(line.rstrip()), soft_wrap=True)
    if len(sources) > 1:
        console.print(Text("\n".join(f"{numbers[source]} {visible(source)}" for source in sources)), soft_wrap=True)
    left = total - table.height
    if left > 0:
        console.print(f"{left:,} more: --number 0 shows all, --filter fewer.")


_COLUMNS = ("frame", "client", "server", "state", "seconds", "out", "in")
_RIGHT = ("frame", "seconds", "out", "in")


def _line(cells: Sequence[str], widths: Sequence[int]) -> str:
    parts = zip(_COLUMNS, cells, widths, strict=True)
    return " ".join(cell.rjust(width) if name in _RIGHT else cell.ljust(width) for name, cell, width in parts)


def _cells(row: dict[str, Any], numbers: dict[str, str]) -> list[str]:
    from analyzer.network import endpoint

    server = endpoint(row["id_resp_h"], row["id_resp_p"], row["proto"])
    return [
        f"{numbers[row['source']]}{row['frame_number']}",
        endpoint(row["id_orig_h"], row["id_orig_p"], row["proto"]),
        server if row["proto"] == "tcp" else f"{server}/{row['proto']}",
        row["conn_state"],
        "" if row["duration"] is None else f"{row['duration']:.3f}",
        size_text(row["orig_bytes"]),
        size_text(row["resp_bytes"]),
    ]


def size_text(size: Any) -> str:
    """A number of bytes in at most five characters."""
    if size is None:
        return ""
    amount = float(size)
    units = ["", "k", "M", "G", "T"]
    while amount >= 1000 and len(units) > 1:
        amount /= 1000
        units.pop(0)
    return f"{amount:.1f}{units[0]}" if amount < 10 and units[0] else f"{amount:.0f}{units[0]}"
