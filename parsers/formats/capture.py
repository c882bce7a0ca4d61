"""Packet captures: pcap, pcapng and snoop, read as columns; what is wrong in them becomes records for the rules."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, ClassVar

import numpy as np
import polars as pl
from numpy.typing import NDArray

from ..batch import Batch, large_strings, shape_codes
from ..contract import Source
from ..plan import Plan, Slice
from ..text import line_ends
from ..times import NAT, Clock

if TYPE_CHECKING:
    from ..packets.notices import Notice


@dataclass(frozen=True)
class CaptureFormat:
    """One capture file, read whole: a packet is judged by those before and after it."""

    searched: ClassVar[bool] = True

    name: str = "capture"
    title: str = "Packet captures (pcap, pcapng, snoop)"
    reference: str = "https://www.ietf.org/archive/id/draft-ietf-opsawg-pcapng-02.html"

    def sniff(self, source: Source) -> float:
        """Certain, by the magic number of the file."""
        from ..packets.framing import is_capture

        return 1.0 if is_capture(source.head) else 0.0

    def plan(self, source: Source, clock: Clock) -> Plan:
        """Nothing needs to be decided: a capture says how it is written."""
        return Plan()

    def slices(self, source: Source, plan: Plan, size: int) -> Iterator[Slice]:
        """The whole file, whatever its size."""
        yield Slice(0, source.size)

    def read(self, source: Source, piece: Slice, plan: Plan) -> Batch:
        """Read the packets; a row of the batch is a notice, and its `line_number` + 1 the number of a frame.

        Raises:
            OSError: the file cannot be read.
        """
        from ..packets.capture import read_capture

        capture = read_capture(source)
        notices = capture.notices()
        texts = [notice.text() for notice in notices]
        buffer = "".join(text + "\n" for text in texts).encode()
        ends = line_ends(buffer)
        code, first, hashes, bare = shape_codes(buffer, ends, line_ends)
        return Batch(
            text=large_strings(buffer, ends),
            buffer=buffer,
            ends=ends,
            line_number=np.array([notice.frame_number - 1 for notice in notices], np.int64),
            # A notice is no place in the file: it is known by its number.
            offsets=np.arange(len(notices), dtype=np.int64),
            code=code,
            shapes=pl.Series([texts[row] for row in first], dtype=pl.String),
            bare=bare,
            shape_hash=hashes,
            bodies=pl.Series([texts[row] for row in first], dtype=pl.String),
            starts=np.ones(len(notices), np.bool_),
            time=np.array([notice.time if notice.time else NAT for notice in notices], np.int64),
            severity=np.array([notice.severity_number for notice in notices], np.uint8),
            line_count=0,
            extract=lambda batch, records, wanted: _extract(texts, notices, records, wanted),
            problems=tuple(capture.problems),
            capture=capture,
        )


def _extract(
    texts: Sequence[str], notices: Sequence[Notice], records: NDArray[np.int64], wanted: Collection[str]
) -> pl.DataFrame:
    rows = records.tolist()
    return pl.DataFrame({"body": pl.Series([texts[row] for row in rows], dtype=pl.String)})


CAPTURE = CaptureFormat()
