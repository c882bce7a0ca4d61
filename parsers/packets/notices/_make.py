"""A notice from a row of an application table."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from typing import TYPE_CHECKING, Any

import numpy as np

from . import Notice, Value

if TYPE_CHECKING:
    import polars as pl

    from ..capture import Capture
    from ..columns import Rows

Row = dict[str, Any]


def rows(table: pl.DataFrame) -> Iterator[Row]:
    """The rows of a table by the names of its columns."""
    return table.iter_rows(named=True)


def endpoint(host: str | None, port: int | None) -> str:
    """Address and port as text: "10.0.0.2:53", "[2001:db8::1]:53"; the address alone without a port."""
    if host is None:
        return ""
    if port is None:
        return host
    return f"[{host}]:{port}" if ":" in host else f"{host}:{port}"


def client(row: Row) -> str:
    """Who asked."""
    return endpoint(row["id_orig_h"], row["id_orig_p"])


def server(row: Row) -> str:
    """Who was asked."""
    return endpoint(row["id_resp_h"], row["id_resp_p"])


def from_row(
    capture: Capture,
    note: str,
    severity: int,
    row: Row,
    msg: str,
    fields: Mapping[str, Value | None],
    frames: Iterable[int | None] = (),
    src: str | None = None,
    dst: str | None = None,
) -> Notice:
    """A notice about a row: it opens at the first of `frames`, or at the row's own frame.

    Args:
        capture: whose row it is.
        note: name of the notice.
        severity: OpenTelemetry severity number.
        row: of an application table.
        msg: one sentence.
        fields: tokens for rules; those that are None or empty are left out.
        frames: frames that show it, the one to open first; None is left out.
        src: client, that of the row by default.
        dst: server, that of the row by default.
    """
    shown = tuple(dict.fromkeys(frame for frame in frames if frame))[:5] or (row["frame_number"],)
    return Notice(
        note=note,
        severity_number=severity,
        time=capture.packets.micros(shown[0] - 1),
        frame_number=shown[0],
        msg=msg,
        frames=shown,
        src=client(row) if src is None else src,
        dst=server(row) if dst is None else dst,
        fields={name: value for name, value in fields.items() if value is not None and value != ""},
        connection=int(capture.packets.connection[row["frame_number"] - 1]),
    )


def shorten(text: str | None, width: int = 120) -> str:
    """Text of the input for a sentence, not longer than a line."""
    text = text or ""
    return text if len(text) <= width else text[: width - 1] + "…"


class ConnectionRows:
    """The packets of each connection, found without a walk over all packets."""

    def __init__(self, capture: Capture) -> None:
        """Look up where the packets of each connection are."""
        self._flows = capture.flows
        self._group = np.empty(len(capture.flows), np.int64)
        self._group[capture.flows.number] = np.arange(len(capture.flows))

    def get(self, connection: int) -> Rows:
        """The packets of a connection in the order of the capture."""
        group = self._group[connection]
        return self._flows.order[self._flows.start[group] : self._flows.start[group + 1]]
