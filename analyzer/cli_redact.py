"""`analyze redact`: a bundle without secrets and personal data, to be given to others."""

from __future__ import annotations

import json
import os
import sys
from enum import StrEnum
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from analyzer.errors import UsageError
from analyzer.settings import limits_with

if TYPE_CHECKING:
    from analyzer.redact.bundle import Redaction


class Addresses(StrEnum):
    """How IP addresses are written in texts."""

    names = "names"
    reserved = "reserved"


def redact_command(
    paths: Annotated[
        list[str], typer.Argument(help="Archives, folders, logs or captures; - for standard input.", show_default=False)
    ],
    output: Annotated[
        Path | None, typer.Option("--output", "-o", help="Where to write: an archive by its ending, else a folder.")
    ] = None,
    map_: Annotated[
        Path | None,
        typer.Option("--map", help="Write the way back, encrypted; passphrase from ANALYZE_MAP_PASSPHRASE or asked."),
    ] = None,
    read_map: Annotated[
        bool, typer.Option("--read-map", help="Show what is in such a map (the only PATH) as tab-separated lines.")
    ] = False,
    keep_binary: Annotated[
        bool, typer.Option(help="Copy binary members as they are instead of leaving them out.")
    ] = False,
    addresses: Annotated[
        Addresses, typer.Option(help="Write addresses in texts as ip-7, or as 198.18.0.7 like those in captures.")
    ] = Addresses.names,
    format_: Annotated[str, typer.Option("--format", "-f", help="Of the account of what was done: terminal, json.")] = (
        "terminal"
    ),
    limit: Annotated[
        list[str] | None, typer.Option(help="Change a limit, such as total_bytes=8GiB. Repeatable.")
    ] = None,
    quiet: Annotated[bool, typer.Option("--quiet", "-q", help="Only one line, and what was left out.")] = False,
) -> None:
    """Write a bundle with pseudonyms in place of secrets and personal data."""
    if format_ not in ("terminal", "json"):
        raise UsageError(f"--format {format_}: unknown; one of terminal, json.")
    if read_map:
        _show_map(paths)
        return
    if output is None:
        raise UsageError("Say where to write: analyze redact bundle.zip -o clean.zip.")
    _check(output)
    # Asked for before the long work, not after it.
    from analyzer.redact.bundle import redact_bundle
    from analyzer.redact.keymap import check_available, write_map

    if map_:
        check_available()
    passphrase = _passphrase(confirm=True) if map_ else ""

    done = redact_bundle(
        paths, output, limits_with(limit or []), keep_binary=keep_binary, reserved=addresses is Addresses.reserved
    )
    if map_:
        write_map(map_, done.names.table(), passphrase)
    if format_ == "json":
        sys.stdout.write(json.dumps(_account(done), indent=2) + "\n")
    else:
        _print(done, output, quiet)
    if not done.written:
        raise typer.Exit(3)


# Archives that others write; a folder of such a name would be taken for one.
_NOT_WRITTEN = (".rar", ".7z", ".cab", ".iso", ".dmg", ".deb", ".rpm", ".lz4", ".br", ".z")


def _check(output: Path) -> None:
    """Refuse what would become a file or folder that nobody expects."""
    if str(output) == "-":
        raise UsageError("-o -: a bundle is not printed. Name a file or folder, such as clean.zip.")
    if output.name.lower().endswith(_NOT_WRITTEN):
        raise UsageError(f"-o {output}: such archives are not written. Name a .zip, a .tar.gz or a folder.")


def _passphrase(*, confirm: bool) -> str:
    known = os.environ.get("ANALYZE_MAP_PASSPHRASE")
    if known:
        return known
    if not sys.stdin.isatty():
        raise UsageError("--map needs a passphrase: set ANALYZE_MAP_PASSPHRASE, or run it on a terminal.")
    return str(typer.prompt("Passphrase of the map", hide_input=True, confirmation_prompt=confirm, err=True))


def _show_map(paths: list[str]) -> None:
    from analyzer.redact.keymap import check_available, read_map

    check_available()
    if len(paths) != 1:
        raise UsageError("--read-map: give one map file.")
    for name, value in read_map(Path(paths[0]), _passphrase(confirm=False)).items():
        sys.stdout.write(f"{name}\t{json.dumps(value, ensure_ascii=False)}\n")


def _account(done: Redaction) -> dict[str, object]:
    return {
        "written": done.written,
        "replaced": done.counts,
        "left_out": [{"source": item.source, "kind": item.kind, "message": item.message} for item in done.left_out],
        "notes": [{"source": item.source, "kind": item.kind, "message": item.message} for item in done.notes],
    }


def _print(done: Redaction, output: Path, quiet: bool) -> None:
    from analyzer.render._escape import visible

    files = "file" if len(done.written) == 1 else "files"
    things = "thing" if len(done.left_out) == 1 else "things"
    lines = [f"{output}: {len(done.written):,} {files} written, {len(done.left_out):,} {things} left out."]
    if not quiet:
        lines += _replaced(done)
    lines += [f"left out: {visible(item.message)}" for item in done.left_out]
    lines += [f"note: {visible(item.message)}" for item in done.notes]
    sys.stdout.write("\n".join(lines) + "\n")


def _replaced(done: Redaction) -> list[str]:
    """A line a file."""
    from analyzer.render._escape import visible

    lines = []
    for name, counts in sorted(done.counts.items()):
        said = ", ".join(f"{count:,} {kind}" for kind, count in sorted(counts.items(), key=lambda item: -item[1]))
        lines.append(f"  {visible(name)}: {said}")
    return lines or ["  Nothing had to be replaced."]
