"""What the notices of connections share: who is who, which frames show it, how many are told."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from typing import TYPE_CHECKING

import numpy as np

from ...contract import Problem
from ..columns import Bools, Ints, Rows, frame_numbers
from . import Notice, Value

if TYPE_CHECKING:
    from ..capture import Capture

# More of one note than this tell nothing new, and a port scan has a million.
MOST = 10_000
# By packets.from_orig.
DIRECTIONS = ("server_to_client", "client_to_server")


def endpoint(host: object, port: object) -> str:
    """An address and port as text: 10.0.0.5:443, [2001:db8::1]:443."""
    return f"[{host}]:{port}" if ":" in str(host) else f"{host}:{port}"


def times(count: int) -> str:
    """How often, in words: once, 5 times."""
    return "once" if count == 1 else f"{count:,} times"


def about(
    capture: Capture,
    connection: int,
    note: str,
    severity_number: int,
    rows: Rows,
    msg: str,
    fields: Mapping[str, Value],
) -> Notice:
    """A notice of one connection.

    Args:
        capture: the capture.
        connection: row in the connections table.
        note: its name.
        severity_number: as in OpenTelemetry.
        rows: packets that show it, the first one to be opened first.
        msg: a sentence in which {client} and {server} are filled in.
        fields: tokens for rules.
    """
    table = capture.connections
    client = endpoint(table["id_orig_h"][connection], table["id_orig_p"][connection])
    server = endpoint(table["id_resp_h"][connection], table["id_resp_p"][connection])
    first = int(rows[0])
    return Notice(
        note,
        severity_number,
        capture.packets.micros(first),
        first + 1,
        msg.replace("{client}", client).replace("{server}", server),
        frame_numbers(rows),
        client,
        server,
        fields,
        connection,
    )


def limited(capture: Capture, found: Iterable[Notice]) -> Iterator[Notice]:
    """The notices; of one note so many that a reader can still use them, and the rest is named as a problem."""
    counts: dict[str, int] = {}
    for notice in found:
        counts[notice.note] = counts.get(notice.note, 0) + 1
        if counts[notice.note] <= MOST:
            yield notice
    for note, count in counts.items():
        if count > MOST:
            message = f"{count:,} times {note}; only the first {MOST:,} are told."
            capture.problems.append(Problem(capture.path, "limit", message))


def per_direction(capture: Capture, chosen: Bools) -> Ints:
    """How many of the chosen packets each direction has, int64[connections, 2], by from_orig."""
    packets = capture.packets
    rows = np.flatnonzero(chosen & (packets.connection >= 0))
    direction = packets.connection[rows].astype(np.int64) * 2 + packets.from_orig[rows]
    return np.bincount(direction, minlength=2 * len(capture.connections)).reshape(-1, 2)


def of_connections(capture: Capture, connections: Ints) -> Bools:
    """Which packets belong to some of the connections."""
    wanted = np.zeros(len(capture.connections) + 1, np.bool_)  # the last one is for packets of none
    wanted[connections] = True
    return wanted[capture.packets.connection]


class RowsOf:
    """The chosen packets of a capture, by connection and direction."""

    def __init__(self, capture: Capture, chosen: Bools) -> None:
        """Group the rows once."""
        packets = capture.packets
        rows = np.flatnonzero(chosen & (packets.connection >= 0))
        direction = packets.connection[rows].astype(np.int64) * 2 + packets.from_orig[rows]
        order = np.argsort(direction, kind="stable")
        self._rows, self._direction = rows[order], direction[order]

    def __call__(self, connection: int, orig: bool) -> Rows:
        """The rows of one direction, in the order of the file."""
        key = 2 * connection + orig
        begin, end = np.searchsorted(self._direction, [key, key + 1])
        return self._rows[begin:end]
