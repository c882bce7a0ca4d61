"""Decoders for gzip, bzip2, xz and zstd streams that keep whatever decodes.

Each takes a `Feed` of compressed bytes and gives blocks of expanded ones. All that decoded before a damaged
place is given; then a `Fault` says what is wrong. Streams that follow each other are read as one
(RFC 1952, section 2.2; xz and zstd allow the same). The output of one step is bounded whatever the input.
"""

from __future__ import annotations

import zlib
from collections.abc import Callable, Iterator
from typing import Literal, Protocol

from analyzer.bundle.budget import RatioGuard
from analyzer.bundle.faults import Fault, Report, readable_size
from analyzer.bundle.stream import BLOCK, Feed, batched
from analyzer.settings import Limits

Compression = Literal["gz", "bz2", "xz", "zst"]

MAGIC: dict[Compression, bytes] = {
    "gz": b"\x1f\x8b\x08",
    "bz2": b"BZh",
    "xz": b"\xfd7zXZ\0",
    "zst": b"\x28\xb5\x2f\xfd",
}
# A failing step loses its output, and bz2 and lzma cannot be wound back: so their steps are small.
_STEP = 16 * 1024
_TRUNCATED = "is truncated: it ends before its compressed data does"
_DAMAGED = "is corrupt: its compressed data is damaged"


class _Decoder(Protocol):
    @property
    def eof(self) -> bool: ...
    @property
    def needs_input(self) -> bool: ...
    @property
    def unused_data(self) -> bytes: ...
    def decompress(self, data: bytes, max_length: int = -1) -> bytes: ...


def expand(kind: Compression, feed: Feed, limits: Limits, report: Report) -> Iterator[bytes]:
    """Decompress a stream.

    Args:
        kind: the format, as its magic bytes say.
        feed: the compressed bytes.
        limits: for the ratio and for the memory of a decoder.
        report: told of flaws that cost no content: a wrong checksum, bytes after the end.

    Raises:
        Fault: the stream is damaged, ends early, or hits a limit.
    """
    decoders = {"gz": gunzip, "bz2": bunzip, "xz": unxz, "zst": unzstd}
    return guarded(decoders[kind](feed, limits, report), feed, limits)


def guarded(blocks: Iterator[bytes], feed: Feed, limits: Limits) -> Iterator[bytes]:
    """Pass the blocks of a decoder on while its ratio is within the limit.

    Raises:
        Fault: the ratio is over the limit, or the decoder's own fault.
    """
    guard = RatioGuard(limits)
    for block in blocks:
        guard.check(len(block), feed.taken)
        yield block


def inflate(feed: Feed) -> Iterator[bytes]:
    """Expand one raw deflate stream (RFC 1951) and leave the feed right behind it.

    Raises:
        Fault: damaged or cut short.
    """
    decoder = zlib.decompressobj(-zlib.MAX_WBITS)
    while not decoder.eof:
        data = feed.piece()
        if not data:
            raise Fault("truncated", _TRUNCATED)
        while not decoder.eof:
            before = decoder.copy()
            try:
                block = decoder.decompress(data, BLOCK)
            except zlib.error as error:
                yield from _up_to_the_damage(before, data)
                raise Fault("corrupt", _DAMAGED) from error
            if block:
                yield block
            data = decoder.unconsumed_tail
            if not data and len(block) < BLOCK:
                break
    feed.give_back(decoder.unused_data)


def _up_to_the_damage(decoder: zlib._Decompress, data: bytes) -> Iterator[bytes]:
    """Decode byte by byte, because a failing call throws away what it had decoded."""
    good = bytearray()
    try:
        for at in range(len(data)):
            good += decoder.decompress(data[at : at + 1], BLOCK - len(good) or 1)
            if len(good) >= BLOCK:
                break
    except zlib.error:
        # The damage that the caller has already met.
        pass
    if good:
        yield bytes(good)


def gunzip(feed: Feed, limits: Limits, report: Report) -> Iterator[bytes]:
    """Expand gzip members (RFC 1952); `report` is told of wrong checksums and of bytes after the last one.

    Raises:
        Fault: damaged or cut short.
    """
    while feed.peek(1):
        if feed.peek(3) != MAGIC["gz"][: len(feed.peek(3))]:
            _report_trailing(feed, report)
            return
        _skip_gzip_header(feed)
        checksum = size = 0
        for block in inflate(feed):
            checksum = zlib.crc32(block, checksum)
            size += len(block)
            yield block
        trailer = feed.read(8)
        if len(trailer) < 8:
            raise Fault("truncated", "is truncated: it ends inside its last checksum, behind all of its content")
        if int.from_bytes(trailer[:4], "little") != checksum:
            report("corrupt", "has a wrong checksum (CRC-32), so its content may be damaged")
        elif int.from_bytes(trailer[4:], "little") != size & 0xFFFFFFFF:
            report("corrupt", "states a wrong size, so its content may be damaged")


