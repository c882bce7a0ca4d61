"""Logs of containers as the node keeps them: Docker's json-file driver and the Kubernetes CRI format.

Both wrap each line that a program prints. The message inside is read as what it is: JSON, klog, logfmt, an access log
or plain text; lines that were split for their length are joined, and lines of a stack trace are one record.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from ..contract import Source
from ..excerpt import head_lines
from ..json_text import as_text, decode, objects
from ..lines import Sample
from ..plan import Plan, Slice
from ..printed import Printed
from ..records import RecordFormat, Records, looks_continued
from ..text import SLICE_BYTES, slices
from .json_lines import JsonLines


class _Boundary:
    """Says where a file may be cut: in front of a line that begins a message, when no message is open.

    What stands before the first line that is asked for is not known, so a cut needs an ended message of its stream.
    """

    def __init__(self, part: Callable[[str], tuple[str, str, bool] | None]) -> None:
        """`part` reads a line: its message, its stream, and whether the end of the message is still to come."""
        self._part = part
        self._open: dict[str, bool] = {}

    def __call__(self, line: str) -> bool:
        part = self._part(line)
        if part is None:
            return False
        text, stream, partial = part
        here = stream in self._open and not any(self._open.values()) and not looks_continued(text)
        if here:
            self._open.clear()
        else:
            self._open[stream] = partial
        return here


@dataclass(slots=True)
class _Open:
    """The record that is being put together: where it began, and its text so far."""

    line: int
    time: str | None
    stream: str
    text: str


class _Joiner:
    """Puts lines that the runtime split back together and adds them in file order."""

    def __init__(self, printed: Printed) -> None:
        self._printed = printed
        self._open: dict[str, _Open] = {}
        self._last_stream = ""

    def add(self, line: int, time: str | None, stream: str, text: str, partial: bool) -> None:
        """Add a line; `partial` when its end is still to come."""
        part = self._open.get(stream)
        if part is None and not partial:
            self._say(line, time, stream, text)
            return
        if part is not None:
            part.text += text
        else:
            self._open[stream] = _Open(line, time, stream, text)
        if not partial:
            self._close(stream)

    def finish(self) -> None:
        """Add what never got its end."""
        for stream in list(self._open):
            self._close(stream)

    def _close(self, stream: str) -> None:
        part = self._open.pop(stream)
        self._say(part.line, part.time, stream, part.text)

    def _say(self, line: int, time: str | None, stream: str, text: str) -> None:
        self._printed.add(line, time, text, follows=stream == self._last_stream)
        self._last_stream = stream


@dataclass(frozen=True)
class DockerJson(JsonLines):
    """Objects with log, stream and time."""

    streamed = True

    def sniff(self, source: Source) -> float:
        """The share of lines that are such objects."""
        lines = [line for line in head_lines(source, 60) if line.strip()]
        known = sum(line.startswith("{") and '"log":' in line and '"time":' in line for line in lines)
        if not known:
            return 0.0
        exact = sum(_is_docker(decode(line)) for line in lines)
        return self.confidence * exact / len(lines)

    def records(self, lines: Sequence[str]) -> Records:
        """Each message is a record; a message without a line end at its end goes on in the next object."""
        printed = Printed()
        joiner = _Joiner(printed)
        for at, (line, record) in enumerate(zip(lines, objects(lines), strict=True)):
            if record is not None and _is_docker(record):
                text, partial = _docker_part(record)
                joiner.add(at, as_text(record.get("time")), str(record.get("stream", "")), text, partial)
            elif line.strip():
                printed.so_far().malformed.append(at)
                printed.so_far().add(at, line)
            else:
                printed.found.skipped += 1
        joiner.finish()
        return printed.so_far()

    def slices(self, source: Source, plan: Plan, size: int = SLICE_BYTES) -> Iterator[Slice]:
        """Cut the file between messages."""
        return slices(source, plan.encoding, _Boundary(_docker_line), size)


def _docker_part(record: Mapping[str, Any]) -> tuple[str, bool]:
    text = str(record["log"])
    # The driver splits lines at 16 KiB; a shorter one without an end is the last word of a process.
    return text.rstrip("\n"), text[-1:] != "\n" and len(text.encode("utf-8", "replace")) >= 16 * 1024


def _docker_line(line: str) -> tuple[str, str, bool] | None:
    record = decode(line)
    if record is None or not _is_docker(record):
        return None
    text, partial = _docker_part(record)
    return text, str(record.get("stream", "")), partial


def _is_docker(record: dict[str, Any] | None) -> bool:
    return record is not None and isinstance(record.get("log"), str) and "time" in record and len(record) <= 5


DOCKER = DockerJson(
    name="docker_json",
    title="Docker json-file",
    reference="https://docs.docker.com/engine/logging/drivers/json-file/",
    confidence=0.97,
    samples=(
        Sample(
            '{"log":"2026/03/14 09:26:53 [emerg] 1#1: host not found in upstream \\"app\\"\\n","stream":"stderr","time":"2026-03-14T09:26:53.123456789Z"}',
            {
                "time": "2026-03-14T09:26:53.123456Z",
                "severity_number": 22,
                "body": 'host not found in upstream "app"',
            },
        ),
        Sample(
            '{"log":"{\\"level\\":\\"error\\",\\"msg\\":\\"pay failed\\",\\"logger\\":\\"http\\"}\\n","stream":"stdout","time":"2026-03-14T09:26:54.5Z"}',
            {"time": "2026-03-14T09:26:54.5Z", "severity_number": 17, "scope_name": "http", "body": "pay failed"},
        ),
        Sample(
            '{"log":"Traceback (most recent call last):\\n","stream":"stderr","time":"2026-03-14T09:26:55Z"}\n'
            '{"log":"  File \\"/srv/a.py\\", line 3, in \\u003cmodule\\u003e\\n","stream":"stderr","time":"2026-03-14T09:26:55Z"}\n'
            '{"log":"KeyError: \'x\'\\n","stream":"stderr","time":"2026-03-14T09:26:55Z"}',
            {
                "time": "2026-03-14T09:26:55Z",
                "severity_number": 17,
                "body": "Traceback (most recent call last):\n  File \"/srv/a.py\", line 3, in <module>\nKeyError: 'x'",
            },
        ),
        Sample(
            '{"log":"\\u001b[32mINFO\\u001b[0m ready\\n","stream":"stdout","attrs":{"tag":"shop"},"time":"2026-03-14T09:26:56Z"}',
            {"severity_number": 9, "body": "INFO ready"},
        ),
    ),
)

_CRI = re.compile(
    r"^([0-9]{4}-[0-9]{2}-[0-9]{2}T[0-9]{2}:[0-9]{2}:[0-9]{2}(?:\.[0-9]{1,9})?(?:Z|[+-][0-9]{2}:[0-9]{2})) (stdout|stderr) ([FP])(?::\S*)?(?: (.*))?$"
)


def _cri_line(line: str) -> tuple[str, str, bool] | None:
    match = _CRI.match(line)
    return (match[4] or "", match[2], match[3] == "P") if match else None


@dataclass(frozen=True)
class Cri(RecordFormat):
    """Lines of time, stream, tag and message."""

    streamed = True

    def starts_record(self, line: str) -> bool:
        """Whether a line is a whole message that is no part of a stack trace."""
        match = _CRI.match(line)
        return match is not None and not looks_continued(match[4] or "")

    def slices(self, source: Source, plan: Plan, size: int = SLICE_BYTES) -> Iterator[Slice]:
        """Cut the file between messages."""
        return slices(source, plan.encoding, _Boundary(_cri_line), size)

    def sniff(self, source: Source) -> float:
        """The share of lines in this format."""
        lines = [line for line in head_lines(source, 120) if line.strip()]
        return 0.98 * sum(_CRI.match(line) is not None for line in lines) / len(lines) if lines else 0.0

    def records(self, lines: Sequence[str]) -> Records:
        """Each message is a record; one that is tagged P goes on in the next line of its stream."""
        printed = Printed()
        joiner = _Joiner(printed)
        for at, line in enumerate(lines):
            match = _CRI.match(line)
            if match:
                joiner.add(at, match[1], match[2], match[4] or "", match[3] == "P")
            elif line.strip():
                printed.so_far().add(at, line)
            else:
                printed.found.skipped += 1
        joiner.finish()
        return printed.so_far()


CRI = Cri(
    name="cri",
    title="Kubernetes container log (CRI)",
    reference="https://github.com/kubernetes/design-proposals-archive/blob/main/node/kubelet-cri-logging.md",
    samples=(
        Sample(
            "2026-03-14T09:26:53.123456789Z stderr F E0314 09:26:53.123400       1 leaderelection.go:330] error retrieving resource lock kube-system/kube-scheduler",
            {
                "time": "2026-03-14T09:26:53.123456Z",
                "severity_number": 17,
                "scope_name": "leaderelection.go:330",
                "body": "error retrieving resource lock kube-system/kube-scheduler",
            },
        ),
        Sample(
            "2026-03-14T10:26:54.000000001+01:00 stdout P the first half and \n"
            "2026-03-14T10:26:54.000000002+01:00 stdout F the second half",
            {"time": "2026-03-14T09:26:54Z", "body": "the first half and the second half"},
        ),
        Sample(
            '2026-03-14T09:26:55.5Z stdout F {"level":"warn","ts":1773480414.9,"msg":"slow fdatasync"}',
            {"time": "2026-03-14T09:26:55.5Z", "severity_number": 13, "body": "slow fdatasync"},
        ),
        Sample(
            "2026-03-14T09:26:56.1Z stderr F panic: runtime error: invalid memory address or nil pointer dereference\n"
            "2026-03-14T09:26:56.1Z stderr F \n"
            "2026-03-14T09:26:56.1Z stderr F goroutine 1 [running]:\n"
            "2026-03-14T09:26:56.1Z stderr F main.main()\n"
            "2026-03-14T09:26:56.1Z stderr F \t/srv/main.go:8 +0x1d",
            {
                "severity_number": 22,
                "body": "panic: runtime error: invalid memory address or nil pointer dereference\n\ngoroutine 1 [running]:\nmain.main()\n\t/srv/main.go:8 +0x1d",
            },
        ),
        Sample(
            '2026-03-14T09:26:57Z stdout F 10.0.0.7 - - [14/Mar/2026:09:26:57 +0000] "GET / HTTP/1.1" 502 157 "-" "kube-probe/1.27" "-"',
            {"severity_number": 17, "http_response_status_code": 502},
        ),
    ),
)
