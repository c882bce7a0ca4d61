"""Fields of the journal's export that hold several lines: their bytes are counted instead of written behind a "=".

https://systemd.io/JOURNAL_EXPORT_FORMATS/#journal-export-format: the name, LF, the size as eight bytes, the value, LF.
"""

from __future__ import annotations

import re

_SIZE = 8
# No value takes the fourth byte of its size.
_FIELD = re.compile(rb"(?m)^([A-Z_][A-Z0-9_]{0,63})\n(?s:(.{3}\0{5}))")


def uncounted(data: bytes) -> bytes:
    """The same lines with a "=" behind the names of such fields, and a blank ahead of each line of their values.

    The number of lines stays, as the line ends that a size holds do.
    """
    parts: list[bytes] = []
    at = 0
    while (field := _FIELD.search(data, at)) is not None:
        begin = field.end()
        end = begin + int.from_bytes(field[2], "little")
        if data[end : end + 1] not in (b"\n", b""):
            parts.append(data[at:begin])  # something else that looks so
        else:
            breaks = b"\n" * (1 + field[2].count(b"\n"))
            parts += [data[at : field.end(1)], b"=", breaks, b" ", data[begin:end].replace(b"\n", b"\n ")]
            begin = end
        at = begin
    parts.append(data[at:])
    return b"".join(parts)


def without_size(line: bytes) -> bytes:
    """A line of an export without the size of the field that it begins."""
    return line[_SIZE:] if line[3:_SIZE] == bytes(5) else line
