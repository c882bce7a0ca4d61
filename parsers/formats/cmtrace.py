"""Logs of Microsoft Configuration Manager and Intune, as CMTrace shows them: the header stands behind the message."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass

from ..contract import Source
from ..excerpt import head_lines
from ..lines import Sample
from ..records import RecordFormat, Records
from ..severity import ERROR, INFO, WARN

_LEVEL = {"0": 0, "1": INFO, "2": WARN, "3": ERROR}
_OPENS = "<![LOG["
_END = re.compile(
    r"^<!\[LOG\[(?P<body>.*?)\]LOG\]!>(?P<time><time=\"[^\"]*\" date=\"[^\"]*\") component=\"(?P<component>[^\"]*)\".*?type=\"(?P<type>[0-9])\"",
    re.DOTALL,
)


@dataclass(frozen=True)
class CMTrace(RecordFormat):
    """Records from `<![LOG[` to the line that ends with the time, the component and the type."""

    def starts_record(self, line: str) -> bool:
        """Whether a line begins a record."""
        return line.startswith(_OPENS)

    def sniff(self, source: Source) -> float:
        """Nearly certain where a line begins a record and one names its time."""
        lines = head_lines(source, 60)
        opened = any(line.startswith(_OPENS) for line in lines)
        return 0.97 if opened and any(']LOG]!><time="' in line for line in lines) else 0.0

    def records(self, lines: Sequence[str]) -> Records:
        """Each record with its lines joined."""
        found = Records()
        starts = [at for at, line in enumerate(lines) if line.startswith(_OPENS)]
        for at in range(starts[0] if starts else len(lines)):
            if lines[at].strip():
                found.add(at, lines[at])
            else:
                found.skipped += 1
        for start, end in zip(starts, [*starts[1:], len(lines)], strict=False):
            text = "\n".join(lines[start:end]).rstrip("\n")
            match = _END.match(text)
            if match is None:
                found.malformed.append(start)
                found.add(start, text.removeprefix(_OPENS))
                continue
            fields = {"scope_name": match["component"]}
            found.add(start, match["body"], match["time"], _LEVEL.get(match["type"], 0), fields=fields)
        return found


FORMAT = CMTrace(
    name="cmtrace",
    title="Microsoft Configuration Manager and Intune (CMTrace)",
    reference="https://learn.microsoft.com/intune/configmgr/core/support/cmtrace",
    samples=(
        Sample(
            '<![LOG[Failed to get DP locations]LOG]!><time="09:26:53.589-060" date="03-14-2026" component="LocationServices" context="" type="3" thread="1234" file="lsad.cpp:1284">',
            {
                "time": "2026-03-14T08:26:53.589Z",
                "severity_number": 17,
                "scope_name": "LocationServices",
                "body": "Failed to get DP locations",
            },
        ),
        Sample(
            '<![LOG[Download failed:\nthe disk is full]LOG]!><time="09:26:54.001+000" date="3-14-2026" component="CAS" context="" type="2" thread="7" file="">',
            {"time": "2026-03-14T09:26:54.001Z", "severity_number": 13, "body": "Download failed:\nthe disk is full"},
        ),
        Sample(
            '<![LOG[ready]LOG]!><time="09:26:55.0000000" date="3-14-2026" component="IntuneManagementExtension" context="" type="1" thread="1" file="">',
            {"time": "2026-03-14T09:26:55Z", "severity_number": 9},
        ),
    ),
)
