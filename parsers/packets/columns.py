"""The packets of a capture as columns: one numpy array a field, one element a packet.

Names follow Zeek and Wireshark. Row r is Wireshark's frame r + 1. Nothing is copied out of the file but the
fields of the headers; payloads are read from it by their offset.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from ipaddress import IPv6Address
from typing import TYPE_CHECKING, Any, Literal, get_args, get_type_hints

import numpy as np
import numpy.typing as npt
import polars as pl

from .mapping import reader, release

if TYPE_CHECKING:
    from .frames import Frames

Bools = npt.NDArray[np.bool_]
Bytes = npt.NDArray[np.uint8]
Rows = npt.NDArray[np.int64]
Ints = npt.NDArray[np.int64]
Array = npt.NDArray[Any]

# `tunnel` is an index into this; the innermost tunnel of a packet counts.
TUNNELS = ("", "gre", "erspan", "ipip", "6in4", "vxlan", "geneve", "gtpu", "capwap")
NO_PROTOCOL = 255
ICMP, IGMP, TCP, UDP, ICMP6, SCTP = 1, 2, 6, 17, 58, 132
FIN, SYN, RST, PSH, ACK, URG = 1, 2, 4, 8, 16, 32

# How many places far apart, or how many bytes of places close together, are read before their pages are given back.
_APART, _NEAR = 16, 16 * 1024 * 1024
_MAPPED_V4 = 0xFFFF << 32  # the low half of ::ffff:0.0.0.0

# What framing or the grouping to connections says of a packet.
_LATER = ("offset", "captured", "length", "time", "connection", "from_orig")
ABSENT = 0xFFFF  # in the place of a layer that a packet has not
# What a column holds where a packet has no such field; 0 elsewhere.
NONE = {
    "vlan": -1, "ether_at": ABSENT, "network_at": ABSENT, "protocol": NO_PROTOCOL, "transport_at": ABSENT,
    "payload_at": ABSENT, "connection": -1,
}  # fmt: skip
Place = Literal["ether", "network", "transport", "payload"]


@dataclass(frozen=True, slots=True)
class Fields:
    """What is known of packets while and after they are decoded; all arrays have one element a packet.

    Attributes:
        offset: first byte of the packet in `data`; behind its end for the packet that completed a fragmented datagram.
        captured, length: bytes in the file, and on the wire.
        vlan: id of the innermost tag, -1 none. tunnel: index into TUNNELS, 0 none.
        broadcast: whether the innermost Ethernet frame is sent to all. ip_version: 4, 6 or 0.
        src_hi, src_lo, dst_hi, dst_lo: addresses of 128 bits, IPv4 as ::ffff:a.b.c.d.
        protocol: last next-header, 255 none. ttl: or hop limit. ip_id: of IPv4, or of the fragment header.
        fragment: any fragment, the first one included. fragment_offset: in bytes.
        sport, dport: ports; type and code of ICMP. Fragments but the first have none.
        payload_captured: bytes of what it carries in the file. payload_length: its bytes as the headers say.
        payload_start: the first eight bytes of a TCP payload as a big-endian number, zeros behind its end; it is what
            application protocols are recognised by.
        seq, ack, tcp_flags, window: of TCP, window as written; 0 elsewhere.
    """

    data: Bytes
    offset: npt.NDArray[np.int64]
    captured: npt.NDArray[np.uint32]
    length: npt.NDArray[np.uint32]
    vlan: npt.NDArray[np.int16]
    tunnel: npt.NDArray[np.uint8]
    broadcast: Bools
    ip_version: npt.NDArray[np.uint8]
    src_hi: npt.NDArray[np.uint64]
    src_lo: npt.NDArray[np.uint64]
    dst_hi: npt.NDArray[np.uint64]
    dst_lo: npt.NDArray[np.uint64]
    protocol: npt.NDArray[np.uint8]
    ttl: npt.NDArray[np.uint8]
    ip_id: npt.NDArray[np.uint32]
    dont_fragment: Bools
    fragment: Bools
    fragment_offset: npt.NDArray[np.uint16]
    sport: npt.NDArray[np.uint16]
    dport: npt.NDArray[np.uint16]
    payload_captured: npt.NDArray[np.uint32]
    payload_length: npt.NDArray[np.uint32]
    payload_start: npt.NDArray[np.uint64]
    seq: npt.NDArray[np.uint32]
    ack: npt.NDArray[np.uint32]
    tcp_flags: npt.NDArray[np.uint16]
    window: npt.NDArray[np.uint16]

    def __len__(self) -> int:
        """The number of packets."""
        return len(self.offset)


@dataclass(frozen=True, slots=True)
class Packets(Fields):
    """The packets of a capture; all arrays have one element a packet.

    Attributes:
        data: the bytes of the file, uint8, read-only. read: so many of them at a place, without its pages in memory.
        assembled: what continues `data`: datagrams whose fragments were put together. edges: where each of them ends.
        time: nanoseconds since 1970 UTC; the smallest int64 where the file gives none.
        ether_at: where in the packet the innermost Ethernet header begins, ABSENT none.
        network_at: where in the packet the innermost IP or ARP header begins, ABSENT none.
        transport_at: where in the packet the TCP, UDP, ICMP or SCTP header begins, ABSENT none.
        payload_at: where in the packet begins what it carries, ABSENT none.
        connection: row in the connections table, -1 none. from_orig: sent by the originator.
    """

    read: Callable[[int, int], bytes]
    time: npt.NDArray[np.int64]
    ether_at: npt.NDArray[np.uint16]
    network_at: npt.NDArray[np.uint16]
    transport_at: npt.NDArray[np.uint16]
    payload_at: npt.NDArray[np.uint16]
    connection: npt.NDArray[np.int32]
    from_orig: Bools
    assembled: Bytes = field(default_factory=lambda: np.empty(0, np.uint8))
    edges: Ints = field(default_factory=lambda: np.empty(0, np.int64))

    @classmethod
    def of(cls, frames: Frames, decoded: Mapping[str, Array] | None = None) -> Packets:
        """Packets of which the framing is known, and the decoded columns; arrays are taken over, not copied."""
        columns: dict[str, Array] = dict(decoded or {})
        for name, dtype in DTYPES.items():
            if name in columns:
                continue
            known = getattr(frames, name, None)
            fill = NONE.get(name, 0)
            count = len(frames.offset)
            empty = np.full(count, fill, dtype) if fill else np.zeros(count, dtype)
            columns[name] = empty if known is None else known
        return cls(data=frames.data, read=reader(frames.data), **columns)

    def part(self, start: int, stop: int) -> Packets:
        """The packets of rows start .. stop - 1 as views: what is written there is written here."""
        return Packets(data=self.data, read=self.read, **{name: getattr(self, name)[start:stop] for name in DTYPES})

    @staticmethod
    def names() -> tuple[str, ...]:
        """The names of the columns."""
        return tuple(DTYPES)

    def continued(self, more: Bytes, edges: Ints) -> Packets:
        """The packets with more bytes behind those of the file; `edges` is where the packets in them end."""
        assembled = np.append(self.assembled, more)
        read, size, whole = reader(self.data), len(self.data), assembled.tobytes()

        def either(place: int, count: int) -> bytes:
            return read(place, count) if place < size else whole[place - size : place - size + count]

        edges = np.append(self.edges, edges + len(self.assembled))
        return replace(self, assembled=assembled, edges=edges, read=either)

    def gathered(self, take: Callable[[Bytes, Ints, Ints, int], Bytes], start: Ints, have: Ints, width: int) -> Bytes:
        """Rows of bytes as `gather` gives them, of the file by a way of its own, or of what continues it."""
        behind = start >= len(self.data)
        if not len(self.assembled) or not behind.any():
            return take(self.data, start, have, width)
        out = np.empty((len(start), width), np.uint8)
        out[~behind] = take(self.data, start[~behind], have[~behind], width)
        out[behind] = gather(self.assembled, start[behind] - len(self.data), have[behind], width)
        return out

    def reassembled(self, rows: Rows) -> Bools:
        """Which packets completed a fragmented datagram, and carry all of it."""
        return np.asarray(self.offset[rows] >= len(self.data))

    def end(self, rows: Rows) -> Ints:
        """Where the bytes of packets end, which begin at `offset`."""
        end: Ints = self.offset[rows] + self.captured[rows]
        whole = np.flatnonzero(self.reassembled(rows))
        if len(whole):
            begin = self.offset[rows[whole]] - len(self.data)
            end[whole] = self.edges[np.searchsorted(self.edges, begin, side="right")] + len(self.data)
        return end

    def address_text(self, rows: Rows, which: Literal["src", "dst"]) -> pl.Series:
        """The addresses of packets as text, null where there is none; each distinct one is formatted once."""
        hi, lo = (self.src_hi, self.src_lo) if which == "src" else (self.dst_hi, self.dst_lo)
        return addresses_text(hi[rows], lo[rows], self.ip_version[rows])

    def place(self, layer: Place, rows: Rows) -> Ints:
        """Where in `data` a layer of packets begins, -1 where a packet has none."""
        at: Array = getattr(self, f"{layer}_at")[rows]
        return np.where(at == ABSENT, np.int64(-1), self.offset[rows] + at)

    def has(self, layer: Place) -> Bools:
        """Which packets have a layer."""
        at: Array = getattr(self, f"{layer}_at")
        return np.asarray(at != ABSENT)

    def payload_bytes(self, row: int, limit: int = 65536) -> bytes:
        """What a packet carries behind its transport header, as far as the file holds it."""
        at = int(self.payload_at[row])
        if at == ABSENT:
            return b""
        start = int(self.offset[row]) + at
        return self.read(start, min(int(self.payload_captured[row]), limit))

    def payload_heads(self, rows: Rows, width: int) -> Bytes:
        """The first `width` bytes of payloads, uint8[len(rows), width], zeros where there are fewer."""
        start = self.place("payload", rows)
        have = np.where(start >= 0, self.payload_captured[rows], 0).astype(np.int64)
        return self.gathered(gather, np.maximum(start, 0), have, width)

    def micros(self, row: int) -> int:
        """When a packet was taken, microseconds since 1970 UTC."""
        return int(self.time[row]) // 1000

    def release(self) -> None:
        """Let the operating system take back the memory of the file's pages that were read."""
        release(self.data)


