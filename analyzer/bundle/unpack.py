"""Opens archives inside archives, layer by layer, into sources and problems.

Everything is a stream where it can be: a log in a tar in a gzip in a zip is decoded in one pass and lands
once on the disk. Only zip needs a file to seek in, so a zip inside something else is spooled first.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

from analyzer.bundle.budget import Budget
from analyzer.bundle.decompress import expand
from analyzer.bundle.detect import Container, compression_of, container_of, may_end_as_zip, package_of
from analyzer.bundle.faults import BudgetSpent, Fault, ProblemLog, Report
from analyzer.bundle.foreign import rar_fault, seven_zip_fault
from analyzer.bundle.names import shown, unsafe_because
from analyzer.bundle.rotation import stream_of
from analyzer.bundle.spool import Spool, SpoolFile
from analyzer.bundle.stream import Feed, Progress, file_blocks
from analyzer.bundle.tar_reader import TarMember, TarReader, without_current_folder
from analyzer.bundle.zip_directory import has_directory
from analyzer.bundle.zip_reader import ZipMember, ZipReader
from analyzer.settings import MIB, Limits
from parsers.contract import HEAD_BYTES, ProblemKind, Source

# Heads are held in memory. Beyond these many bytes of them, each further one is shorter.
_HEADS_IN_FULL = 128 * MIB
_SHORT_HEAD = 2048

_MANY: dict[ProblemKind, str] = {
    "corrupt": "members or archives are damaged",
    "truncated": "members or archives are truncated",
    "malformed": "archives have parts that are not allowed or trailing data",
    "limit": "members or archives were cut or skipped at a limit",
    "unsupported": "members are in a format that is not supported",
    "encrypted": "members are encrypted and were skipped",
    "unreadable": "files cannot be read",
}


@dataclass(frozen=True, slots=True)
class Entry:
    """What a stream of bytes is, seen from outside: its shown path, its time, the layers around it."""

    path: str
    modified: datetime | None = None
    depth: int = 0


class Unpacker:
    """Turns what the user gave into sources.

    Attributes:
        sources: what was found, in the order in which it was found.
    """

    def __init__(self, limits: Limits, spool: Spool, problems: ProblemLog, progress: Progress | None) -> None:
        """Unpack into `spool`; `progress` is told the bytes that are read of the user's own files."""
        self.sources: list[Source] = []
        self._limits = limits
        self._spool = spool
        self._problems = problems
        self._progress = progress
        self._budget = Budget(limits)
        self._paths: dict[str, int] = {}
        self._heads = 0

    def open_input(self, entry: Entry, file: Path, size: int, *, listed: bool = False) -> str:
        """Open a file that the user gave, and say what it is: "zip", "tar.gz", "gz", "file" ...

        Args:
            entry: how to show it.
            file: where it is; a plain file is used in place.
            size: its bytes.
            listed: whether it is one of many, which the limit on members counts.

        Raises:
            BudgetSpent: `listed`, and there are more files than the limit on members.
        """
        self._budget.start_input(size)
        if listed:
            self._budget.count_member()
        try:
            return self._open_file(entry, file, size, self._progress, listed)
        except BudgetSpent as fault:
            # The rest of this input is lost; other inputs have a ratio of their own.
            self._report_fault(entry.path, fault)
            return "archive"

    def _open_file(self, entry: Entry, file: Path, size: int, progress: Progress | None, listed: bool) -> str:
        head = self._head(entry, file)
        if head is None:
            return "file"
        compression, container = compression_of(head), container_of(head)
        if container is None and may_end_as_zip(head) and _ends_as_zip(file, size):
            container = "zip"
        if compression is None and container is None:
            if progress is not None:
                progress(size)
            self._add_source(entry, file, size, head)
            return "file"
        if listed and self._is_package(entry, head):
            return "file"
        if self._too_deep(entry):
            return "archive"
        if compression is not None:
            feed = Feed(file_blocks(file, progress=progress))
            blocks = expand(compression, feed, self._limits, self._reporter(entry.path))
            inner = self._open_stream(_deeper(entry), blocks)
            return f"tar.{compression}" if inner == "tar" else compression
        self._open_container(entry, container, file, size, progress)
        return container or "file"

    def _open_stream(self, entry: Entry, blocks: Iterator[bytes]) -> str:
        """Open what a decoder gives: another layer, an archive, or a file to keep."""
        feed = Feed(blocks)
        head = feed.peek(HEAD_BYTES)
        compression, container = compression_of(head), container_of(head)
        if self._is_package(entry, head):
            return "file"
        # A tar counts as one layer with the compression around it.
        within = entry if container != "tar" else Entry(entry.path, entry.modified, entry.depth - 1)
        if (compression or container) and self._too_deep(within):
            return "archive"
        if compression is not None:
            inner = expand(compression, feed, self._limits, self._reporter(entry.path))
            return self._open_stream(_deeper(entry), inner)
        if container == "tar":
            self._open_tar(entry, Feed(self._budget.charged(feed.rest())))
            return "tar"
        spooled = self._spool_stream(entry, self._budget.charged(feed.rest()))
        if spooled is None:
            return "file"
        file = self._spool.keep(spooled)
        if container is None and may_end_as_zip(head) and _ends_as_zip(file, spooled.size):
            container = "zip"
            if self._too_deep(entry):
                file.unlink()
                return "archive"
        if container is None:
            self._add_source(entry, file, spooled.size, spooled.head)
            return "file"
        self._open_container(entry, container, file, spooled.size, None)
        file.unlink()
        return container

    def _open_container(
        self, entry: Entry, container: Container | None, file: Path, size: int, progress: Progress | None
    ) -> None:
        try:
            if container == "zip":
                self._open_zip(entry, file, progress)
            elif container == "tar":
                self._open_tar(entry, Feed(self._budget.charged(file_blocks(file, progress=progress))))
            else:
                self._report_fault(entry.path, seven_zip_fault(file, size) if container == "7z" else rar_fault(file))
        except OSError as error:
            self._report_fault(entry.path, Fault("unreadable", f"cannot be read ({error.strerror or error})"))

    def _open_tar(self, entry: Entry, feed: Feed) -> None:
        reader = TarReader(feed, self._reporter(entry.path))
        try:
            for found in reader.members():
                self._budget.count_member()
                member = without_current_folder(found)
                if member.kind != "folder" and (member.name or member.size):
                    self._open_tar_member(entry, reader, member)
        except BudgetSpent:
            raise
        except Fault as fault:
            self._report_fault(entry.path, fault, f"; {reader.count:,} members were found before that")

    def _open_tar_member(self, entry: Entry, reader: TarReader, member: TarMember) -> None:
        inner = self._member(entry, member.name, member.modified)
        if member.kind != "file":
            self._problems.add(
                inner.path,
                "special",
                f"{inner.path} is a {member.kind}, not a regular file: it was skipped.",
                f"members are {member.kind}s and were not followed; what is in the bundle is read where it lies",
            )
            return
        self._open_stream(inner, reader.content())

    def _open_zip(self, entry: Entry, file: Path, progress: Progress | None) -> None:
        reader = ZipReader(file, self._limits, self._reporter(entry.path), progress)
        try:
            for member in reader.members():
                self._budget.count_member()
                self._open_zip_member(entry, reader, member)
        except BudgetSpent:
            raise
        except Fault as fault:
            self._report_fault(entry.path, fault)

    def _open_zip_member(self, entry: Entry, reader: ZipReader, member: ZipMember) -> None:
        listed, name = member.entry, member.name
        if "\\" in name and "/" not in name:
            name = name.replace("\\", "/")  # written on Windows by what ignored APPNOTE.TXT 4.4.17.1
        if name.endswith("/") and not listed.size:
            return
        inner = self._member(entry, name, listed.modified)
        if listed.unicode_name is None and listed.flags & 0x800:
            self._report_name(inner.path, "is declared to be UTF-8 but is not")
        if member.local_name != member.name:
            other = shown(member.local_name)
            self._report_name(inner.path, f'differs from the one in its own header, "{other}"')
        if listed.special:
            self._problems.add(
                inner.path,
                "special",
                f"{inner.path} is a link or a special file, not a regular file: it was skipped.",
                "members are links or special files, not regular files, and were skipped",
            )
        elif listed.encrypted:
            self._report_fault(
                inner.path,
                Fault("encrypted", "is encrypted; unpack it with its password and pass the folder"),
            )
        else:
            self._open_stream(inner, reader.content(member, self._reporter(inner.path)))

    def _member(self, entry: Entry, name: str, modified: datetime | None) -> Entry:
        """Make the entry of a member, with a path of its own; report what is unsafe in its name."""
        path = f"{entry.path}!/{shown(name) or '(no name)'}"
        for reason in unsafe_because(name):
            self._report_name(path, reason)
        used = self._paths[path] = self._paths.get(path, 0) + 1
        if used > 1:
            self._problems.add(
                path,
                "name",
                f'The name {path} is a duplicate; the later file is shown as "{path} ({used})".',
                "members have a duplicate name; the later ones are shown with a number",
            )
            path = f"{path} ({used})"
            self._paths[path] = 1
        return Entry(path, modified, entry.depth + 1)

    def _spool_stream(self, entry: Entry, blocks: Iterator[bytes]) -> SpoolFile | None:
        """Write a stream to the disk; what came before a fault is kept, unless it is worthless."""
        fault: Fault | None = None
        with self._spool.create() as file:
            try:
                for block in self._budget.within_member(blocks):
                    file.write(block)
            except Fault as met:
                fault = met
        if fault is None:
            return file
        worthless = file.only_zeros
        if fault.ratio:
            self._budget.forgive(file.size)
        kept = "; none of it was kept" if worthless else f"; its first {file.size:,} bytes were kept"
        self._report_fault(entry.path, fault, kept)
        if worthless:
            file.path.unlink(missing_ok=True)
        elif isinstance(fault, BudgetSpent):
            self._add_source(entry, file.path, file.size, file.head)
        if isinstance(fault, BudgetSpent):
            raise fault
        return None if worthless else file

    def _add_source(self, entry: Entry, file: Path, size: int, head: bytes) -> None:
        if self._heads > _HEADS_IN_FULL:
            head = head[:_SHORT_HEAD]
        self._heads += len(head)
        self.sources.append(Source(entry.path, file, size, head, entry.modified, stream_of(entry.path)[0]))

    def _head(self, entry: Entry, file: Path) -> bytes | None:
        try:
            with file.open("rb") as handle:
                return handle.read(HEAD_BYTES)
        except OSError as error:
            self._report_fault(entry.path, Fault("unreadable", f"cannot be read ({error.strerror or error})"))
            return None

    def _is_package(self, entry: Entry, head: bytes) -> bool:
        """Whether a member is a program or a document in the form of an archive: it is left closed."""
        package = package_of(head)
        if package is None:
            return False
        self._problems.add(
            entry.path,
            "special",
            f"{entry.path} is {package}: it was not opened. Give it by itself to have it read.",
            "members are programs or documents in the form of archives, and were not opened",
        )
        return True

    def _too_deep(self, entry: Entry) -> bool:
        if entry.depth < self._limits.depth:
            return False
        clause = (
            f"is nested deeper than the depth limit of {self._limits.depth} allows (--limit depth); it was not opened"
        )
        self._report_fault(entry.path, Fault("limit", clause))
        return True

    def _reporter(self, path: str) -> Report:
        def report(kind: ProblemKind, clause: str) -> None:
            self._report_fault(path, Fault(kind, clause))

        return report

    def _report_fault(self, path: str, fault: Fault, more: str = "") -> None:
        self._problems.add(path, fault.kind, f"{path} {fault.clause}{more}.", _MANY.get(fault.kind, ""))

    def _report_name(self, path: str, reason: str) -> None:
        kind_of_flaw = reason.split("(")[0].split(",")[0].strip()
        self._problems.add(
            path,
            "name",
            f"The name of {path} is unsafe: it {reason}. Its content was read; nothing was written under that name.",
            f"members have an unsafe name, which {kind_of_flaw}; nothing was written under these names",
        )


def _deeper(entry: Entry) -> Entry:
    return Entry(entry.path, entry.modified, entry.depth + 1)


def _ends_as_zip(file: Path, size: int) -> bool:
    try:
        with file.open("rb") as handle:
            return has_directory(handle, size)
    except OSError:
        # It will be reported when its reader fails on it.
        return False
