"""The usual packets of a capture, decoded at one stroke: TCP and UDP in IPv4 or IPv6 right behind a link layer or tags.

Most packets of most captures are of this kind. Each one is gathered once, and its fields are columns of what was
gathered. Whatever is not as usual is left to `layers`, which reads header by header.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cache

import numpy as np

from .columns import TCP, UDP, Array, Bools, Bytes, Packets, Rows, mapped
from .frames import Frames
from .links import IPV4, IPV6, VLAN_TAGS
from .tunnels import PORTS

# Link type -> bytes of its header, and where in it the EtherType stands; -1 where there is none.
_LINKS = {1: (14, 12), 113: (16, 14), 276: (20, 0), 12: (0, -1), 14: (0, -1), 101: (0, -1), 228: (0, -1), 229: (0, -1)}
_MOST_TAGS = 2
_IP_HEADER = {4: 20, 6: 40}
_TCP_HEADER, _UDP_HEADER = 20, 8
_REACH = 256  # bytes; packets so near to the end of the file are left, so that no read has to look for it
_START = 8  # bytes of a payload by which protocols are recognised
_ANY_SIZE = 1 << 20  # bytes; more than a packet has
_Target = Rows | slice


@dataclass(frozen=True, slots=True)
class _Layout:
    """Where the EtherType, the number of the last tag (-1 none) and the IP header stand in packets."""

    type_at: int
    tag_at: int
    network: int


def plain(frames: Frames, packets: Packets) -> Rows:
    """Decode the usual packets.

    Args:
        frames: where they are.
        packets: filled in; as many as there are frames.

    Returns:
        The rows of all others.
    """
    left: list[Rows] = []
    for link_type in np.unique(frames.link_type).tolist():
        rows = np.flatnonzero(frames.link_type == link_type)
        if link_type not in _LINKS:
            left.append(rows)
            continue
        near = frames.offset[rows] <= len(frames.data) - _REACH
        if not near.all():
            left.append(rows[~near])
            rows = rows[near]
        if not len(rows):
            continue
        size, type_at = _LINKS[link_type]
        if link_type == 1:
            packets.ether_at[_target(rows, packets)] = 0
        for tags in range(_MOST_TAGS + 1):
            more = 4 * tags
            layout = _Layout(type_at + more, type_at + more - 2 if tags else -1, size + more)
            others, tagged = _decode(packets, rows, layout, link_type == 1)
            left.append(others)
            rows = tagged
            if not len(rows):
                break
        else:
            left.append(rows)
    return np.sort(np.concatenate(left)) if left else np.empty(0, np.int64)


def _target(rows: Rows, packets: Packets) -> _Target:
    """Rows to write to; all of them are written faster without an index."""
    return slice(None) if len(rows) == len(packets) else rows


def _decode(packets: Packets, rows: Rows, layout: _Layout, ethernet: bool) -> tuple[Rows, Rows]:
    """Decode the usual packets of some rows; the others, and those that have one more tag."""
    raw = _at(packets.data, packets.offset[rows], layout.network + _IP_HEADER[6] + _TCP_HEADER)
    tagged = found = np.zeros(len(rows), np.bool_)
    heads = raw.view(_fields(4, layout))
    if layout.type_at >= 0:
        kind = heads["type"].astype(np.uint16)
        version = {4: kind == IPV4, 6: kind == IPV6}
        if not (version[4] | version[6]).all():
            tagged = np.isin(kind, VLAN_TAGS)
    else:
        version = {number: heads["first"] >> 4 == number for number in (4, 6)}
    for number, chosen in version.items():
        if chosen.any():
            found = found | _internet(packets, rows, raw, chosen, layout, number)
    if ethernet and found.any():
        packets.broadcast[_target(rows, packets)] = (heads["to_hi"] == 0xFFFFFFFF) & (heads["to_lo"] == 0xFFFF)
    return rows[~found & ~tagged], rows[tagged]


def _internet(packets: Packets, rows: Rows, raw: Array, chosen: Bools, layout: _Layout, version: int) -> Bools:
    """Decode those of the chosen packets that are as usual: which ones."""
    heads = raw.view(_fields(version, layout))
    begin = layout.network + _IP_HEADER[version]
    tcp = heads["protocol"] == TCP
    good = chosen & (tcp | (heads["protocol"] == UDP))
    if version == 4:
        good &= (heads["first"] == 0x45) & (heads["fragment"] & 0x3FFF == 0)
    else:
        good &= heads["first"] >> 4 == 6
    total, length = heads["total"].astype(np.int32), packets.length[rows].astype(np.int32)
    # Zero is what the kernel writes for packets that the network card cuts into segments.
    behind = layout.network + (_IP_HEADER[6] if version == 6 else 0)
    stop = np.where(total == 0, length, np.minimum(total + behind, length))
    end = np.minimum(packets.captured[rows].astype(np.int32), stop)
    size = (heads["flags"] >> 12).astype(np.int32) * 4
    if tcp.all():
        good &= (end >= begin + _TCP_HEADER) & (size >= _TCP_HEADER)
    else:
        size[~tcp] = _UDP_HEADER
        good &= (end >= begin + np.where(tcp, _TCP_HEADER, _UDP_HEADER)) & (size >= np.where(tcp, _TCP_HEADER, 0))
        datagrams = np.flatnonzero(good & ~tcp)
        tunnels = _tunnel_ports()
        good[datagrams] = ~(tunnels[heads["sport"][datagrams]] | tunnels[heads["dport"][datagrams]])
    if not good.all():
        rows, raw, tcp, stop, end, size = (each[good] for each in (rows, raw, tcp, stop, end, size))
    _write(packets, rows, raw.view(_fields(version, layout)), layout, version)
    _carried(packets, rows, raw.view(_fields(version, layout)), tcp, (begin + size, end, stop))
    return np.asarray(good)


def _write(packets: Packets, rows: Rows, heads: Array, layout: _Layout, version: int) -> None:
    """What the headers say of the network layer."""
    mine = _target(rows, packets)
    packets.ip_version[mine] = version
    packets.network_at[mine] = layout.network
    packets.transport_at[mine] = layout.network + _IP_HEADER[version]
    if version == 4:
        packets.src_lo[mine] = mapped(heads["src"])
        packets.dst_lo[mine] = mapped(heads["dst"])
        packets.ip_id[mine] = _native(heads["id"])
        packets.dont_fragment[mine] = heads["fragment"] & 0x4000 != 0
    else:
        for name in ("src_hi", "src_lo", "dst_hi", "dst_lo"):
            getattr(packets, name)[mine] = _native(heads[name])
    if layout.tag_at >= 0:
        packets.vlan[mine] = heads["tag"] & 0xFFF
    for name in ("ttl", "protocol", "sport", "dport"):
        getattr(packets, name)[mine] = _native(heads[name])


def _carried(packets: Packets, rows: Rows, heads: Array, tcp: Bools, bounds: tuple[Array, Array, Array]) -> None:
    """What the transport headers say, and what they carry: begin, end and end on the wire within the packet."""
    start, end, stop = bounds
    mine = _target(rows, packets)
    held, length = np.maximum(end - start, 0), np.maximum(stop - start, 0)
    if not tcp.all():
        told = heads["udp_length"].astype(np.int32)
        # A length below the header's own is that of a packet that the network card cuts into segments.
        told = np.where(tcp | (told < _UDP_HEADER), _ANY_SIZE, told - _UDP_HEADER)
        held, length = np.minimum(held, told), np.minimum(length, told)
    packets.payload_at[mine] = start
    packets.payload_captured[mine] = held
    packets.payload_length[mine] = length
    for name in ("seq", "ack", "window", "flags"):
        values = _native(heads[name])
        if not tcp.all():
            values[~tcp] = 0
        if name == "flags":
            packets.tcp_flags[mine] = values & 0xFFF
        else:
            getattr(packets, name)[mine] = values
    carries = np.flatnonzero(held if tcp.all() else tcp & (held > 0))
    rows, held = rows[carries], held[carries]
    first = _at(packets.data, packets.offset[rows] + start[carries], _START).view(">u8").astype(np.uint64)
    short = np.flatnonzero(held < _START)
    beyond = ((_START - held[short]) * 8).astype(np.uint64)
    first[short] = first[short] >> beyond << beyond
    packets.payload_start[_target(rows, packets)] = first


def _at(data: Bytes, places: Array, width: int) -> Array:
    """So many bytes at each of some places, which lie so far before the end of the file."""
    return np.ndarray((len(data) - width + 1,), f"V{width}", data, strides=(1,))[places]


def _native(values: Array) -> Array:
    """Values in the byte order of this machine, without gaps: written to chosen rows, others take ten times longer."""
    return values.astype(values.dtype.newbyteorder("="))


@cache
def _tunnel_ports() -> Bools:
    """Whether a port is that of a tunnel, by its number."""
    ports = np.zeros(1 << 16, np.bool_)
    ports[list(PORTS)] = True
    return ports


@cache
def _fields(version: int, layout: _Layout) -> np.dtype[np.void]:
    """The fields of packets that begin with these headers."""
    network = layout.network
    transport = network + _IP_HEADER[version]
    places: dict[str, tuple[str, int]] = {
        "first": ("u1", network), "to_hi": (">u4", 0), "to_lo": (">u2", 4),
        "sport": (">u2", transport), "dport": (">u2", transport + 2), "udp_length": (">u2", transport + 4),
        "seq": (">u4", transport + 4), "ack": (">u4", transport + 8), "flags": (">u2", transport + 12),
        "window": (">u2", transport + 14),
    }  # fmt: skip
    if version == 4:
        places |= {
            "total": (">u2", network + 2), "id": (">u2", network + 4), "fragment": (">u2", network + 6),
            "ttl": ("u1", network + 8), "protocol": ("u1", network + 9), "src": (">u4", network + 12),
            "dst": (">u4", network + 16),
        }  # fmt: skip
    else:
        places |= {
            "total": (">u2", network + 4), "protocol": ("u1", network + 6), "ttl": ("u1", network + 7),
            "src_hi": (">u8", network + 8), "src_lo": (">u8", network + 16), "dst_hi": (">u8", network + 24),
            "dst_lo": (">u8", network + 32),
        }  # fmt: skip
    for name, at in (("type", layout.type_at), ("tag", layout.tag_at)):
        if at >= 0:
            places[name] = (">u2", at)
    return np.dtype(
        {
            "names": list(places),
            "formats": [kind for kind, _ in places.values()],
            "offsets": [at for _, at in places.values()],
            "itemsize": network + _IP_HEADER[6] + _TCP_HEADER,
        }
    )