def _dtypes(kind: type[Fields]) -> dict[str, type[np.generic]]:
    """The type of the elements of every column, as the class declares it."""
    hints = get_type_hints(kind)
    apart = ("data", "read", "assembled", "edges")
    return {name: get_args(get_args(hint)[1])[0] for name, hint in hints.items() if name not in apart}


DTYPES = _dtypes(Packets)


def grown(columns: Mapping[str, Array], room: int) -> dict[str, Array]:
    """The columns that are decoded from the packets' bytes, with room for so many packets, zero behind the known."""
    out: dict[str, Array] = {}
    for name, dtype in DTYPES.items():
        if name in _LATER:
            continue
        column = np.zeros(room, dtype)
        known = columns.get(name, column[:0])
        column[: len(known)] = known
        out[name] = column
    return out


def gather(data: Bytes, start: Ints, have: Ints, width: int) -> Bytes:
    """Rows of `width` bytes of `data` from `start` on, zeros behind the `have` bytes that belong to a row.

    Args:
        data: uint8, any length.
        start: first bytes, >= 0.
        have: how many bytes from there may be read, any size.
        width: bytes a row.
    """
    if not len(start) or not len(data) or not width:
        return np.zeros((len(start), width), np.uint8)
    beyond = np.flatnonzero(start + width > len(data))
    if len(data) < width:
        out = np.zeros((len(start), width), np.uint8)
    else:
        wide = np.ndarray((len(data) - width + 1,), dtype=f"V{width}", buffer=data, strides=(1,))
        chosen = np.minimum(start, len(data) - width) if len(beyond) else start
        out = wide[chosen].view(np.uint8).reshape(-1, width)
    for row in beyond.tolist():
        tail = data[int(start[row]) :]
        out[row] = 0
        out[row, : len(tail)] = tail
    short = np.flatnonzero(have < width)
    if len(short):
        out[short] *= np.arange(width)[None, :] < have[short, None]
    return out


