"""What a parser is given and what it gives back.

`Source` is one file of the bundle, already decompressed and on disk. `Parser` turns it into batches of
events. `Problem` is anything that a reader of the report must know about the input itself: a part that
was not read, a limit that was hit, a name that looked like an attack.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING, BinaryIO, Literal, Protocol, runtime_checkable

if TYPE_CHECKING:
    from .batch import Batch
    from .plan import Plan, Slice
    from .times import Clock

HEAD_BYTES = 64 * 1024

ProblemKind = Literal[
    "binary",  # not text, not a format that is known
    "clock",  # times that are missing, impossible or go back
    "corrupt",  # damaged: bad checksum, bad header, inconsistent sizes
    "empty",  # nothing in it
    "encoding",  # bytes that are not valid in the encoding of the file
    "encrypted",  # needs a password
    "limit",  # a limit of the settings was hit: size, ratio, members, depth, line length
    "malformed",  # a record that its own format does not allow
    "name",  # a member name that is unsafe, not decodable or used twice
    "special",  # link, device, fifo, socket: never followed
    "truncated",  # ends before it should
    "unreadable",  # the operating system refused
    "unsupported",  # understood what it is, cannot read it
]


@dataclass(frozen=True, slots=True)
class Problem:
    """Something about the input that was not read or should not be trusted.

    `message` is a sentence for the user: what, where, what to do.
    """

    source: str
    kind: ProblemKind
    message: str


@dataclass(frozen=True, slots=True)
class Source:
    """One file of the bundle, decompressed, as a regular file on disk.

    Attributes:
        path: its name inside the bundle, for people: "case.zip!/var/log/syslog".
        file: where its bytes are: the user's own file, or a numbered spool file.
        size: in bytes, after decompression.
        head: the first 64 KiB.
        modified: the modification time that the archive or file system gives (UTC), if any.
        stream: the name that rotated parts share ("case.zip!/var/log/syslog" for syslog.2.gz); parts of
            a stream follow each other in time order.
    """

    path: str
    file: Path
    size: int
    head: bytes = field(repr=False)
    modified: datetime | None = None
    stream: str = ""

    def open(self) -> BinaryIO:
        """Open the bytes for reading.

        Raises:
            OSError: the file has gone or may not be read.
        """
        return self.file.open("rb")


@runtime_checkable
class Parser(Protocol):
    """One kind of input: `sniff` says how sure it is, `plan` decides once a file, `read` reads a slice.

    A plan is picklable, a slice is independent of any other, and `read` has no side effects: slices are read in
    any process and in any order.
    """

    name: str
    title: str

    @property
    def searched(self) -> bool:
        """Whether faults are looked for in what it reads: not in configuration or code."""
        ...

    def sniff(self, source: Source) -> float:
        """How sure this parser is that the source is its own: 0 no .. 1 certain. Pure, no I/O."""
        ...

    def plan(self, source: Source, clock: Clock) -> Plan:
        """Decide, once a file, how its slices are read."""
        ...

    def slices(self, source: Source, plan: Plan, size: int) -> Iterator[Slice]:
        """Cut the source into slices of about `size` bytes, each of whole records."""
        ...

    def read(self, source: Source, piece: Slice, plan: Plan) -> Batch:
        """Read one slice."""
        ...
