"""The Arrow schemas of every table, declared once.

Events follow the OpenTelemetry Logs data model; connections and application records follow Zeek.
"""

from __future__ import annotations

from collections.abc import Mapping

import polars as pl

TIME: pl.DataType = pl.Datetime("us", "UTC")
_Columns = Mapping[str, pl.DataType | type[pl.DataType]]

# One row a record: a line with a header, its continuation lines included.
_EVENTS: _Columns = {
    "source": pl.String,  # path inside the bundle
    "line_number": pl.UInt64,  # first line of the record, from 1
    "lines": pl.UInt32,  # lines of the record
    "byte_offset": pl.Int64,  # of the first line in the (decompressed) file
    "time": TIME,
    "severity_number": pl.UInt8,  # OpenTelemetry 1-24, 0 not known
    "severity_text": pl.String,  # as written
    "service_name": pl.String,
    "host_name": pl.String,
    "scope_name": pl.String,  # logger, module or file:line
    "trace_id": pl.String,
    "exception_type": pl.String,
    "http_response_status_code": pl.UInt16,
    "template_id": pl.UInt32,
    "body": pl.String,  # the message and its continuation lines
}
EVENTS = pl.Schema(_EVENTS)

# What a format's pattern can give, by the name of its group; "body" and "time" besides.
HEADER_FIELDS = (
    "severity_text",
    "service_name",
    "host_name",
    "scope_name",
    "trace_id",
    "exception_type",
    "http_response_status_code",
)

_TEMPLATES: _Columns = {
    "template_id": pl.UInt32,
    "template": pl.String,  # with <*> for what varies
    "severity_number": pl.UInt8,  # the highest one seen
    "count": pl.UInt64,
    "first_seen": TIME,
    "last_seen": TIME,
    "source": pl.String,  # of an example
    "line_number": pl.UInt64,  # of the example
}
TEMPLATES = pl.Schema(_TEMPLATES)
