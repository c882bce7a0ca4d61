"""`kubectl logs --timestamps` and `docker logs -t`: the time of the runtime, to the nanosecond, ahead of every line."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass

from ..contract import Source
from ..excerpt import head_lines
from ..lines import Sample
from ..printed import Printed
from ..records import RecordFormat, Records, looks_continued

_LINE = re.compile(
    r"^([0-9]{4}-[0-9]{2}-[0-9]{2}T[0-9]{2}:[0-9]{2}:[0-9]{2}(?:\.[0-9]{1,9})?(?:Z|[+-][0-9]{2}:[0-9]{2}))(?: (.*))?$"
)
_NANOSECONDS = re.compile(r"\.[0-9]{8,9}(?:Z|[+-])")


@dataclass(frozen=True)
class Stamped(RecordFormat):
    """Lines of a time and what the program printed."""

    streamed = True

    def starts_record(self, line: str) -> bool:
        """Whether a line begins a message that is no part of a stack trace."""
        match = _LINE.match(line)
        return match is not None and not looks_continued(match[2] or "")

    def sniff(self, source: Source) -> float:
        """The share of lines with such a time, where hardly any writes fewer digits than the runtime does."""
        lines = [line for line in head_lines(source, 120) if line.strip()]
        stamped = [line for line in lines if _LINE.match(line)]
        # The runtime leaves zeros at the end away: one time in ten is shorter.
        exact = sum(_NANOSECONDS.search(line[:40]) is not None for line in stamped)
        return 0.9 * len(stamped) / len(lines) if stamped and exact >= 0.8 * len(stamped) else 0.0

    def records(self, lines: Sequence[str]) -> Records:
        """Each message is a record; the lines of a stack trace are part of the one before them."""
        printed = Printed()
        for at, line in enumerate(lines):
            match = _LINE.match(line)
            text = (match[2] or "") if match else line
            if match or line.strip():
                printed.add(at, match[1] if match else None, text, follows=True)
            else:
                printed.found.skipped += 1
        return printed.so_far()


FORMAT = Stamped(
    name="container_times",
    title="kubectl logs --timestamps, docker logs -t",
    reference="https://kubernetes.io/docs/reference/kubectl/generated/kubectl_logs/",
    samples=(
        Sample(
            "2026-03-14T09:26:53.123456789Z ERROR no answer from the scale",
            {"time": "2026-03-14T09:26:53.123456Z", "severity_number": 17, "body": "ERROR no answer from the scale"},
        ),
        Sample(
            "2026-03-14T09:26:54.123456789Z panic: assignment to entry in nil map\n"
            "2026-03-14T09:26:54.123456790Z \n"
            "2026-03-14T09:26:54.123456791Z goroutine 1 [running]:",
            {"severity_number": 22, "body": "panic: assignment to entry in nil map\n\ngoroutine 1 [running]:"},
        ),
        Sample(
            '2026-03-14T09:26:55.123456789Z {"level":"warn","msg":"slow"}',
            {"time": "2026-03-14T09:26:55.123456Z", "severity_number": 13, "body": "slow"},
        ),
    ),
)
