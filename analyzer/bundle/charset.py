"""Guesses the character set of names that are not UTF-8.

Names are too short for detectors that count letters, so this asks how likely each character set makes the
bytes: characters of its everyday block are cheap, all others dear, and what it cannot decode is out. The more
names are given together, the surer the guess.
"""

from __future__ import annotations

import math
import re
from collections.abc import Sequence
from dataclasses import dataclass

_RARE = 3.0  # natural logarithm of how much rarer a character outside of the everyday block is
_LONGEST_SAMPLE = 64 * 1024


@dataclass(frozen=True, slots=True)
class _Charset:
    """One candidate: Python's codec, its everyday characters as bytes, how many they are, a handicap.

    The handicap is the natural logarithm of how much rarer it is met in archives than the commonest.
    """

    codec: str
    everyday: re.Pattern[bytes]
    count: int
    handicap: float


_ANY_CHARACTER = re.compile(rb"[\x80-\xff][\x00-\xff]?")
_HANZI = rb"[\xb0-\xd7][\xa1-\xfe]"  # GB 2312, level 1
_BIG5_HANZI = rb"[\xa4-\xc6][\x40-\x7e\xa1-\xfe]"  # level 1
_HANGUL = rb"[\xb0-\xc8][\xa1-\xfe]"
# Kana, the long vowel, JIS level 1.
_JAPANESE = rb"\x82[\x9f-\xf1]|\x83[\x40-\x96]|\x81\x5b|[\x88-\x97][\x40-\xfc]"
_JAPANESE_EUC = rb"\xa4[\xa1-\xf3]|\xa5[\xa1-\xf6]|\xa1\xbc"  # its kanji are where GB 2312 has hanzi
# Letters with accents, which hardly ever stand in threes.
_ACCENTS_DOS = rb"(?<![\x80-\xff]{2})[\x80-\x9a\xa0-\xa5\xe1](?![\x80-\xff]{2})"
_ACCENTS = rb"(?<![\x80-\xff]{2})[\xc0-\xd6\xd8-\xf6\xf8-\xff](?![\x80-\xff]{2})"

_CANDIDATES = (
    _Charset("gb18030", re.compile(_HANZI), 3755, 0.0),
    # Fewer than there are, because kana are half of all Japanese.
    _Charset("cp932", re.compile(_JAPANESE), 600, 0.0),
    _Charset("euc_jp", re.compile(_JAPANESE_EUC), 170, 4.0),
    _Charset("euc_kr", re.compile(_HANGUL), 2350, 2.0),
    _Charset("big5", re.compile(_BIG5_HANZI), 5401, 1.0),
    # Russian, small letters.
    _Charset("cp866", re.compile(rb"[\xa0-\xaf\xe0-\xef]"), 32, 3.0),
    _Charset("cp1251", re.compile(rb"[\xe0-\xff]"), 32, 3.0),
    _Charset("koi8_r", re.compile(rb"[\xc0-\xdf]"), 32, 3.0),
    _Charset("cp437", re.compile(_ACCENTS_DOS), 34, 5.0),
    _Charset("cp1252", re.compile(_ACCENTS), 62, 2.0),
)


def guess_charset(names: Sequence[bytes]) -> str:
    """Name the Python codec that makes the names likeliest; cp437, the standard of zip, decodes any."""
    text = b"\n".join(names)[:_LONGEST_SAMPLE]
    costs = {candidate.codec: _cost(text, candidate) for candidate in _CANDIDATES}
    return min(costs, key=lambda codec: costs[codec])


def _cost(text: bytes, candidate: _Charset) -> float:
    """Negative log likelihood of the bytes that are not ASCII."""
    try:
        text.decode(candidate.codec)
    except UnicodeDecodeError:
        return math.inf
    everyday = strange = 0
    at = 0
    while (match := _ANY_CHARACTER.search(text, at)) is not None:
        common = candidate.everyday.match(text, match.start())
        at = common.end() if common else match.start() + (2 if candidate.count > 256 else 1)
        everyday, strange = (everyday + 1, strange) if common else (everyday, strange + 1)
    return candidate.handicap + (everyday + strange) * math.log(candidate.count) + strange * _RARE
