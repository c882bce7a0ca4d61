"""Events of Kubernetes in YAML (`kubectl get events -o yaml`, must-gather), and in `kubectl describe`, which tells their ages."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass

from ..blocks import BlockFormat
from ..contract import Source
from ..excerpt import head_lines
from ..lines import Sample
from ..records import RecordFormat, Records
from ..severity import INFO, WARN

_WHO = (
    r"(?:(?=.*?^  type: (?P<severity_text>[A-Z][a-z]+)$))?(?:(?=.*?^    component: (?P<service_name>[^\n]+)$))?"
    r"(?:(?=.*?^    host: (?P<host_name>[^\n]+)$))?"
)
_TEXT = r"(?:\|-?\n|>-?\n|['\"])?(?P<body>.*?)['\"]?(?=\n  [a-zA-Z]|\Z)"


class EventsYaml(BlockFormat):
    """A list of events, each as an element of YAML."""

    def records(self, lines: Sequence[str]) -> Records:
        """As blocks; a long message is folded into several lines."""
        found = super().records(lines)
        found.body = [re.sub(r"\n +", " ", body).strip() for body in found.body]
        return found


YAML = EventsYaml(
    name="kubernetes_events_yaml",
    title="Kubernetes events (YAML)",
    reference="https://kubernetes.io/docs/reference/kubernetes-api/cluster-resources/event-v1/",
    start=r"^- [a-zA-Z]+:",
    patterns=(
        r"(?m)^- (?=.*?^  kind: Event$)(?=.*?^  (?:lastTimestamp|eventTime): \"?(?P<time>[0-9][^\"\n]+))"
        + _WHO
        + r".*?^  (?:message|note): "
        + _TEXT,
        r"(?m)^- (?=.*?^  kind: Event$)(?=.*?^    creationTimestamp: \"?(?P<time>[0-9][^\"\n]+))"
        + _WHO
        + r".*?^  (?:message|note): "
        + _TEXT,
        # What begins the document.
        r"(?P<body>apiVersion: v1\nitems:)\Z",
    ),
    severity_words={"Normal": INFO, "Warning": WARN},
    confidence=0.97,
    samples=(
        Sample(
            '- apiVersion: v1\n  count: 4\n  firstTimestamp: "2026-03-14T09:20:00Z"\n  kind: Event\n  lastTimestamp: "2026-03-14T09:26:53Z"\n'
            "  message: 'Failed to pull image \"shop:9\": rpc error: code = NotFound\n    desc = not found'\n  reason: Failed\n  source:\n    component: kubelet\n    host: node-1\n  type: Warning",
            {
                "time": "2026-03-14T09:26:53Z",
                "severity_number": 13,
                "service_name": "kubelet",
                "host_name": "node-1",
                "body": 'Failed to pull image "shop:9": rpc error: code = NotFound desc = not found',
            },
        ),
        Sample(
            '- apiVersion: v1\n  eventTime: "2026-03-14T09:26:54.123456Z"\n  kind: Event\n  lastTimestamp: null\n  message: Started container shop\n  type: Normal',
            {"time": "2026-03-14T09:26:54.123456Z", "severity_number": 9, "body": "Started container shop"},
        ),
        Sample(
            '- apiVersion: v1\n  kind: Event\n  message: Readiness probe failed\n  metadata:\n    creationTimestamp: "2026-03-14T09:26:55Z"\n  type: Warning',
            {"time": "2026-03-14T09:26:55Z", "severity_number": 13},
        ),
    ),
)

_EVENT = re.compile(r"^ +(Normal|Warning) +(\S+) +(.{1,40}?) {2,}(\S+(?: \S+)?) {2,}(\S.*)$")

# Before Kubernetes 1.8: first and last seen, count, who, of which part; with tabs where it was copied from a terminal.
_OLD_EVENT = re.compile(
    r"^\s+(?:\d[\dhms]*|<\S+>)\s+(?:\d[\dhms]*|<\S+>)\s+\d+\s+(?:\{\s*)?([\w.-]+)[^\n]{0,160}?\s(Normal|Warning)\s+([A-Z]\w+)\s+(\S.*)$"
)

_HEADER = re.compile(
    r"^\s*(?:Type +Reason +Age +From|FirstSeen\s+LastSeen\s+Count\s+From\s+Sub[oO]bjectPath\s+Type\s+Reason)\s+Message\s*$"
)


def _event(line: str) -> tuple[str, str, str, str] | None:
    """Kind, reason, source and message of a line of the table of events; None if it is none."""
    if now := _EVENT.match(line):
        kind, reason, _, source, message = now.groups()
        return kind, reason, source, message
    if old := _OLD_EVENT.match(line):
        source, kind, reason, message = old.groups()
        return kind, reason, source, message
    return None


@dataclass(frozen=True)
class Describe(RecordFormat):
    """What a resource is, and its events."""

    def starts_record(self, line: str) -> bool:
        """Whether a line begins a part of a description."""
        return bool(line) and not line[0].isspace()

    def sniff(self, source: Source) -> float:
        """Certain where a description begins, and its events or conditions are there."""
        lines = head_lines(source)
        parts = {line.split(":", 1)[0] for line in lines if self.starts_record(line)}
        named = any(re.match(r"^Name: {2,}\S", line) for line in lines)
        # Often only the events are sent.
        headed = any(map(_HEADER.match, lines))
        proven = parts & {"Labels", "Namespace", "Annotations"} or any(map(_event, lines))
        return 0.97 if (named or headed) and proven else 0.0

    def records(self, lines: Sequence[str]) -> Records:
        """Each part with the lines below it is a record, and so is each event."""
        found = Records()
        for at, line in enumerate(lines):
            event = _event(line)
            if event:
                kind, reason, source, message = event
                level = WARN if kind == "Warning" else INFO
                found.add(at, f"{message}\n{reason}", None, level, fields={"service_name": source})
            elif self.starts_record(line) or not found.line:
                found.add(at, line)
            else:
                found.body[-1] += f"\n{line}"
        return found


DESCRIBE = Describe(
    name="kubectl_describe",
    title="kubectl describe",
    reference="https://kubernetes.io/docs/reference/kubectl/generated/kubectl_describe/",
    samples=(
        Sample("Name:             shop-7f", {"severity_number": 0, "body": "Name:             shop-7f"}),
        Sample("Namespace:        shop", {"body": "Namespace:        shop"}),
        Sample(
            "Containers:\n  shop:\n    State:          Waiting\n      Reason:       CrashLoopBackOff",
            {"body": "Containers:\n  shop:\n    State:          Waiting\n      Reason:       CrashLoopBackOff"},
        ),
        Sample(
            "Events:\n  Type     Reason     Age                  From               Message",
            {"body": "Events:\n  Type     Reason     Age                  From               Message"},
        ),
        Sample(
            "  Warning  BackOff    2m3s (x25 over 10m)  kubelet            Back-off restarting failed container shop",
            {
                "severity_number": 13,
                "service_name": "kubelet",
                "body": "Back-off restarting failed container shop\nBackOff",
            },
        ),
        Sample(
            '  4m        2m        2    {kubelet node-3}            Warning     FailedMount Unable to mount volumes for pod "shop"',
            {
                "severity_number": 13,
                "service_name": "kubelet",
                "body": 'Unable to mount volumes for pod "shop"\nFailedMount',
            },
        ),
    ),
)
