"""Where reports go: the formats of a run with their files, what is written into them, what is printed."""

from __future__ import annotations

import os
import shutil
import sys
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Literal

from analyzer.errors import UsageError

if TYPE_CHECKING:
    from analyzer.finding import Report
    from analyzer.render import Style


@dataclass(frozen=True, slots=True)
class Look:
    """How a report is shown."""

    no_color: bool
    quiet: bool
    verbose: bool
    language: Literal["en", "zh"]
    pager: bool


def outputs_of(format_: str, files: Sequence[Path]) -> list[tuple[str, Path | None]]:
    """The formats of the run, each with its file; None is standard output.

    --format is what is printed; with one -o it is the format of that file where its ending allows it or says nothing.

    Raises:
        UsageError: a format is not known, or a file can't be written: that is said before the long work.
    """
    from analyzer.render import endings, format_of, renderer

    if format_:
        renderer(format_)  # an unknown name is an error, whatever else is written
    if not files:
        return [(format_ or "terminal", None)]
    for file in files:
        _check(file)
    if format_ and len(files) == 1 and format_of(files[0].name, format_) in (None, format_):
        return [(format_, files[0])]
    out: list[tuple[str, Path | None]] = []
    for file in files:
        name = format_of(file.name)
        if name is None:
            raise UsageError(
                f"-o {file}: no format of a report ends so. Add --format, or use one of {', '.join(endings())}."
            )
        out.append((name, file))
    return [*out, (format_, None)] if format_ else out


def _check(file: Path) -> None:
    if file.is_dir():
        raise UsageError(f"-o {file}: is a folder. Name a file in it, such as {file / 'report.html'}.")
    if not file.parent.is_dir():
        raise UsageError(f"-o {file}: there is no folder {file.parent}. Make it first.")


def write(report: Report, name: str, file: Path | None, look: Look) -> None:
    """Write a report into a file, or print it.

    Raises:
        UsageError: the file cannot be written.
    """
    from analyzer.render import renderer

    plain = look.no_color or bool(os.environ.get("NO_COLOR")) or os.environ.get("TERM") == "dumb"
    color = file is None and sys.stdout.isatty() and not plain
    width = max(40, shutil.get_terminal_size((100, 24)).columns)
    style = _style(width, color, look)
    try:
        _deliver(renderer(name).render(report, style), file, look.pager)
    except OSError as error:
        where = f"--output {file}" if file else f"--format {name}"
        raise UsageError(f"{where}: cannot be written: {error.strerror or error}.") from error


def _style(width: int, color: bool, look: Look) -> Style:
    from analyzer.render import Style

    return Style(width, color, -1 if look.quiet else int(look.verbose), look.language)


def _deliver(text: str, file: Path | None, pager: bool) -> None:
    if file is not None:
        # Line ends are part of a format: CSV has its own.
        file.write_text(text, encoding="utf-8", errors="backslashreplace", newline="")
    elif pager and sys.stdout.isatty():
        from click import echo_via_pager

        echo_via_pager(text)
    else:
        sys.stdout.reconfigure(errors="backslashreplace")  # type: ignore[union-attr]
        sys.stdout.write(text)
        sys.stdout.flush()
