"""Walks over a folder without following links or opening anything but regular files."""

from __future__ import annotations

import os
import stat
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from analyzer.bundle.faults import ProblemLog
from analyzer.bundle.names import shown
from analyzer.bundle.rotation import natural_key

_SPECIAL = {
    stat.S_IFLNK: "a symbolic link",
    stat.S_IFIFO: "a fifo",
    stat.S_IFSOCK: "a socket",
    stat.S_IFCHR: "a character device",
    stat.S_IFBLK: "a block device",
}


@dataclass(frozen=True, slots=True)
class FolderFile:
    """A regular file in a folder: its shown name below the folder, where it is, and what stat says."""

    name: str
    file: Path
    size: int
    modified: float


def walk(folder: Path, shown_folder: str, problems: ProblemLog) -> Iterator[FolderFile]:
    """Give the regular files below a folder, each folder in natural order of its names.

    Args:
        folder: where to start.
        shown_folder: its shown path, for the problems.
        problems: told of links, special files and what cannot be read.
    """
    todo = [(folder, "")]
    while todo:
        here, prefix = todo.pop()
        try:
            with os.scandir(here) as entries:
                found = sorted(entries, key=lambda entry: natural_key(entry.name))
        except OSError as error:
            _report_unreadable(problems, f"{shown_folder}/{prefix}".rstrip("/"), error)
            continue
        folders = []
        for entry in found:
            name = f"{prefix}{shown(entry.name)}"
            try:
                info = entry.stat(follow_symlinks=False)
            except OSError as error:
                _report_unreadable(problems, f"{shown_folder}/{name}", error)
                continue
            if stat.S_ISDIR(info.st_mode):
                folders.append((Path(entry.path), f"{name}/"))
            elif stat.S_ISREG(info.st_mode):
                yield FolderFile(name, Path(entry.path), info.st_size, info.st_mtime)
            else:
                _report_special(problems, f"{shown_folder}/{name}", info.st_mode)
        todo += reversed(folders)


def _report_special(problems: ProblemLog, path: str, mode: int) -> None:
    what = _SPECIAL.get(stat.S_IFMT(mode), "a special file")
    problems.add(
        path,
        "special",
        f"{path} is {what}: it was skipped. Pass the file that it stands for if its content matters.",
        f"files are {what.split(' ', 1)[1]}s, not regular files, and were skipped",
    )


def _report_unreadable(problems: ProblemLog, path: str, error: OSError) -> None:
    problems.add(
        path,
        "unreadable",
        f"{path} cannot be read ({error.strerror or error}). Check its permissions and run again.",
        "files or folders cannot be read",
    )
