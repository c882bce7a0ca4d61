"""Packets while they are decoded: wide columns with places in the file, of a few thousand packets at a time."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from .columns import ABSENT, NO_PROTOCOL, Array, Bools, Bytes, Ints, Packets, Rows

_PLACES = ("ether", "network", "transport", "payload")


@dataclass(slots=True)
class Window:
    """Packets that are decoded together; all arrays have one element a packet.

    Attributes:
        data: the bytes that the packets stand in.
        offset, captured, length, link_type: as in Frames.
        ether, network, transport, payload: where in `data` these begin, -1 none.
        All others as in Packets.
    """

    data: Bytes
    offset: Ints
    captured: npt.NDArray[np.uint32]
    length: npt.NDArray[np.uint32]
    link_type: npt.NDArray[np.uint16]
    vlan: npt.NDArray[np.int16]
    tunnel: npt.NDArray[np.uint8]
    ether: Ints
    broadcast: Bools
    network: Ints
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
    transport: Ints
    payload: Ints
    payload_captured: npt.NDArray[np.uint32]
    payload_length: npt.NDArray[np.uint32]
    payload_start: npt.NDArray[np.uint64]
    seq: npt.NDArray[np.uint32]
    ack: npt.NDArray[np.uint32]
    tcp_flags: npt.NDArray[np.uint16]
    window: npt.NDArray[np.uint16]

    @classmethod
    def of(cls, data: Bytes, offset: Ints, captured: Array, length: Array, link_type: Array) -> Window:
        """Packets of which only the framing is known."""
        count = len(offset)

        def none() -> Ints:
            return np.full(count, -1, np.int64)

        def bools() -> Bools:
            return np.zeros(count, np.bool_)

        bytes_ = [np.zeros(count, np.uint8) for _ in range(3)]
        shorts = [np.zeros(count, np.uint16) for _ in range(5)]
        words = [np.zeros(count, np.uint32) for _ in range(5)]
        longs = [np.zeros(count, np.uint64) for _ in range(5)]
        return cls(
            data, offset, captured, length, link_type,
            vlan=np.full(count, -1, np.int16), tunnel=bytes_[0], ether=none(), broadcast=bools(), network=none(),
            ip_version=bytes_[1], src_hi=longs[0], src_lo=longs[1], dst_hi=longs[2], dst_lo=longs[3],
            protocol=np.full(count, NO_PROTOCOL, np.uint8), ttl=bytes_[2], ip_id=words[0], dont_fragment=bools(),
            fragment=bools(), fragment_offset=shorts[0], sport=shorts[1], dport=shorts[2], transport=none(),
            payload=none(), payload_captured=words[1], payload_length=words[2], payload_start=longs[4], seq=words[3],
            ack=words[4], tcp_flags=shorts[3], window=shorts[4],
        )  # fmt: skip

    def __len__(self) -> int:
        """The number of packets."""
        return len(self.offset)

    def store(self, packets: Packets, rows: Rows) -> None:
        """Write what was decoded to the rows of a capture; what begins too far behind in a packet is left out."""
        for name in self.__slots__:
            if name in ("data", "offset", "captured", "length", "link_type"):
                continue
            values: Array = getattr(self, name)
            if name in _PLACES:
                values = np.where(values < 0, ABSENT, np.minimum(values - self.offset, ABSENT))
                name += "_at"
            getattr(packets, name)[rows] = values