def gather_apart(data: Bytes, start: Ints, have: Ints, width: int) -> Bytes:
    """As gather, for places far apart: each may bring a megabyte of the file into memory, which is given back."""
    out = np.empty((len(start), width), np.uint8)
    if not (start[1:] >= start[:-1]).all():
        order = np.argsort(start, kind="stable")
        out[order] = gather_apart(data, start[order], have[order], width)
        return out
    begin = 0
    while begin < len(start):
        near = int(np.searchsorted(start, start[begin] + _NEAR))
        part = slice(begin, max(begin + _APART, near))
        out[part] = gather(data, start[part], have[part], width)
        release(data)
        begin = part.stop
    return out


def addresses_text(hi: Array, lo: Array, version: Array) -> pl.Series:
    """Addresses of 128 bits as text: dotted for IP version 4, compressed (RFC 5952) for 6, null for 0."""
    frame = pl.DataFrame({"hi": hi, "lo": lo, "version": version})
    distinct = frame.unique(maintain_order=True)
    texts = [address(*row) for row in distinct.iter_rows()]
    texts_of = distinct.with_columns(text=pl.Series(texts, dtype=pl.String))
    return frame.join(texts_of, on=["hi", "lo", "version"], how="left", maintain_order="left")["text"]


def address(hi: int, lo: int, version: int) -> str | None:
    """One address as text."""
    if version == 4:
        return ".".join(map(str, (lo & 0xFFFFFFFF).to_bytes(4, "big")))
    if version == 6:
        return str(IPv6Address((hi << 64) | lo))
    return None


def ether_text(address: int) -> str:
    """A hardware address of 48 bits as text: 02:00:5e:10:00:00."""
    return address.to_bytes(6, "big").hex(":")


def mapped(address: Array) -> Array:
    """The low half of the IPv4-mapped address of 32-bit addresses."""
    return address.astype(np.uint64) | np.uint64(_MAPPED_V4)


def frame_numbers(rows: Sequence[int] | Rows, limit: int = 5) -> tuple[int, ...]:
    """Wireshark's numbers of the first few rows."""
    return tuple(int(row) + 1 for row in rows[:limit])
