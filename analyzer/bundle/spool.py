"""Numbered temporary files for what comes out of archives.

A member is never written under its own name. Runs of zero bytes become holes, so a bomb of zeros takes no
room on the disk.
"""

from __future__ import annotations

import io
from collections.abc import Iterator
from pathlib import Path
from types import TracebackType
from typing import TYPE_CHECKING, Self

from analyzer.errors import InputError
from parsers.contract import HEAD_BYTES

if TYPE_CHECKING:
    import tempfile

_ZEROS = bytes(64 * 1024)


class Spool:
    """A temporary folder of numbered files, made when the first one is needed."""

    def __init__(self) -> None:
        """Prepare; nothing is written yet."""
        self._folder: tempfile.TemporaryDirectory[str] | None = None
        self._count = 0
        self._empty: Path | None = None

    def create(self) -> SpoolFile:
        """Make the next file.

        Raises:
            InputError: the temporary folder cannot be written.
        """
        # It brings shutil and with it all the codecs, which a folder of plain logs never needs.
        import tempfile

        try:
            if self._folder is None:
                self._folder = tempfile.TemporaryDirectory(prefix="analyze-", ignore_cleanup_errors=True)
            self._count += 1
            return SpoolFile(Path(self._folder.name, f"{self._count:06d}"))
        except OSError as error:
            raise _no_room(error) from error

    def keep(self, file: SpoolFile) -> Path:
        """Say which file holds the bytes that were written; all empty ones share a single file.

        Raises:
            InputError: the temporary folder cannot be written.
        """
        if file.size:
            return file.path
        if self._empty is None:
            try:
                file.path.touch()
            except OSError as error:
                raise _no_room(error) from error
            self._empty = file.path
        return self._empty

    def close(self) -> None:
        """Remove the folder and all that is in it."""
        if self._folder is not None:
            self._folder.cleanup()


class SpoolFile:
    """One numbered file being written.

    Attributes:
        path: where it is.
        size: bytes so far.
        head: the first 64 KiB.
        only_zeros: whether nothing but zero bytes was written.
    """

    def __init__(self, path: Path) -> None:
        """Prepare to write to `path`, which is made with the first byte."""
        self.path = path
        self.size = 0
        self.head = b""
        self.only_zeros = True
        self._file: io.FileIO | None = None

    def write(self, block: bytes) -> None:
        """Append a block, its zero pages as holes.

        Raises:
            InputError: the disk is full.
        """
        if len(self.head) < HEAD_BYTES:
            self.head += block[: HEAD_BYTES - len(self.head)]
        try:
            if self._file is None:
                self._file = self.path.open("xb", buffering=0)
            for start, end in _dense_runs(block):
                self._file.seek(self.size + start)
                _write_all(self._file, memoryview(block)[start:end])
                self.only_zeros = False
        except OSError as error:
            raise _no_room(error) from error
        self.size += len(block)

    def __enter__(self) -> Self:
        """Write inside a with block."""
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        """Give the file its full length, a hole at the end included."""
        if self._file is not None:
            with self._file:
                self._file.truncate(self.size)


def _write_all(file: io.FileIO, data: memoryview) -> None:
    while data:
        data = data[file.write(data) :]


def _dense_runs(block: bytes) -> Iterator[tuple[int, int]]:
    """Give the (start, end) of the runs of a block that are not whole pages of zeros."""
    page = len(_ZEROS)
    if len(block) < page:
        if block.count(0) != len(block):
            yield 0, len(block)
        return
    start = 0
    for at in range(0, len(block), page):
        if block.startswith(_ZEROS[: len(block) - at], at):
            if start < at:
                yield start, at
            start = at + page
    if start < len(block):
        yield start, len(block)


def _no_room(error: OSError) -> InputError:
    return InputError(
        f"Cannot write temporary files: {error.strerror or error}."
        " Free some room, or set TMPDIR to a folder that has it."
    )
