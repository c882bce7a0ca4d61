"""A bundle with pseudonyms: the same members, redacted, in the same kinds of archives.

What cannot be redacted is left out and named: it fails closed.
"""

from __future__ import annotations

import os
import shutil
import tempfile
from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path

from analyzer.bundle import Bundle, open_bundle
from analyzer.errors import UsageError
from analyzer.redact.captures import redact_capture
from analyzer.redact.engine import Redactor
from analyzer.redact.files import head_text, redact_text
from analyzer.redact.packing import Packed, archive_kind, compress, compression_kind, pack
from analyzer.redact.pseudonyms import Pseudonyms
from analyzer.settings import Limits
from parsers.contract import Problem, Source
from parsers.packets.framing import is_capture
from parsers.text import is_binary

_INSIDE = "!/"


@dataclass(frozen=True, slots=True)
class Redaction:
    """What was done.

    Attributes:
        written: members that were written, by their new names.
        counts: replacements by new name and kind, never the values.
        left_out: what was not copied, and why.
        notes: what else a reader should know.
        names: the pseudonyms; they hold the values.
    """

    written: list[str]
    counts: dict[str, dict[str, int]]
    left_out: list[Problem]
    notes: list[Problem]
    names: Pseudonyms = field(repr=False)


def redact_bundle(
    paths: Sequence[str], output: Path, limits: Limits, *, keep_binary: bool = False, reserved: bool = False
) -> Redaction:
    """Write what `paths` hold, redacted, to `output`.

    The kind of the output follows its ending: an archive, a single file where the input is one, else a folder. It
    appears only when all of it is written.

    Args:
        paths: as `analyze` takes them.
        output: where to write.
        limits: what the input may cost.
        keep_binary: copy what is binary as it is, unredacted.
        reserved: write addresses in texts as in captures, for rules that look for addresses by their shape.

    Raises:
        InputError: a path is missing or may not be read.
        UsageError: the output is the input, exists as a folder with files in it, or cannot be written.
    """
    _refuse(paths, output)
    try:
        with (
            open_bundle(paths, limits) as bundle,
            tempfile.TemporaryDirectory(prefix=".analyze-redact-", dir=output.resolve().parent) as room,
        ):
            run = _Run(bundle, Path(room), keep_binary, reserved)
            return run.write(output)
    except OSError as error:
        raise UsageError(f"-o {output}: cannot be written: {error.strerror or error}.") from error


def _refuse(paths: Sequence[str], output: Path) -> None:
    target = output.resolve()
    for path in paths:
        source = Path(path).resolve()
        if path != "-" and (source == target or source in target.parents):
            raise UsageError(f"-o {output}: is the input or inside of it. Choose another place.")
    if output.is_dir() and any(output.iterdir()):
        raise UsageError(f"-o {output}: this folder exists and is not empty. Choose another name.")


@dataclass(slots=True)
class _Node:
    """A container on the way to the output: its files and the containers in it, by name."""

    files: list[Packed] = field(default_factory=list)
    inside: dict[str, _Node] = field(default_factory=dict)


