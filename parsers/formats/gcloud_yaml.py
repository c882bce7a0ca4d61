"""Entries of Google Cloud Logging as `gcloud logging read` prints them: YAML, an entry a document."""

from __future__ import annotations

from ..blocks import BlockFormat
from ..lines import Sample
from ..severity import INFO

# What a key of the entry, or of an object in it, says: on one line, quoted, or on the lines below.
_TEXT = r"(?:\|-?\n|>-?\n|['\"])?(?P<body>.*?)['\"]?\n?(?=^ {0,2}[A-Za-z'\"@]|\Z)"
_LABELS = (
    r"(?:(?=.*?^    (?:container_name|service_name|module_id|function_name): (?P<service_name>[^\n]+)))?"
    r"(?:(?=.*?^    (?:node_name|host): (?P<host_name>[^\n]+)))?"
)
_ENTRY = (
    r"(?m)^---\n(?:(?=.*?^severity: (?P<severity_text>[A-Z]+)$))?(?=.*?^timestamp: '?(?P<time>[^'\n]+))"
    + _LABELS
    + r".*?"
)

FORMAT = BlockFormat(
    name="gcloud_yaml",
    title="gcloud logging read (YAML)",
    reference="https://cloud.google.com/sdk/gcloud/reference/logging/read",
    start=r"^---$",
    patterns=(
        _ENTRY + r"^textPayload: " + _TEXT,
        _ENTRY + r"^  (?:message|msg|log|MESSAGE): " + _TEXT,
        _ENTRY + r"^(?P<body>(?:protoPayload|jsonPayload|httpRequest):\n.*?)(?=^[A-Za-z]|\Z)",
    ),
    severity_words={"DEFAULT": 0, "EMERGENCY": 22},
    confidence=0.97,
    samples=(
        Sample(
            "---\ninsertId: 1fabc\nlogName: projects/p/logs/stderr\nreceiveTimestamp: '2026-03-14T09:26:59.1Z'\nresource:\n  labels:\n    container_name: shop\n    pod_name: shop-7f\n  type: k8s_container\nseverity: ERROR\ntextPayload: pay failed\ntimestamp: '2026-03-14T09:26:53.589123Z'",
            {
                "time": "2026-03-14T09:26:53.589123Z",
                "severity_number": 17,
                "service_name": "shop",
                "body": "pay failed",
            },
        ),
        Sample(
            "---\ninsertId: 1fabd\njsonPayload:\n  level: info\n  message: ready\nlogName: projects/p/logs/stdout\nresource:\n  type: k8s_container\nseverity: INFO\ntimestamp: '2026-03-14T09:26:54.001Z'",
            {"time": "2026-03-14T09:26:54.001Z", "severity_number": INFO, "body": "ready"},
        ),
        Sample(
            "---\ninsertId: 1fabe\nseverity: DEFAULT\ntextPayload: |-\n  2026-03-14 09:26:55,250 WARN  [main] shop.Pay - slow\n  again\ntimestamp: '2026-03-14T09:26:55.250Z'",
            {"time": "2026-03-14T09:26:55.250Z", "severity_number": 13},
        ),
    ),
)
