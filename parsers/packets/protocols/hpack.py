"""Header blocks of HTTP/2 (HPACK, RFC 7541), also where the beginning of the connection is not in the capture.

An entry of the table that was made before is not known then; it comes out as an empty name, and all others as they are.
"""

from __future__ import annotations

from functools import lru_cache

MAX_BLOCK = 65_536
_MAX_TABLE = 65_536
_DEFAULT_TABLE = 4096  # RFC 9113 section 6.5.2
_OVERHEAD = 32  # bytes that an entry counts beside its text (RFC 7541 section 4.1)
_MAX_MEMORY = 256  # blocks
_LONGEST = 30  # bits of a code
_Field = tuple[str, str]

# RFC 7541 appendix A, in order.
_STATIC: tuple[_Field, ...] = tuple(
    (name, value)
    for name, _, value in (
        entry.partition("=")
        for entry in (
            ":authority", ":method=GET", ":method=POST", ":path=/", ":path=/index.html", ":scheme=http",
            ":scheme=https", ":status=200", ":status=204", ":status=206", ":status=304", ":status=400", ":status=404",
            ":status=500", "accept-charset", "accept-encoding=gzip, deflate", "accept-language", "accept-ranges",
            "accept", "access-control-allow-origin", "age", "allow", "authorization", "cache-control",
            "content-disposition", "content-encoding", "content-language", "content-length", "content-location",
            "content-range", "content-type", "cookie", "date", "etag", "expect", "expires", "from", "host", "if-match",
            "if-modified-since", "if-none-match", "if-range", "if-unmodified-since", "last-modified", "link",
            "location", "max-forwards", "proxy-authenticate", "proxy-authorization", "range", "referer", "refresh",
            "retry-after", "server", "set-cookie", "strict-transport-security", "transfer-encoding", "user-agent",
            "vary", "via", "www-authenticate",
        )
    )
)  # fmt: skip
# Bits of the code of each byte and of the end (appendix B); the codes follow: shorter ones first, then by byte.
_LENGTHS = bytes.fromhex(
    "0d171c1c1c1c1c1c1c181e1c1c1e1c1c1c1c1c1c1c1c1e1c1c1c1c1c1c1c1c1c060a0a0c0d06080b0a0a080b08060606"
    "0505050606060606060607080f060c0a0d06070707070707070707070707070707070707070707070807080d130d0e06"
    "0f05060506050606060507070606060506070605050607070707070f0b0e0d1c14161414161616171617171717171817"
    "181816171817171717151617161717181615141616171715171616181516171715151615171617171416161617161617"
    "1a1a1413161716191a1a1a1b1b1a181913151a1b1b1a1b1815151a1a1c1b1b1b14181415161515171616191918181a17"
    "1a1b1a1a1b1b1b1b1b1c1b1b1b1b1b1a1e"
)


def _codes() -> dict[int, dict[int, int]]:
    """Symbols by the length of their code and the code."""
    found: dict[int, dict[int, int]] = {}
    code = before = 0
    for length, symbol in sorted((length, symbol) for symbol, length in enumerate(_LENGTHS)):
        code <<= length - before
        found.setdefault(length, {})[code] = symbol
        code, before = code + 1, length
    return found


_CODES = _codes()


class BlockError(ValueError):
    """Bytes are no header block."""


class Decoder:
    """The table of one direction of a connection."""

    def __init__(self) -> None:
        """Know nothing of what was sent before."""
        self._entries: list[_Field] = []  # the oldest first
        self._size = 0
        self._limit = _DEFAULT_TABLE
        self._known: dict[bytes, list[_Field]] = {}

    def forget(self) -> None:
        """Something is missing: what is in the table is no longer known."""
        self._entries.clear()
        self._known.clear()
        self._size = 0

    def decode(self, block: bytes) -> list[_Field]:
        """The fields of a block in their order; names and values that cannot be known are empty.

        Raises:
            BlockError: it is none.
        """
        if known := self._known.get(block):
            return known
        found: list[_Field] = []
        at, changed = 0, False
        while at < len(block):
            first = block[at]
            if first & 0x80:
                index, at = _number(block, at, 7)
                found.append(self._entry(index))
            elif first & 0xE0 == 0x20:
                limit, at = _number(block, at, 5)
                self._limit = min(limit, _MAX_TABLE)
                self._shrink()
                changed = True
            else:
                index, at = _number(block, at, 6 if first & 0x40 else 4)
                name = self._entry(index)[0]
                if not index:
                    name, at = _text(block, at)
                value, at = _text(block, at)
                found.append((name, value))
                if first & 0x40:
                    self._add((name, value))
                    changed = True
        if changed:  # a block that changes the table is another one the next time
            self._known.clear()
        elif len(self._known) < _MAX_MEMORY:
            self._known[block] = found
        return found

    def _entry(self, index: int) -> _Field:
        if 0 < index <= len(_STATIC):
            return _STATIC[index - 1]
        place = len(self._entries) + len(_STATIC) - index
        return self._entries[place] if 0 <= place < len(self._entries) else ("", "")

    def _add(self, field: _Field) -> None:
        self._entries.append(field)
        self._size += len(field[0]) + len(field[1]) + _OVERHEAD
        self._shrink()

    def _shrink(self) -> None:
        gone = 0
        while self._size > self._limit and gone < len(self._entries):
            name, value = self._entries[gone]
            self._size -= len(name) + len(value) + _OVERHEAD
            gone += 1
        del self._entries[:gone]


def _number(block: bytes, at: int, bits: int) -> tuple[int, int]:
    """An integer with a prefix of so many bits (section 5.1), and where it ends."""
    most = (1 << bits) - 1
    value = block[at] & most
    at += 1
    if value < most:
        return value, at
    for shift in range(0, 28, 7):
        if at >= len(block):
            break
        value += (block[at] & 0x7F) << shift
        at += 1
        if not block[at - 1] & 0x80:
            return value, at
    raise BlockError


def _text(block: bytes, at: int) -> tuple[str, int]:
    """A string (section 5.2), and where it ends."""
    if at >= len(block):
        raise BlockError
    packed = block[at] & 0x80
    length, at = _number(block, at, 7)
    raw = block[at : at + length]
    if len(raw) < length:
        raise BlockError
    return (unpacked(raw) if packed else raw.decode("utf-8", "replace")), at + length


@lru_cache(4096)
def unpacked(raw: bytes) -> str:
    """Text that is written in the Huffman code.

    Raises:
        BlockError: it is not.
    """
    out = bytearray()
    code = length = 0
    for byte in raw:
        for shift in range(7, -1, -1):
            code = code << 1 | (byte >> shift & 1)
            length += 1
            symbol = _CODES.get(length, _NONE).get(code)
            if symbol is not None:
                if symbol > 255:
                    raise BlockError
                out.append(symbol)
                code = length = 0
            elif length >= _LONGEST:
                raise BlockError
    return out.decode("utf-8", "replace")


_NONE: dict[int, int] = {}
