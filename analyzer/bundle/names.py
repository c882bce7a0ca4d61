"""Names of members: decoded, checked, and made safe to show.

Nothing is ever written under a member's name, so an unsafe name costs the reader of the report nothing but
the knowledge that somebody built it.
"""

from __future__ import annotations

import re

LONGEST_SHOWN = 1024
LONGEST_PART = 255
_KEPT_AT_EACH_END = 200

# C0 and C1 controls, line separators, byte order mark, and the lone surrogates of undecodable bytes.
_CONTROL = re.compile("[\x00-\x1f\x7f-\x9f\u2028\u2029\ufeff\ud800-\udfff]")
# The characters of UAX 9 that change the direction of text: they make "exe.gol" look like "log.exe".
_BIDI = re.compile("[\u061c\u200e\u200f\u202a-\u202e\u2066-\u2069]")
_UNSHOWABLE = re.compile(f"{_CONTROL.pattern}|{_BIDI.pattern}")
_DRIVE = re.compile(r"[A-Za-z]:(?![^\\/])")
_SEPARATOR = re.compile(r"[\\/]")


def shown(name: str) -> str:
    r"""Make a name safe to show.

    Control and direction characters become \xNN or \uNNNN, and a very long name loses its middle.

    Bytes that did not decode (lone surrogates of "surrogateescape") come out as \xNN.
    """
    name = _UNSHOWABLE.sub(_escape, name)
    if len(name) > LONGEST_SHOWN:
        name = f"{name[:_KEPT_AT_EACH_END]}\N{HORIZONTAL ELLIPSIS}{name[-_KEPT_AT_EACH_END:]}"
    return name


def _escape(match: re.Match[str]) -> str:
    code = ord(match.group())
    if 0xDC80 <= code <= 0xDCFF:
        code -= 0xDC00
    return f"\\x{code:02x}" if code < 0x100 else f"\\u{code:04x}"


def unsafe_because(name: str) -> list[str]:
    """List what is unsafe in a name, as clauses that follow it; empty for a sound name."""
    parts = _SEPARATOR.split(name)
    reasons = []
    if not name:
        reasons.append("is empty")
    if name.startswith(("/", "\\")):
        reasons.append("is an absolute path")
    if _DRIVE.match(name):
        reasons.append("starts with a drive letter")
    if ".." in parts:
        reasons.append('leads outside of the bundle with ".."')
    if _CONTROL.search(name):
        reasons.append("holds control characters or bytes that are no text")
    if _BIDI.search(name):
        reasons.append("holds characters that reverse the direction of text")
    if len(name) > LONGEST_SHOWN or max(map(len, parts)) > LONGEST_PART:
        reasons.append(f"is too long ({len(name):,} characters)")
    return reasons


def decode_name(raw: bytes, charset: str | None = None) -> str:
    """Decode the name of a member: UTF-8, else the charset given, else with its odd bytes kept to be shown.

    Args:
        raw: the bytes of the archive.
        charset: a Python codec for what is not UTF-8; None when there is no other.
    """
    try:
        return raw.decode("utf-8")
    except UnicodeDecodeError:
        if charset is not None:
            try:
                return raw.decode(charset)
            except UnicodeDecodeError:
                pass
        return raw.decode("utf-8", "surrogateescape")
