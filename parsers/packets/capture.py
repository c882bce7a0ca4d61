"""A capture file, read: its packets, connections, TCP analysis and application tables."""

from __future__ import annotations

import gc
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from ..contract import Problem, Source
from .tables import Tables

if TYPE_CHECKING:
    from collections.abc import Mapping

    import polars as pl

    from .columns import Bools, Packets
    from .flows import Flows
    from .notices import Notice
    from .reassembly import Fragments
    from .tcp import Analysis
    from .tcp_measures import Measures


@dataclass(slots=True)
class Capture:
    """What one capture file holds.

    Attributes:
        path: its name inside the bundle.
        packets: one element a packet.
        fragments: the fragmented datagrams.
        duplicate: packets that the capture holds a second time (mirror port); bool, one element a packet.
        flows: which rows make each connection.
        analysis: Wireshark's tcp.analysis flags, one element a packet.
        measures: of each direction of the TCP connections.
        connections: parsers.schema.CONNECTIONS; packets.connection is the row.
        problems: what was not read or should not be trusted.
        facts: what the file says about itself: interfaces, tool, comments.
    """

    path: str
    packets: Packets
    fragments: Fragments
    duplicate: Bools
    flows: Flows
    analysis: Analysis
    measures: Measures
    connections: pl.DataFrame
    problems: list[Problem] = field(default_factory=list)
    facts: Mapping[str, str | int] = field(default_factory=dict)
    tables: Tables = field(init=False)
    _repaired: Bools | None = None

    def __post_init__(self) -> None:
        """Tables are made when they are asked for."""
        self.tables = Tables(self)

    def repaired(self) -> Bools:
        """Segments that Wireshark calls out of order, but that were sent again; bool, one element a packet."""
        if self._repaired is None:
            from .notices._repairs import repairs

            self._repaired = repairs(self)
        return self._repaired

    def notices(self) -> list[Notice]:
        """Every notice, in the order of time."""
        from .notices import all_notices

        with _without_collection():
            return all_notices(self)


@contextmanager
def _without_collection() -> Iterator[None]:
    """Let Python not look for cycles of objects: none are made here, and looking takes a tenth of the time."""
    was = gc.isenabled()
    gc.disable()
    try:
        yield
    finally:
        if was:
            gc.enable()


def read_capture(source: Source) -> Capture:
    """Read a capture file; what is broken in it becomes a problem.

    Raises:
        OSError: the file cannot be read.
    """
    from .connections import connections
    from .duplicates import duplicates
    from .flows import flows
    from .framing import read_frames
    from .layers import Decoder
    from .link_types import veiled
    from .reassembly import reassemble
    from .sealed import sealed
    from .tcp import analyse

    decoder = Decoder()
    frames = read_frames(source, decoder.take)
    packets, fragments = reassemble(decoder.packets(frames))
    if fragments.left:
        message = f"{fragments.left:,} fragments that overlap or came twice were not put together."
        frames.problems.append(Problem(source.path, "limit", message))
    if told := veiled(frames, packets):
        frames.problems.append(Problem(source.path, "unsupported", told))
    groups = flows(packets)
    if told := sealed(packets):
        frames.problems.append(Problem(source.path, "encrypted", told))
    duplicate = duplicates(packets, groups)
    analysis, measures = analyse(packets, groups)
    table = connections(packets, groups, analysis, measures, duplicate)
    packets.release()
    problems, facts = frames.problems, frames.facts
    return Capture(source.path, packets, fragments, duplicate, groups, analysis, measures, table, problems, facts)