class _Run:
    def __init__(self, bundle: Bundle, room: Path, keep_binary: bool, reserved: bool) -> None:
        self._bundle = bundle
        self._room = room
        self._keep_binary = keep_binary
        self._redactor = Redactor()
        self._redactor.names.reserved = reserved
        self._written: list[str] = []
        self._left_out = list(bundle.problems)
        self._notes: list[Problem] = []
        self._used: set[tuple[str, ...]] = set()
        self._files = 0

    def write(self, output: Path) -> Redaction:
        root = _Node()
        for source in self._bundle.sources:
            # Before any is written: paths and the first files may hold hosts that only later files call so.
            if not is_capture(source.head) and not is_binary(source.head):
                self._redactor.learn(head_text(source), source.path)
        for source in self._bundle.sources:
            self._add(root, source)
        self._deliver(root, output)
        counts: dict[str, dict[str, int]] = {}
        for (name, kind), count in self._redactor.names.counts.items():
            counts.setdefault(name, {})[kind] = count
        problems = [self._said(problem) for problem in self._left_out]
        return Redaction(
            self._written, counts, problems, [self._said(note) for note in self._notes], self._redactor.names
        )

    def _said(self, problem: Problem) -> Problem:
        """Problems name files, and names can hold what was to be hidden."""
        text = Redactor(self._redactor.names).text
        return Problem(text(problem.source), problem.kind, text(problem.message))

    def _add(self, root: _Node, source: Source) -> None:
        chain = self._chain(source.path)
        shown = _INSIDE.join(chain)
        self._redactor.start(shown)
        file = self._next()
        if not self._redact(source, file):
            file.unlink(missing_ok=True)
            return
        node = root
        for name in chain[:-1]:
            node = node.inside.setdefault(name, _Node())
        node.files.append(Packed(chain[-1], file, source.modified))
        self._written.append(shown)

    def _next(self) -> Path:
        self._files += 1
        return self._room / f"{self._files}"

    def _chain(self, path: str) -> tuple[str, ...]:
        """The redacted, safe names on the way to a file: the containers inside the input, then the file."""
        bundle = self._bundle
        self._redactor.start("names of members")
        if bundle.kind == "folder" and path.startswith(f"{bundle.name}/"):
            path = path[len(bundle.name) + 1 :]
        parts = path.split(_INSIDE)
        if bundle.kind not in ("folder", "several") and len(parts) > 1:
            parts = parts[1:]
        chain = tuple(self._safe(part) for part in parts)
        # Two names may become one when what made them different is hidden.
        whole, number = chain, 1
        while whole in self._used:
            number += 1
            stem, dot, ending = chain[-1].partition(".")
            whole = (*chain[:-1], f"{stem} ({number}){dot}{ending}")
        self._used.add(whole)
        return whole

    def _safe(self, name: str) -> str:
        text = self._redactor.text(f"/{name}").replace("\\", "/")
        parts = [part for part in text.split("/") if part not in ("", ".", "..")]
        return "/".join(part.replace(":", "_") if index == 0 else part for index, part in enumerate(parts)) or "_"

    def _redact(self, source: Source, file: Path) -> bool:
        """Write the redacted content of a source; False if it is left out."""
        try:
            if is_capture(source.head):
                self._notes += redact_capture(source, file, self._redactor)
                return True
            with file.open("wb") as out:
                if not is_binary(source.head):
                    self._notes += redact_text(source, out, self._redactor)
                    return True
                if self._keep_binary:
                    with source.open() as content:
                        shutil.copyfileobj(content, out, 1024 * 1024)
                    message = f"{source.path} is binary and was copied as it is (--keep-binary): it was not redacted."
                    self._notes.append(Problem(source.path, "binary", message))
                    return True
        except OSError as error:
            if not source.file.exists():
                raise
            message = f"{source.path} was left out: {error.strerror or error}."
            self._left_out.append(Problem(source.path, "unreadable", message))
            return False
        message = f"{source.path} is binary and cannot be redacted: it was left out. --keep-binary copies it as it is."
        self._left_out.append(Problem(source.path, "binary", message))
        return False

    def _deliver(self, root: _Node, output: Path) -> None:
        kind = archive_kind(output.name)
        single = len(root.files) == 1 and not root.inside and self._bundle.kind not in ("folder", "several", "zip")
        single = single and not self._bundle.kind.startswith("tar")
        if kind is None and single:
            done = self._next()
            compress(root.files[0].file, done, compression_kind(output.name))
        else:
            members = self._members(root)
            done = self._next()
            if kind is None:
                self._folder(members, done)
                if output.is_dir():
                    output.rmdir()
            else:
                pack(members, done, *kind)
        # Rename within one file system: the output is whole or not there.
        done.replace(output)

    def _compressed(self, member: Packed) -> Packed:
        """Files were decompressed when they were read: what is called syslog.2.gz is compressed again."""
        codec = compression_kind(member.name)
        if not codec:
            return member
        file = self._next()
        compress(member.file, file, codec)
        member.file.unlink()
        return replace(member, file=file)

    def _members(self, node: _Node) -> list[Packed]:
        """The files of a container, those that are containers packed first."""
        members = [self._compressed(member) for member in node.files]
        for name, inner in node.inside.items():
            kind = archive_kind(name)
            if kind is None:
                kind = ("tar", compression_kind(name))
                message = f"{name} is an archive by its content only: it was written as tar."
                self._notes.append(Problem(name, "unsupported", message))
            file = self._next()
            content = self._members(inner)
            pack(content, file, *kind)
            times = [member.modified for member in content if member.modified]
            members.append(Packed(name, file, max(times, default=None)))
        return members

    def _folder(self, members: Sequence[Packed], target: Path) -> None:
        target.mkdir()
        for member in members:
            path = target / member.name
            path.parent.mkdir(parents=True, exist_ok=True)
            member.file.replace(path)
            if member.modified:
                stamp = member.modified.timestamp()
                os.utime(path, (stamp, stamp))
