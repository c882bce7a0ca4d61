"""Messages as programs printed them, behind what a runtime put in front: each is read as what it is.

JSON, klog, logfmt, an access log, or plain text; lines of a stack trace are one record (records.py).
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any

import numpy as np
import polars as pl

from .formats import access_log, glog
from .formats.json_lines import FORMAT as JSON_LINES
from .json_text import decode, objects
from .records import Records, valid
from .severity import number

_KLOG = re.compile(glog.HEADER)
_ACCESS = re.compile(access_log.FORMAT.patterns[0])
_LOGFMT_LEVEL = re.compile(r"(?:^|\s)(?:level|lvl|severity|at)=\"?([A-Za-z]+)")
_LOGFMT = re.compile(r"^[A-Za-z_@][A-Za-z0-9_.\-]*=\S")
# Programs in containers colour their output; the escape byte may have been lost on the way.
_COLOURS = re.compile(r"\x1b\[(?:[0-9;]{1,8}m|K)")
_LOST_COLOURS = re.compile(r"\[[0-9;]{1,8}m")
# What a message has that is perhaps more than plain text, for Rust's engine: all that `_add_text` asks for.
_PERHAPS_MORE = r"^(?s:.{0,7})\{|^[IWEF][0-9]|^[A-Za-z_@][A-Za-z0-9_.\-]*=\S|\x1b|\[[0-9;]{1,8}m|\] \"|[\r\n]$"
# To ask one message after the other is quicker for so few.
_FEW = 32

Fields = Mapping[str, str | None]
_Message = tuple[int, str | None, str, bool, Fields | None]


class Printed:
    """Collects messages, and reads many of them together.

    Attributes:
        found: the records so far, but for those that are still to be read: see `so_far`.
    """

    def __init__(self) -> None:
        """Start with no message."""
        self.found = Records()
        self._messages: list[_Message] = []

    def __bool__(self) -> bool:
        """Whether there is a message."""
        return bool(self._messages or self.found.line)

    def add(self, line: int, time: str | None, text: str, follows: bool, around: Fields | None = None) -> None:
        """Add a message.

        Args:
            line: number of its first line.
            time: when the runtime saw it.
            text: one line as the program printed it.
            follows: whether the message before it comes from the same stream, so that it may continue that one.
            around: fields that the runtime knows.
        """
        self._messages.append((line, time, text, follows and bool(self), around))

    def so_far(self) -> Records:
        """The records of all messages."""
        messages, self._messages = self._messages, []
        if len(messages) < _FEW:
            for message in messages:
                add_message(self.found, *message)
        else:
            self._read(messages)
        return self.found

    def _read(self, messages: list[_Message]) -> None:
        texts = pl.Series([valid(text) for _, _, text, _, _ in messages])
        more = np.flatnonzero(texts.str.contains(_PERHAPS_MORE).to_numpy()).tolist()
        # Colours come off before anything is decoded; add_message does that.
        records = objects(
            [
                text if "[" not in text or not _LOST_COLOURS.search(text) else ""
                for text in (messages[at][2] for at in more)
            ]
        )
        done = 0
        for at, record in zip(more, records, strict=True):
            if at > done:
                self._add_plain(messages[done:at])
            line, time, text, follows, around = messages[at]
            if record is not None:
                _add_object(self.found, line, time, record)
                _know(self.found, around)
            else:
                add_message(self.found, line, time, text, follows, around)
            done = at + 1
        self._add_plain(messages[done:])

    def _add_plain(self, messages: list[_Message]) -> None:
        if not messages:
            return
        lines, times, texts, follows, around = zip(*messages, strict=True)
        names = dict.fromkeys(name for fields in around if fields for name in fields if fields[name] is not None)
        columns = {name: [fields.get(name) if fields else None for fields in around] for name in names}
        levels = [number(word) for word in columns.get("severity_text", [None] * len(lines))]
        self.found.extend(lines, texts, times, levels, follows, columns)


def add_message(
    found: Records, line: int, time: str | None, text: str, follows: bool, around: Fields | None = None
) -> None:
    """Add one message, as `Printed.add` does, to records."""
    _add_text(found, line, time, text, follows)
    _know(found, around)


def _know(found: Records, around: Fields | None) -> None:
    """Give the last record what the runtime knows; of its level the message knows better."""
    if around is None:
        return
    unknown = not found.severity[-1]
    for name, value in around.items():
        if value is not None and (name != "severity_text" or unknown):
            found.know(name, value)
    if unknown and "severity_text" in around:
        found.severity[-1] = number(around["severity_text"])


def _add_object(found: Records, line: int, time: str | None, record: dict[str, Any]) -> None:
    JSON_LINES.add(found, line, record)
    found.time[-1] = time or found.time[-1]


def _add_text(found: Records, line: int, time: str | None, text: str, follows: bool) -> None:
    if "\x1b" in text:
        text = _COLOURS.sub("", text)
    if "[" in text:
        text = _LOST_COLOURS.sub("", text)
    text = text.rstrip("\r\n")
    record = decode(text) if "{" in text[:8] else None
    if record is not None:
        _add_object(found, line, time, record)
        return
    if text[:1] in "IWEF" and (match := _KLOG.match(text)):
        fields: Fields = {"scope_name": match["scope_name"], "severity_text": match["severity_text"]}
        found.add(line, match["body"], time, glog.LEVELS[match["severity_text"]], fields=fields)
    elif '] "' in text and (match := _ACCESS.match(text)):
        status = match["http_response_status_code"]
        code = np.array([int(status) if status.isdigit() else -1])
        level = int(access_log.severity_of_status(code)[0])
        found.add(line, text, time, level, fields={"http_response_status_code": status})
    elif "=" in text and _LOGFMT.match(text) and (match := _LOGFMT_LEVEL.search(text)):
        found.add(line, text, time, number(match[1]), fields={"severity_text": match[1]})
    else:
        found.add(line, text, time, follows=follows)
