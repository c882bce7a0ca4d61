"""The header of Google's logging libraries: glog (C++), klog (Kubernetes), absl (Python)."""

from __future__ import annotations

from ..lines import LineFormat, Sample
from ..severity import ERROR, FATAL, INFO, WARN

HEADER = (
    r"^(?P<severity_text>[IWEF])(?:[0-9]{4}|[0-9]{6}|[0-9]{8}) [0-9]{2}:[0-9]{2}:[0-9]{2}\.[0-9]{6} +[0-9]+ "
    r"(?P<scope_name>[^\s:\]]+:[0-9]+)(?:\]| ⋮) ?(?P<body>.*)$"
)
LEVELS = {"I": INFO, "W": WARN, "E": ERROR, "F": FATAL}

FORMAT = LineFormat(
    name="glog",
    title="glog and klog (Kubernetes components, Google's C++ and Python libraries, CockroachDB)",
    reference="https://github.com/google/glog#log-line-prefix; https://github.com/kubernetes/klog",
    patterns=(HEADER,),
    times=("klog", "glog", "klog_year"),
    severity_words=LEVELS,
    confidence=0.97,
    # Each process begins its file with these three or four lines.
    inside=r"^(?:Log file created at: |Running on machine: |Binary: |Running duration |Log line format: )",
    samples=(
        Sample(
            'E0314 09:26:53.123456       1 reflector.go:138] k8s.io/client-go/informers/factory.go:134: Failed to watch *v1.Node: Get "https://10.96.0.1:443/api/v1/nodes": dial tcp 10.96.0.1:443: connect: connection refused',
            {
                "time": "2026-03-14T09:26:53.123456Z",
                "severity_number": 17,
                "scope_name": "reflector.go:138",
                "body": 'k8s.io/client-go/informers/factory.go:134: Failed to watch *v1.Node: Get "https://10.96.0.1:443/api/v1/nodes": dial tcp 10.96.0.1:443: connect: connection refused',
            },
        ),
        Sample(
            "W1123 15:15:19.565258 140165015150656 warnings.py:109] cache is cold\n  root.handlers = [handler]\n",
            {"severity_number": 13, "scope_name": "warnings.py:109"},
        ),
        Sample(
            "E260314 09:26:53.589793 1234 server/node.go:100 ⋮ [n1] 5  disk stall detected",
            {
                "time": "2026-03-14T09:26:53.589793Z",
                "severity_number": 17,
                "scope_name": "server/node.go:100",
                "body": "[n1] 5  disk stall detected",
            },
        ),
        Sample(
            "F0314 09:26:54.000001  4242 main.cc:17] Check failed: fd >= 0 (-1 vs. 0)\n*** Check failure stack trace: ***\n    @     0x7f3c2a google::LogMessage::Fail()",
            {"time": "2026-03-14T09:26:54.000001Z", "severity_number": 21, "scope_name": "main.cc:17"},
        ),
    ),
)
