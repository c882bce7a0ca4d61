"""Real archives, and one way to look at what comes out of them."""

from __future__ import annotations

import io
import tarfile
import zipfile
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import pytest

from analyzer.bundle import open_bundle
from analyzer.settings import Limits
from parsers.contract import Problem, Source

Files = dict[str, bytes]


@dataclass
class Opened:
    """What a bundle held, read before its spooled files went."""

    name: str
    kind: str
    size: int
    sha256: str | None
    sources: list[Source]
    content: Files
    problems: list[Problem]

    def kinds(self) -> set[str]:
        return {problem.kind for problem in self.problems}

    def messages(self) -> str:
        return "\n".join(problem.message for problem in self.problems)


Open = Callable[..., Opened]
Pack = Callable[..., bytes]


@pytest.fixture
def opened() -> Open:
    """Open paths and read all that they hold."""

    def look(*paths: Path | str, limits: Limits | None = None) -> Opened:
        with open_bundle([str(path) for path in paths], limits or Limits()) as bundle:
            content = {}
            for source in bundle.sources:
                with source.open() as file:
                    content[source.path] = file.read()
                assert source.size == len(content[source.path])
                assert source.head == content[source.path][: 64 * 1024]
            assert len(content) == len(bundle.sources), "two sources have one path"
            return Opened(
                bundle.name, bundle.kind, bundle.size, bundle.sha256, bundle.sources, content, bundle.problems
            )

    return look


@pytest.fixture(scope="session")
def zip_of() -> Pack:
    """Pack files as a zip."""

    def pack(files: Files, method: int = zipfile.ZIP_DEFLATED) -> bytes:
        out = io.BytesIO()
        with zipfile.ZipFile(out, "w", method) as archive:
            for name, data in files.items():
                archive.writestr(name, data)
        return out.getvalue()

    return pack


@pytest.fixture(scope="session")
def tar_of() -> Pack:
    """Pack files as a tar."""

    def pack(files: Files, form: int = tarfile.PAX_FORMAT) -> bytes:
        out = io.BytesIO()
        with tarfile.open(fileobj=out, mode="w", format=form) as archive:
            for name, data in files.items():
                info = tarfile.TarInfo(name)
                info.size, info.mtime = len(data), 1_773_480_413
                archive.addfile(info, io.BytesIO(data))
        return out.getvalue()

    return pack
