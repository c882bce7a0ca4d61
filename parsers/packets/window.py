"""Packets while they are decoded: wide columns with places in the file, of a few thousand packets at a time."""

from __future__ import annotations

from dataclasses import dataclass, fields

import numpy as np
import numpy.typing as npt

from .columns import ABSENT, DTYPES, NONE, Array, Bytes, Fields, Ints, Packets, Rows

_PLACES = ("ether", "network", "transport", "payload")
_FRAMING = ("data", "offset", "captured", "length", "link_type")


@dataclass(frozen=True, slots=True)
class Window(Fields):
    """Packets that are decoded together; all arrays have one element a packet.

    Attributes:
        link_type: as in Frames.
        ether, network, transport, payload: where in `data` these begin, -1 none.
    """

    link_type: npt.NDArray[np.uint16]
    ether: Ints
    network: Ints
    transport: Ints
    payload: Ints

    @classmethod
    def of(cls, data: Bytes, offset: Ints, captured: Array, length: Array, link_type: Array) -> Window:
        """Packets of which only the framing is known."""
        count = len(offset)
        columns: dict[str, Array] = {
            name: np.full(count, NONE.get(name, 0), DTYPES[name]) for name in _DECODED if name not in _PLACES
        }
        columns |= {name: np.full(count, -1, np.int64) for name in _PLACES}
        return cls(data=data, offset=offset, captured=captured, length=length, link_type=link_type, **columns)

    def store(self, packets: Packets, rows: Rows) -> None:
        """Write what was decoded to the rows of a capture; what begins too far behind in a packet is left out."""
        for name in _DECODED:
            values: Array = getattr(self, name)
            if name in _PLACES:
                values = np.where(values < 0, ABSENT, np.minimum(values - self.offset, ABSENT))
                name += "_at"
            getattr(packets, name)[rows] = values


_DECODED = tuple(each.name for each in fields(Window) if each.name not in _FRAMING)