def _skip_gzip_header(feed: Feed) -> None:
    header = feed.read(10)
    if len(header) < 10:
        raise Fault("truncated", "is truncated: it ends inside its gzip header")
    flags = header[3]
    if flags & 0x04:
        feed.read(int.from_bytes(feed.read(2), "little"))
    for text in (0x08, 0x10):
        if flags & text:
            _skip_text(feed)
    if flags & 0x02:
        feed.read(2)


def _skip_text(feed: Feed) -> None:
    while data := feed.piece():
        end = data.find(0)
        if end >= 0:
            feed.give_back(data[end + 1 :])
            return
    raise Fault("truncated", "is truncated: it ends inside its gzip header")


def bunzip(feed: Feed, limits: Limits, report: Report) -> Iterator[bytes]:
    """Expand bzip2 streams.

    Raises:
        Fault: damaged or cut short.
    """
    # Heavy for a command that may meet no such file.
    import bz2

    return batched(_expand_streams(feed, report, bz2.BZ2Decompressor, MAGIC["bz2"], (OSError, ValueError)))


def unxz(feed: Feed, limits: Limits, report: Report) -> Iterator[bytes]:
    """Expand xz streams, with the padding that may stand between them.

    Raises:
        Fault: damaged, cut short, or in need of more memory than the limit on decoders.
    """
    import lzma

    def decoder() -> _Decoder:
        return lzma.LZMADecompressor(lzma.FORMAT_XZ, memlimit=limits.decoder_window)

    def pieces() -> Iterator[bytes]:
        try:
            yield from _expand_streams(feed, report, decoder, MAGIC["xz"], ())
        except lzma.LZMAError as error:
            # liblzma's only error text with that word; it has no code of its own in Python.
            if "memory" in str(error).lower():
                raise _window_fault(limits) from error
            raise Fault("corrupt", _DAMAGED) from error

    return batched(pieces())


