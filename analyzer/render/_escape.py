"""Untrusted text made safe to print: what is invisible becomes visible, what could act is disarmed."""

from __future__ import annotations

import re
from datetime import datetime

# C0 and C1 controls, DEL, bidirectional and invisible format characters, line separators, lone surrogates.
_ACTIVE = re.compile(
    "[\x00-\x08\x0b-\x1f\x7f-\x9f\u061c\u200b-\u200f\u2028-\u202e\u2060-\u2069\ufeff\ufff9-\ufffb\ud800-\udfff]"
)


def visible(text: str) -> str:
    """A line of input with control characters as \\xNN or \\uNNNN, tabs and line ends as spaces."""
    flat = text.replace("\t", "    ").replace("\n", " ")
    return _ACTIVE.sub(lambda match: escape(match.group()), flat)


def escape(char: str) -> str:
    """A character as its escape: \\xNN up to U+00FF, else \\uNNNN."""
    code = ord(char)
    return f"\\x{code:02x}" if code <= 0xFF else f"\\u{code:04x}"


def stamp(moment: datetime | None) -> str:
    """A UTC time to the second, or "-"."""
    return f"{moment:%Y-%m-%d %H:%M:%S}" if moment else "-"
