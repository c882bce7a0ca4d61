"""Opens what the user gives: archives, folders, files, stdin.

    with open_bundle(["case.zip"]) as bundle:
        for source in bundle.sources: ...

What a file is, is told by its bytes, never by its name. Archives are read member by member into numbered
temporary files, which are gone when the with block ends; plain files are used where they are. Nothing that an
archive holds can make this fail: what cannot be read becomes a `Problem`, and what can be read is kept.
"""

from __future__ import annotations

import hashlib
import os
import stat
import sys
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from functools import cached_property
from pathlib import Path

from analyzer.bundle.faults import BudgetSpent, ProblemLog, readable_size
from analyzer.bundle.folder import walk
from analyzer.bundle.names import shown
from analyzer.bundle.rotation import in_reading_order
from analyzer.bundle.spool import Spool
from analyzer.bundle.stream import BLOCK, Progress
from analyzer.bundle.times import modified_at
from analyzer.bundle.unpack import Entry, Unpacker
from analyzer.errors import InputError
from analyzer.settings import Limits
from parsers.contract import Problem, Source

__all__ = ["Bundle", "open_bundle"]

STDIN = "-"
_DEFAULT_LIMITS = Limits()


@dataclass
class Bundle:
    """What the user gave, opened.

    Attributes:
        name: for people: "case.zip", "case.zip and 2 more", "stdin".
        path: what the user typed.
        kind: "zip", "tar.gz", "gz", "folder", "file", "stdin", or "several" for several paths.
        size: bytes on disk of the input.
        sources: its files, in the order in which they should be read: the parts of a rotated log oldest
            first, all else by name.
        problems: what was not read, or should not be trusted.
    """

    name: str
    path: str
    kind: str
    size: int
    sources: list[Source]
    problems: list[Problem]
    file: Path | None = field(default=None, repr=False)

    @cached_property
    def sha256(self) -> str | None:
        """SHA-256 in hex of a single input file; None for folders and several paths.

        The file is read when this is first asked for, as it may be large.

        Raises:
            InputError: the file cannot be read any more.
        """
        if self.file is None:
            return None
        digest = hashlib.sha256()
        try:
            with self.file.open("rb", buffering=0) as handle:
                while block := handle.read(BLOCK):
                    digest.update(block)
        except OSError as error:
            raise _unusable(self.path, error) from error
        return digest.hexdigest()


@contextmanager
def open_bundle(
    paths: Sequence[str], limits: Limits = _DEFAULT_LIMITS, on_progress: Progress | None = None
) -> Iterator[Bundle]:
    """Open files, folders and archives, or stdin for "-".

    Args:
        paths: what the user typed, at least one.
        limits: what the input may cost.
        on_progress: told the bytes of the input as they are read; they add up to about `Bundle.size`.

    Yields:
        The bundle; its spooled files last as long as the with block.

    Raises:
        InputError: a path is missing or may not be read, or there is no room for temporary files.
    """
    spool = Spool()
    try:
        yield _Opening(limits, spool, on_progress).open(list(paths))
    finally:
        spool.close()