def unlzma(feed: Feed, limits: Limits, size: int, ends_itself: bool) -> Iterator[bytes]:
    """Expand the LZMA data of a zip member (APPNOTE.TXT, section 5.8).

    Args:
        feed: the compressed bytes with their 4 + 5 bytes of header.
        limits: for the memory of the decoder.
        size: expanded bytes to expect.
        ends_itself: whether the data has an end marker (general purpose bit 1).

    Raises:
        Fault: damaged, cut short, or in need of more memory than the limit on decoders.
    """
    import lzma

    header = feed.read(9)
    if len(header) < 9 or header[2:4] != b"\x05\0" or header[4] >= 9 * 5 * 5:
        raise Fault("corrupt", "has a damaged LZMA header")
    dictionary = int.from_bytes(header[5:9], "little")
    if dictionary > limits.decoder_window:
        raise _window_fault(limits, dictionary)
    literal = {"lc": header[4] % 9, "lp": header[4] // 9 % 5, "pb": header[4] // 45}
    if literal["lc"] + literal["lp"] > 4:
        raise Fault("corrupt", "has a damaged LZMA header")
    chain = [{"id": lzma.FILTER_LZMA1, "dict_size": max(dictionary, 4096), **literal}]
    decoder = lzma.LZMADecompressor(lzma.FORMAT_RAW, filters=chain)

    def pieces() -> Iterator[bytes]:
        left = size
        while not decoder.eof and (left or ends_itself):
            data = feed.piece() if decoder.needs_input else b""
            if decoder.needs_input and not data:
                raise Fault("truncated", _TRUNCATED)
            try:
                piece = decoder.decompress(data, _STEP if ends_itself else min(_STEP, left))
            except lzma.LZMAError as error:
                raise Fault("corrupt", _DAMAGED) from error
            left -= len(piece)
            yield piece

    return batched(pieces())


def _expand_streams(
    feed: Feed, report: Report, new: Callable[[], _Decoder], magic: bytes, damage: tuple[type[Exception], ...]
) -> Iterator[bytes]:
    """Expand streams that follow each other, with the decoders of the standard library."""
    while start := feed.peek(len(magic)):
        if start != magic[: len(start)]:
            _report_trailing(feed, report)
            return
        decoder = new()
        while not decoder.eof:
            data = feed.piece() if decoder.needs_input else b""
            if decoder.needs_input and not data:
                raise Fault("truncated", _TRUNCATED)
            try:
                piece = decoder.decompress(data, _STEP)
            except damage as error:
                raise Fault("corrupt", _DAMAGED) from error
            if piece:
                yield piece
        feed.give_back(decoder.unused_data)
        while feed.peek(1) == b"\0":
            feed.give_back(feed.piece().lstrip(b"\0"))


def unzstd(feed: Feed, limits: Limits, report: Report) -> Iterator[bytes]:
    """Expand zstd frames (RFC 8878), block by block so that no call can expand without bound.

    Raises:
        Fault: damaged, cut short, with a dictionary, or with a window over the limit on decoders.
    """
    while magic := feed.peek(4):
        if len(magic) == 4 and _is_skippable(magic):
            feed.read(4)
            left = int.from_bytes(feed.read(4), "little")
            while left and (data := feed.piece(min(left, BLOCK))):
                left -= len(data)
        elif magic == MAGIC["zst"][: len(magic)]:
            yield from batched(_expand_frame(feed, limits))
        else:
            _report_trailing(feed, report)
            return


def _is_skippable(magic: bytes) -> bool:
    return magic[1:] == b"\x2a\x4d\x18" and magic[0] & 0xF0 == 0x50


def _expand_frame(feed: Feed, limits: Limits) -> Iterator[bytes]:
    import zstandard

    header, checksum = _read_frame_header(feed, limits)
    decoder = zstandard.ZstdDecompressor(max_window_size=max(limits.decoder_window, 1024)).decompressobj()
    data, last = header, False
    while not last:
        mark = _read_exactly(feed, 3)
        field = int.from_bytes(mark, "little")
        last, kind, size = bool(field & 1), field >> 1 & 3, field >> 3
        if kind == 3 or size > 128 * 1024:
            raise Fault("corrupt", _DAMAGED)
        block = feed.read(1 if kind == 1 else size)
        if len(block) < (1 if kind == 1 else size):
            if kind == 0:  # a raw block: its bytes are the content
                yield block
            raise Fault("truncated", _TRUNCATED)
        try:
            yield decoder.decompress(data + mark + block)
        except zstandard.ZstdError as error:
            raise Fault("corrupt", _DAMAGED) from error
        data = b""
    if checksum:
        try:
            decoder.decompress(_read_exactly(feed, 4))
        except zstandard.ZstdError as error:
            raise Fault("corrupt", "has a wrong checksum, so its content may be damaged") from error


def _read_frame_header(feed: Feed, limits: Limits) -> tuple[bytes, bool]:
    """Read the header of a frame, check its window, and tell whether a checksum follows the blocks."""
    header = _read_exactly(feed, 5)
    flags = header[4]
    single, dictionary = bool(flags & 0x20), (0, 1, 2, 4)[flags & 3]
    size = (1 if single else 0, 2, 4, 8)[flags >> 6]
    header += _read_exactly(feed, (0 if single else 1) + dictionary + size)
    if dictionary and any(header[-dictionary - size :][:dictionary]):
        raise Fault("unsupported", "is compressed with a dictionary that is not part of it")
    if single:
        window = int.from_bytes(header[-size:], "little")
    else:
        base = 1 << 10 + (header[5] >> 3)
        window = base + base // 8 * (header[5] & 7)
    if window > limits.decoder_window:
        raise _window_fault(limits, window)
    return header, bool(flags & 4)


def _read_exactly(feed: Feed, count: int) -> bytes:
    data = feed.read(count)
    if len(data) < count:
        raise Fault("truncated", _TRUNCATED)
    return data


def _window_fault(limits: Limits, window: int = 0) -> Fault:
    asked = f" ({readable_size(window)})" if window else ""
    return Fault(
        "limit",
        f"needs more memory to decompress{asked} than the limit on decoders allows"
        f" ({readable_size(limits.decoder_window)}, --limit decoder_window)",
    )


def _report_trailing(feed: Feed, report: Report) -> None:
    """Tell of bytes after the last stream; zero bytes are padding, as tapes and some writers leave it."""
    for data in feed.rest():
        if data.count(0) != len(data):
            report("malformed", "has trailing data after its end, which was ignored")
            return
