"""Streams of blocks: read from a file, and read in exact pieces."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path

from analyzer.bundle.faults import Fault
from analyzer.settings import MIB

BLOCK = MIB
# Small enough that a piece of compressed input cannot hold much of a bomb, large enough to be fast.
PIECE = 64 * 1024

Progress = Callable[[int], None]


def file_blocks(
    file: Path, start: int = 0, end: int | None = None, progress: Progress | None = None
) -> Iterator[bytes]:
    """Read a file in blocks of 1 MiB, from `start` up to `end` (None: to its end).

    Args:
        file: a regular file.
        start: offset in bytes.
        end: offset in bytes.
        progress: told the bytes of each block as it is read.

    Raises:
        Fault: the operating system refuses to read on.
    """
    left = None if end is None else end - start
    try:
        with file.open("rb", buffering=0) as handle:
            handle.seek(start)
            while left is None or left > 0:
                block = handle.read(BLOCK if left is None else min(BLOCK, left))
                if not block:
                    return
                if left is not None:
                    left -= len(block)
                if progress is not None:
                    progress(len(block))
                yield block
    except OSError as error:
        raise Fault("unreadable", f"cannot be read ({error.strerror or error})") from error


class Feed:
    """Reads a stream of blocks in exact pieces.

    A fault of the stream comes up when the bytes before it are used up, and again at every later read.

    Attributes:
        taken: bytes that were handed out, less those given back.
    """

    def __init__(self, blocks: Iterator[bytes]) -> None:
        """Read from `blocks`; nothing is taken from it yet."""
        self.taken = 0
        self._blocks = blocks
        self._buffer = b""
        self._at = 0
        self._fault: Fault | None = None

    def read(self, count: int) -> bytes:
        """Take `count` bytes, fewer only at the end of the stream.

        Raises:
            Fault: the stream breaks before that; what is left of it stays for `piece`.
        """
        if self._at + count > len(self._buffer):
            self._fill(count)
        data = self._buffer[self._at : self._at + count]
        if len(data) < count and self._fault is not None:
            raise self._fault
        self._at += len(data)
        self.taken += len(data)
        return data

    def peek(self, count: int) -> bytes:
        """Look at the next bytes: up to `count`, fewer where the stream ends or breaks."""
        if self._at + count > len(self._buffer):
            self._fill(count)
        return self._buffer[self._at : self._at + count]

    def piece(self, most: int = PIECE) -> bytes:
        """Take what is at hand, up to `most` bytes; empty at the end of the stream.

        Raises:
            Fault: the stream breaks here.
        """
        if self._at >= len(self._buffer):
            self._fill(1)
            if self._fault is not None and self._at >= len(self._buffer):
                raise self._fault
        data = self._buffer[self._at : self._at + most]
        self._at += len(data)
        self.taken += len(data)
        return data

    def give_back(self, data: bytes) -> None:
        """Put bytes back that were read too far."""
        self._buffer = data + self._buffer[self._at :]
        self._at = 0
        self.taken -= len(data)

    def rest(self) -> Iterator[bytes]:
        """Give all that is left, in the blocks as they come.

        Raises:
            Fault: the stream breaks.
        """
        while data := self.piece(BLOCK):
            yield data

    def _fill(self, count: int) -> None:
        parts = [self._buffer[self._at :]]
        held = len(parts[0])
        while held < count and self._fault is None:
            try:
                block = next(self._blocks, b"")
            except Fault as fault:
                self._fault = fault
                break
            if not block:
                break
            parts.append(block)
            held += len(block)
        self._buffer = b"".join(parts)
        self._at = 0


def batched(pieces: Iterator[bytes], size: int = 4 * PIECE) -> Iterator[bytes]:
    """Join small pieces into blocks of about `size` bytes, and pass on all that came before a fault.

    Raises:
        Fault: the fault of `pieces`.
    """
    held: list[bytes] = []
    count = 0
    try:
        for piece in pieces:
            held.append(piece)
            count += len(piece)
            if count >= size:
                yield b"".join(held)
                held, count = [], 0
    except Fault:
        if held:
            yield b"".join(held)
        raise
    if held:
        yield b"".join(held)
