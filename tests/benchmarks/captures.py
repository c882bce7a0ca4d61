"""Measure the packet engine on captures, and compare its TCP flags with tshark's where that is installed.

    python tests/benchmarks/captures.py CAPTURE ... [--tshark]

Each capture is read in a process of its own; the second of two runs counts, so that the file is in the page cache.
"""

from __future__ import annotations

import argparse
import json
import resource
import subprocess
import sys
import time
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]


def measure(path: Path) -> dict[str, float]:
    """Read a capture in this process: packets, CPU seconds to the connections and to the notices, memory."""
    from parsers.contract import Source
    from parsers.packets import connections, duplicates, framing, layers, notices, tcp
    from parsers.packets.capture import read_capture

    notices.topics()
    loaded = [module.__name__ for module in (connections, duplicates, framing, layers, tcp)]
    base = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    start = time.process_time()
    capture = read_capture(Source(path.name, path, path.stat().st_size, b""))
    read = time.process_time()
    told = [notice.text() for notice in capture.notices()]
    end = time.process_time()
    return {
        "modules": len(loaded), "packets": len(capture.packets), "connections": len(capture.connections),
        "notices": len(told), "read": read - start, "total": end - start, "base_kb": base,
        "peak_kb": resource.getrusage(resource.RUSAGE_SELF).ru_maxrss,
    }  # fmt: skip


def in_process(path: Path) -> dict[str, float]:
    command = [sys.executable, __file__, "--one", str(path)]
    done = subprocess.run(command, capture_output=True, check=True, text=True, env={"PYTHONPATH": str(ROOT)})
    return dict(json.loads(done.stdout))


def compare(path: Path, totals: dict[str, list[int]]) -> None:
    """Add hits, false alarms and misses of each flag, tshark being right."""
    import numpy as np

    from parsers.contract import Source
    from parsers.packets.capture import read_capture
    from parsers.packets.tcp import FLAGS

    capture = read_capture(Source(path.name, path, path.stat().st_size, b""))
    fields = [part for flag in FLAGS for part in ("-e", f"tcp.analysis.{flag}")]
    command = [
        "tshark",
        "-r",
        str(path),
        "-Y",
        "tcp.analysis",
        "-T",
        "fields",
        "-E",
        "separator=|",
        "-E",
        "occurrence=f",
    ]
    lines = subprocess.run([*command, "-e", "frame.number", *fields], capture_output=True, check=True, text=True).stdout
    theirs = {flag: np.zeros(len(capture.packets), np.bool_) for flag in FLAGS}
    for line in lines.splitlines():
        number, *values = line.split("|")
        for flag, value in zip(FLAGS, values, strict=True):
            theirs[flag][int(number) - 1] |= bool(value)
    for flag in FLAGS:
        mine = getattr(capture.analysis, flag)
        counts = totals.setdefault(flag, [0, 0, 0])
        counts[0] += int((mine & theirs[flag]).sum())
        counts[1] += int((mine & ~theirs[flag]).sum())
        counts[2] += int((~mine & theirs[flag]).sum())


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("captures", nargs="+", type=Path)
    parser.add_argument("--tshark", action="store_true", help="compare the flags with tshark's")
    parser.add_argument("--one", action="store_true", help=argparse.SUPPRESS)
    options = parser.parse_args()
    if options.one:
        print(json.dumps(measure(options.captures[0])))
        return
    print("| capture | packets | connections | notices | packets a CPU-second | peak MB | bytes a packet over 100 MB |")
    print("| --- | ---: | ---: | ---: | ---: | ---: | ---: |")
    for path in options.captures:
        in_process(path)
        cost = in_process(path)
        packets = max(cost["packets"], 1)
        over = (cost["peak_kb"] * 1024 - 100e6) / packets
        told = [cost["packets"], cost["connections"], cost["notices"], packets / max(cost["total"], 1e-9)]
        told += [cost["peak_kb"] / 1000, over]
        print(f"| {path.name} | {' | '.join(f'{value:,.0f}' for value in told)} |")
    if options.tshark:
        totals: dict[str, list[int]] = {}
        for path in options.captures:
            compare(path, totals)
        print("\n| flag | tshark's | recall | precision |\n| --- | ---: | ---: | ---: |")
        for flag, (hits, alarms, misses) in totals.items():
            recall, precision = hits / max(hits + misses, 1), hits / max(hits + alarms, 1)
            print(f"| {flag} | {hits + misses} | {recall:.4f} | {precision:.4f} |")


if __name__ == "__main__":
    sys.path.insert(0, str(ROOT))
    main()
