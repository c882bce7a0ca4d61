"""Wine and Proton: messages of debug channels (WINEDEBUG, PROTON_LOG)."""

from __future__ import annotations

from ..lines import LineFormat, Sample
from ..severity import ERROR, INFO, TRACE, WARN

FORMAT = LineFormat(
    name="wine",
    title="Wine or Proton debug messages",
    reference="https://gitlab.winehq.org/wine/wine/-/wikis/Debug-Channels",
    # Seconds since the start of the machine, process, thread, class, channel and function.
    patterns=(
        r"^(?:[0-9]+\.[0-9]{3}:)?(?:[0-9a-f]{4}:){0,2}(?P<severity_text>err|fixme|warn|trace):(?P<scope_name>[a-z0-9_]+):(?P<body>.*)$",
    ),
    times=(),
    # A fixme says that something is not done yet, and nearly always without harm.
    severity_words={"err": ERROR, "fixme": INFO, "warn": WARN, "trace": TRACE},
    confidence=0.95,
    samples=(
        Sample(
            '0024:err:module:import_dll Library PAY.dll (which is needed by L"C:\\\\till.exe") not found',
            {
                "severity_number": 17,
                "scope_name": "module",
                "body": 'import_dll Library PAY.dll (which is needed by L"C:\\\\till.exe") not found',
            },
        ),
        Sample("2021.612:0028:002c:fixme:ntdll:NtQuerySystemInformation info_class 7", {"severity_number": 9}),
        Sample("2021.613:0028:002c:trace:loaddll:build_module Loaded", {"severity_number": 1}),
    ),
)