class _Opening:
    def __init__(self, limits: Limits, spool: Spool, progress: Progress | None) -> None:
        self._limits = limits
        self._spool = spool
        self._problems = ProblemLog()
        self._unpacker = Unpacker(limits, spool, self._problems, progress)
        self._size = 0

    def open(self, paths: list[str]) -> Bundle:
        if not paths:
            raise InputError("No input: give a file, a folder, or - for stdin.")
        if "" in paths:
            # Path("") is the current folder, which nobody asked for: a variable of a shell is not set.
            raise InputError("A path is empty: give a file, a folder, or - for stdin.")
        paths = list(dict.fromkeys(paths))  # the same path typed twice is read once
        names = [self._shown_name(path, alone=len(paths) == 1) for path in paths]
        name = names[0] if len(paths) == 1 else f"{names[0]} and {len(paths) - 1} more"
        file: Path | None = None
        kinds = []
        for path, shown_name in zip(paths, names, strict=True):
            kind, file = self._open_path(path, shown_name, several=len(paths) > 1)
            kinds.append(kind)
        sources = in_reading_order(self._unpacker.sources)
        self._note_emptiness(name, sources)
        return Bundle(
            name=name,
            path=" ".join(map(shown, paths)),
            kind=kinds[0] if len(paths) == 1 else "several",
            size=self._size,
            sources=sources,
            problems=self._problems.problems(name),
            file=file if len(paths) == 1 else None,
        )

    @staticmethod
    def _shown_name(path: str, *, alone: bool) -> str:
        if path == STDIN:
            return "stdin"
        # Several are shown as they were typed: their last parts alone may be the same.
        name = (Path(path).name or Path(path).resolve().name or path) if alone else path.rstrip("/") or path
        return shown(name)

    def _open_path(self, path: str, name: str, *, several: bool) -> tuple[str, Path | None]:
        if path == STDIN:
            return "stdin", self._open_stream(sys.stdin.buffer.fileno(), name)
        try:
            target = Path(path)
            info = target.stat()
            if stat.S_ISFIFO(info.st_mode):
                # The shell's <(command): named by the user, so it is read, like stdin.
                with target.open("rb", buffering=0) as pipe:
                    return "stdin", self._open_stream(pipe.fileno(), name)
            if stat.S_ISDIR(info.st_mode):
                os.scandir(target).close()
                self._open_folder(target, name)
                return "folder", None
            if not stat.S_ISREG(info.st_mode):
                raise InputError(f"{shown(path)} is a device or a socket. Give a file or a folder.")
            target.open("rb").close()
        except (OSError, ValueError) as error:
            raise _unusable(path, error) from error
        self._size += info.st_size
        entry = Entry(name, modified_at(info.st_mtime))
        return self._unpacker.open_input(entry, target, info.st_size), target

    def _open_folder(self, folder: Path, name: str) -> None:
        try:
            for found in walk(folder, name, self._problems):
                self._size += found.size
                entry = Entry(f"{name}/{found.name}", modified_at(found.modified))
                self._unpacker.open_input(entry, found.file, found.size, listed=True)
        except BudgetSpent as fault:
            self._problems.add(name, fault.kind, f"{name} {fault.clause}; the files beyond it were not read.")

    def _open_stream(self, descriptor: int, name: str) -> Path:
        """Spool a pipe up to the limit on all bytes, then open it like a file."""
        most = self._limits.total_bytes
        with self._spool.create() as file:
            try:
                while block := os.read(descriptor, min(BLOCK, most - file.size + 1)):
                    if file.size + len(block) > most:
                        self._problems.add(
                            name,
                            "limit",
                            f"{name} exceeds the limit on bytes in all ({readable_size(most)}, --limit total_bytes); "
                            "the rest was cut off.",
                        )
                        file.write(block[: most - file.size])
                        break
                    file.write(block)
            except OSError as error:
                raise _unusable(name, error) from error
        self._size += file.size
        path = self._spool.keep(file)
        self._unpacker.open_input(Entry(name), path, file.size)
        return path

    def _note_emptiness(self, name: str, sources: list[Source]) -> None:
        if not sources and not self._problems:
            self._problems.add(name, "empty", f"{name} holds no files: nothing to analyse.")
        elif sources and not any(source.size for source in sources):
            self._problems.add(name, "empty", f"{name} is empty (0 bytes of content): nothing to analyse.")


def _unusable(path: str, error: OSError | ValueError) -> InputError:
    if "://" in path:
        return InputError(
            f"Cannot read {shown(path)}: nothing is fetched from a network. Download it and give the file."
        )
    reason = (error.strerror if isinstance(error, OSError) else None) or str(error)
    return InputError(f"Cannot read {shown(path)}: {reason}. Check the path and its permissions.")
