"""What one would tell a colleague about a capture: one notice a failed transaction or a troubled connection.

A module of this package is a topic: it holds `notices(capture) -> Iterator[Notice]` and is found by its place. The
notices follow Zeek's notice.log; rules in rules/network/ find them by the beginning of their text.
"""

from __future__ import annotations

import importlib
import pkgutil
import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import cache
from types import ModuleType
from typing import TYPE_CHECKING
from urllib.parse import quote

if TYPE_CHECKING:
    from ..capture import Capture

INFO, WARN, ERROR = 9, 13, 17  # OpenTelemetry severity numbers
Value = str | int | float
_PLAIN = "".join(chr(code) for code in range(0x21, 0x7F) if chr(code) != "%")
_TOKEN = re.compile("[!-$&-~]*")  # what is written as it is: most values


@dataclass(frozen=True, slots=True)
class Notice:
    """One thing that is wrong, or worth to know, in a capture.

    Attributes:
        note: snake_case name, the anchor of a rule: "dns_servfail".
        severity_number: OpenTelemetry: 9 info, 13 warn, 17 error.
        time: microseconds since 1970 UTC.
        frame_number: the frame to open, from 1; 0 for the capture as a whole.
        msg: one sentence with numbers.
        frames: up to five frame numbers that show it.
        src, dst: client and server as text, with the port where there is one.
        fields: what rules extract; any text, `text` encodes it.
        connection: row in the connections table, -1 none.
    """

    note: str
    severity_number: int
    time: int
    frame_number: int
    msg: str
    frames: tuple[int, ...] = ()
    src: str = ""
    dst: str = ""
    fields: Mapping[str, Value] = field(default_factory=dict)
    connection: int = -1

    def text(self) -> str:
        """The record that rules see: one line, free of control characters, a field a token without spaces."""
        frames = self.frames or ((self.frame_number,) if self.frame_number else ())
        where = f" ({'frame' if len(frames) == 1 else 'frames'} {', '.join(map(str, frames))})" if frames else ""
        sentence = self.msg
        if not sentence.isprintable():
            sentence = "".join(char if char.isprintable() else "\ufffd" for char in sentence)
        sentence = sentence.rstrip(". ")
        tokens = {**self.fields}
        if self.src:
            tokens.setdefault("client", self.src)
        if self.dst:
            tokens.setdefault("server", self.dst)
        told = "".join(f" {name}={token(value)}" for name, value in tokens.items())
        return f"{self.note}: {sentence}{where}.{told}"


def token(value: Value) -> str:
    """A value as printable ASCII without spaces, the rest percent-encoded."""
    if isinstance(value, float):
        return f"{value:.6g}"
    text = str(value)
    return text if _TOKEN.fullmatch(text) else quote(text, safe=_PLAIN, errors="replace")


@cache
def topics() -> tuple[ModuleType, ...]:
    """The modules of this package that give notices, in the order of their names."""
    modules = [importlib.import_module(f"{__name__}.{found.name}") for found in pkgutil.iter_modules(__path__)]
    return tuple(module for module in modules if hasattr(module, "notices"))


def all_notices(capture: Capture) -> list[Notice]:
    """Every notice of a capture, in the order of time and frame."""
    from ._causes import filed

    found = [notice for topic in topics() for notice in topic.notices(capture)]
    return sorted(filed(found), key=lambda notice: (notice.time, notice.frame_number, notice.note))
