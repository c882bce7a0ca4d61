"""The codec of text that is no UTF-8: guessed from the lines that hold more than ASCII."""

from __future__ import annotations

from .plan import Encoding


def is_utf8(data: bytes) -> bool:
    """Whether bytes are valid UTF-8."""
    try:
        str(data, "utf-8")
    except UnicodeDecodeError as error:
        return error.start > len(data) - 4  # the head cuts a character in two
    return True


def legacy_encoding(data: bytes, newline: bytes) -> Encoding:
    """The encoding of data that is no valid UTF-8; single damaged lines do not turn a whole file."""
    lines = [line for line in data.split(newline) if not line.isascii()][:400]
    broken = [line for line in lines if not is_utf8(line)]
    codec = guess_codec(b"\n".join(broken))
    if len(broken) < len(lines) * 0.5:
        return Encoding(newline=newline, fallback=codec)
    return Encoding(codec, 0, newline, codec)


# Multi-byte codecs first by how strict they are; a single-byte codec accepts anything.
_CJK = ("gb18030", "euc-jp", "shift_jis", "euc-kr", "big5")


def guess_codec(sample: bytes) -> str:
    """The likeliest legacy codec of some non-ASCII lines; cp1252 where nothing speaks for another."""
    from charset_normalizer import from_bytes

    sample = sample[:16384]
    scores = {codec: score for codec in _CJK if (score := _cjk_score(sample, codec)) is not None}
    # Hangul of EUC-KR also reads as frequent Chinese, but Chinese hardly ever reads as Hangul throughout.
    if scores.get("euc-kr", 0.0) > 0.97 and len(sample.translate(None, bytes(range(128)))) >= 24:
        return "euc-kr"
    best = max(scores, key=lambda codec: scores[codec], default=None)
    if best is not None and scores[best] > 0.6:
        return best
    if len(sample.translate(None, bytes(range(128)))) < 8:
        return "cp1252"
    guess = from_bytes(sample, cp_isolation=["cp1252", "koi8-r", "cp1251"]).best()
    return "cp1252" if guess is None or guess.encoding == "ascii" else guess.encoding


def _cjk_score(sample: bytes, codec: str) -> float | None:
    """Share of the non-ASCII characters that are common in the script of the codec; None: does not decode."""
    try:
        text = sample.decode(codec)
    except UnicodeDecodeError as error:
        if error.start < len(sample) - 4:
            return None
        text = sample.decode(codec, "ignore")
    chars = [c for c in text if ord(c) > 127]
    if not chars:
        return None
    common = sum(_is_common(c, codec) for c in chars)
    # A single-byte text misread as CJK gives rare ideographs; half-width kana betray Shift_JIS misuse.
    return common / len(chars)


def _is_common(char: str, codec: str) -> bool:
    code = ord(char)
    if 0x3000 <= code <= 0x303F or 0xFF01 <= code <= 0xFF5E:
        return True
    if codec in ("euc-jp", "shift_jis"):
        return 0x3040 <= code <= 0x30FF or (0x4E00 <= code <= 0x9FFF and _in_level_one(char, "euc-jp", 0xB0, 0xCF))
    if codec == "euc-kr":
        return 0xAC00 <= code <= 0xD7A3
    if codec == "big5":
        return 0x4E00 <= code <= 0x9FFF and _in_level_one(char, "big5", 0xA4, 0xC6)
    return 0x4E00 <= code <= 0x9FFF and _in_level_one(char, "gb2312", 0xB0, 0xD7)


def _in_level_one(char: str, codec: str, low: int, high: int) -> bool:
    """Whether an ideograph is in the block of frequent ones of its national standard (lead byte range)."""
    try:
        return low <= char.encode(codec)[0] <= high
    except UnicodeEncodeError:
        return False
