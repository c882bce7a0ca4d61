"""Errors of databases, brokers, directories and file servers, as these say it themselves."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

from . import ERROR, INFO, WARN, Notice
from ._endpoints import limited
from ._make import Row, from_row, rows, server, shorten

if TYPE_CHECKING:
    from ..capture import Capture

_TITLES = {
    "postgresql": "PostgreSQL", "mysql": "MySQL", "mssql": "SQL Server", "oracle": "Oracle", "redis": "Redis",
    "memcached": "memcached", "mqtt": "MQTT", "amqp": "AMQP", "ldap": "LDAP", "smb": "SMB", "kerberos": "Kerberos",
    "radius": "RADIUS",
}  # fmt: skip
_DID = {
    "login": "refused a login", "denied": "did not permit a request", "overload": "is at a limit",
    "unavailable": "does not serve now", "conflict": "gave up a request because another one was in the way",
    "clock": "refused a client because the clocks differ",
}  # fmt: skip
_SEVERITY = {"usual": INFO, "overload": ERROR, "unavailable": ERROR, "clock": ERROR}


def notices(capture: Capture) -> Iterator[Notice]:
    """One notice an error."""
    yield from limited(capture, (_error(capture, row) for row in rows(capture.tables["service_errors"])))


def _error(capture: Capture, row: Row) -> Notice:
    kind = row["kind"]
    said = shorten(row["error_msg"])
    code = f"{row['name']} {row['code']}".strip()
    told = said if row["code"] in said else f"{code}: {said}" if said and said != row["name"] else code
    did = _DID.get(kind, "answered with an error")
    msg = f"The {_TITLES[row['service']]} server {server(row)} {did}: {told}"
    fields = {"service": row["service"], "kind": kind, "code": row["code"]}
    return from_row(capture, "service_error", _SEVERITY.get(kind, WARN), row, msg, fields)
