"""JSON as logs have it: an object a line, perhaps as an element of an array, perhaps broken."""

from __future__ import annotations

import json
import os
import sys
from collections.abc import Callable, Sequence
from typing import Any

# Lines that are decoded together; one that is no object costs as many lines a decoding of their own.
_TOGETHER = 512


def _integer(digits: str) -> int | str:
    # int() of very many digits costs quadratic time, and Python refuses it.
    return int(digits) if len(digits) <= sys.int_info.default_max_str_digits else digits


# Made once: json.dumps and json.loads make a new one for each call that asks for anything special.
_ENCODER = json.JSONEncoder(ensure_ascii=False, separators=(",", ":"))
_DECODER = json.JSONDecoder(parse_int=_integer, parse_constant=str)
# Calls nothing of Python for a number; it raises for those of very many digits.
_QUICK_DECODER = json.JSONDecoder(parse_constant=str)
# Stands between lines that are decoded together: no line can hold it, so that each value is that of one line.
_BETWEEN = os.urandom(8).hex()


def as_text(value: Any) -> str | None:
    """A value as one text; objects and lists as compact JSON."""
    if value is None or isinstance(value, str):
        return value
    if isinstance(value, (dict, list)):
        return _ENCODER.encode(value)
    return str(value)


def decode(line: str) -> dict[str, Any] | None:
    """The object of a line; None where it is none, nested too deeply included."""
    if not line.lstrip().startswith("{"):
        return None
    try:
        value = _DECODER.decode(line)
    except (ValueError, RecursionError):
        return None
    return value if isinstance(value, dict) else None


def element(line: str) -> dict[str, Any] | None:
    """The object of a line, alone or as an element of an array that has one a line; None where it is none."""
    text = line.strip()
    if text.startswith("{") and text.endswith("},"):
        return decode(text[:-1])
    found = decode(text)
    if found is not None:
        return found
    opened = text.lstrip("[,").lstrip() if text[:1] in ("[", ",") else text
    return (
        decode(opened[:-1].rstrip(" ,"))
        if opened.endswith(("},", "}]"))
        else decode(opened)
        if opened != text
        else None
    )


def objects(lines: Sequence[str]) -> list[dict[str, Any] | None]:
    """`decode` of each line; lines that are all objects are decoded together, which takes a third of the time."""
    return _each(decode, lines)


def elements(lines: Sequence[str]) -> list[dict[str, Any] | None]:
    """`element` of each line, as quickly."""
    return _each(element, lines)


def _each(decode_one: Callable[[str], dict[str, Any] | None], lines: Sequence[str]) -> list[dict[str, Any] | None]:
    found: list[dict[str, Any] | None] = []
    for at in range(0, len(lines), _TOGETHER):
        some = lines[at : at + _TOGETHER]
        found += _together(some) or map(decode_one, some)
    return found


def _together(lines: Sequence[str]) -> list[dict[str, Any] | None] | None:
    """The objects of lines of which each is one; None where they are not."""
    if not all(line[:1] == "{" and line[-1:] == "}" for line in lines):
        return None
    try:
        # A string can't go over a line end, so that two broken lines make no object.
        values = _QUICK_DECODER.decode("[" + f',\n"{_BETWEEN}",\n'.join(lines) + "]")
    except (ValueError, RecursionError):
        return None
    found = values[::2]
    if len(values) != 2 * len(lines) - 1 or values[1::2] != [_BETWEEN] * (len(lines) - 1):
        return None
    return found if all(type(value) is dict for value in found) else None
