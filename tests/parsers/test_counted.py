"""An export of the journal says what its values of several lines say, whatever their size."""

from __future__ import annotations

import json
import subprocess
from collections.abc import Callable
from pathlib import Path

TRACE = "java.lang.IllegalStateException: no pool\n\tat shop.Pay.run(Pay.java:7)\nFOO_BAR=1\n\n__CURSOR=is no entry"


def entry(at: int, message: str) -> bytes:
    value = message.encode()
    return (
        f"__CURSOR=s=1;i={at}\n__REALTIME_TIMESTAMP={1773480413000000 + at * 60_000_000}\n_HOSTNAME=ops-3\n".encode()
        + f"PRIORITY=3\nSYSLOG_IDENTIFIER=shop{at}\nMESSAGE\n".encode()
        + len(value).to_bytes(8, "little")
        + value
        + b"\n_PID=7\n\n"
    )


# Sizes whose bytes are line ends (266, 269, 2560, 2570), an escape (283), no UTF-8 (200), letters (48, 16705).
SIZES = (48, 200, 266, 269, 283, 2560, 2570, 16705)


def test_values_whose_bytes_are_counted_are_read(
    tmp_path: Path, analyze_command: Callable[..., subprocess.CompletedProcess[str]]
) -> None:
    for size in SIZES:
        (tmp_path / f"{size}.export").write_bytes(
            b"".join(
                entry(
                    at, "no inode is free " + "é" * 5000 if at == 7 else "x" * (size - 24) + "\nno space left on device"
                )
                for at in range(9)
            )
            + entry(9, TRACE)
        )
    report = json.loads(analyze_command(tmp_path, "--format", "json", "--no-redact").stdout)
    assert {(entry["parser"], entry["records"]) for entry in report["coverage"]} == {("journal_export", 10)}
    assert len(report["coverage"]) == len(SIZES)
    assert report["problems"] == []
    (full,) = (finding for finding in report["findings"] if finding["id"] == "disk.full")
    assert full["count"] == 8 * len(SIZES)
    assert {line["text"] for line in full["evidence"]} == {"no space left on device"}
    (unknown,) = (error for error in report["unknown"] if "no pool" in error["template"])
    assert unknown["count"] == len(SIZES)
    assert unknown["example"]["text"] == "java.lang.IllegalStateException: no pool"
