"""What is not of a log is taken off its lines: colours, odd blanks, markup of pages, what is ahead of every line."""

from __future__ import annotations

import re

import numpy as np

from .markup import without_markup
from .plan import Encoding

# CSI sequences, OSC strings with their terminator, and two-byte escapes (ECMA-48), C1 forms included. The bytes of a
# character are taken together: what is left of UTF-8 must be UTF-8.
ANSI = re.compile(
    rb"\x1b\[[0-?]*[ -/]*[@-~]|\x1b[\]PX^_](?:[^\x07\x1b\xc2\n]|\xc2(?!\x9c))*(?:\x07|\x1b\\|\xc2\x9c)?|"
    rb"\x1b[ -/]*[0-~]?|\xc2\x9b[0-?]*[ -/]*[@-~]"
)
# Blanks that do not break, as word processors, mails and pages have them; and characters without a width: zero-width
# blanks and joiners, marks of direction, byte order marks of files that were put together.
_BLANKS = ("\u00a0", "\u2007", "\u202f")
_NOTHING = ("\u200b", "\u200c", "\u200e", "\u200f", "\u2060", "\u202a", "\u202c", "\ufeff")
_ODD = {char.encode(): b" " for char in _BLANKS} | {char.encode(): b"" for char in _NOTHING}
_LEADS = sorted({char[0] for char in _ODD})


def cleaned(text: bytes, encoding: Encoding) -> bytes:
    """Lines of UTF-8 as the program wrote them; their number stays."""
    # The search for two bytes is slow, and only text beyond ASCII can hold them.
    plain = text.isascii()
    if b"\x1b" in text or (not plain and b"\xc2\x9b" in text):
        text = ANSI.sub(b"", text)
    if not plain:
        text = _without_odd(text)
    if encoding.prefix:
        text = re.sub(b"(?m)^" + encoding.prefix, b"", text)
    return without_markup(text, encoding.markup) if encoding.markup else text


def _without_odd(text: bytes) -> bytes:
    for char in _odd_in(text):
        text = text.replace(char, _ODD[char])
    return text


def _odd_in(text: bytes) -> list[bytes]:
    """The odd characters that are in a text: by their first bytes, as a search for each takes ten times longer."""
    data = np.frombuffer(text, np.uint8)
    found: set[bytes] = set()
    for lead in _LEADS:
        at = np.flatnonzero(data[:-2] == lead)
        if len(at):
            pairs = np.unique(data[at + 1].astype(np.uint32) << 8 | data[at + 2])
            found |= {bytes((lead, int(pair) >> 8, int(pair) & 255)) for pair in pairs}
    return [char for char in _ODD if any(seen.startswith(char) for seen in found)]
