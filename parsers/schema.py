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

# One row a connection: Zeek's conn.log, with what the TCP analysis adds. Intervals are seconds.
_CONNECTIONS: _Columns = {
    "time": TIME,  # of the first packet
    "frame_number": pl.UInt32,  # of the first packet, from 1
    "uid": pl.String,
    "id_orig_h": pl.String,
    "id_orig_p": pl.UInt16,  # type of ICMP
    "id_resp_h": pl.String,
    "id_resp_p": pl.UInt16,  # code of ICMP
    "proto": pl.String,  # tcp, udp, icmp, sctp or unknown_transport
    "duration": pl.Float64,
    "orig_bytes": pl.UInt64,  # payload, each byte of the stream once
    "resp_bytes": pl.UInt64,
    "conn_state": pl.String,  # S0 S1 SF REJ S2 S3 RSTO RSTR RSTOS0 RSTRH SH SHR OTH
    "missed_bytes": pl.UInt64,  # that were acknowledged but are not in the capture
    "history": pl.String,  # letters as in Zeek, capital for the originator
    "orig_pkts": pl.UInt64,
    "resp_pkts": pl.UInt64,
    "handshake_rtt": pl.Float64,  # first SYN to the ACK that ends the handshake
    "rtt_min": pl.Float64,  # of data to its acknowledgement, both directions
    "rtt_median": pl.Float64,
    "rtt_p95": pl.Float64,
    "orig_retransmissions": pl.UInt32,  # packets, without those that the capture doubled
    "resp_retransmissions": pl.UInt32,
    "orig_zero_window": pl.Float64,  # how long the originator announced a full buffer
    "resp_zero_window": pl.Float64,
    "time_to_first_byte": pl.Float64,  # first byte of the originator to the first one of the responder
    "community_id": pl.String,  # version 1, seed 0
    "vlan": pl.Int32,  # -1 none
    "tunnel": pl.String,  # empty for none
}
CONNECTIONS = pl.Schema(_CONNECTIONS)
