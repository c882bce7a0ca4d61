"""Measure the packet engine on captures, and compare it with tshark and scapy in the same run.

    python tests/benchmarks/captures.py CAPTURE ... [--peers] [--tshark]

Each capture is read in a process of its own; the second of two runs counts, so that the file is in the page cache.
"engine" is a capture read to its notices, in a process that has loaded the modules; "analyze" is the whole program with
all rules and a JSON report. What the program costs before it reads anything is measured on a capture of one packet.
"""

from __future__ import annotations

import argparse
import json
import os
import resource
import struct
import subprocess
import sys
import tempfile
import time
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
ENVIRONMENT = {"PATH": "/usr/bin:/bin", "PYTHONPATH": str(ROOT)}


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
    done = subprocess.run(command, capture_output=True, check=True, text=True, env=ENVIRONMENT)
    return dict(json.loads(done.stdout))


def cpu_of(command: list[str]) -> tuple[float, float]:
    """CPU seconds, user and system, of a command, and its peak memory in MB."""
    child = subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, env=ENVIRONMENT)
    _, status, usage = os.wait4(child.pid, 0)
    child.returncode = os.waitstatus_to_exitcode(status)
    if child.returncode not in (0, 1):
        raise SystemExit(f"{' '.join(command)} ended with {child.returncode}")
    return usage.ru_utime + usage.ru_stime, usage.ru_maxrss / 1000


def analyze(path: Path) -> tuple[float, float]:
    code = "from analyzer.cli import main; main()"
    return cpu_of([sys.executable, "-c", code, str(path), "--jobs", "1", "--format", "json"])


def start_cost() -> float:
    """CPU seconds of `analyze` on a capture of one packet."""
    packet = bytes(60)
    head = struct.pack("<IHHiIII", 0xA1B2C3D4, 2, 4, 0, 0, 262144, 1)
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "one.pcap"
        path.write_bytes(head + struct.pack("<IIII", 1_700_000_000, 0, 60, 60) + packet)
        return min(analyze(path)[0] for _ in range(3))


def tshark_command(path: Path) -> list[str]:
    from parsers.packets.tcp import FLAGS

    fields = [part for flag in FLAGS for part in ("-e", f"tcp.analysis.{flag}")]
    layout = ["-T", "fields", "-E", "separator=|", "-E", "occurrence=f"]
    return ["tshark", "-r", str(path), "-Y", "tcp.analysis", *layout, "-e", "frame.number", *fields]


def scapy_cost(path: Path, packets: int) -> float:
    """CPU seconds a packet that scapy takes to dissect the first packets of a capture."""
    code = (
        "import itertools, logging, sys, time; logging.disable(50); import scapy.all as scapy\n"
        "start = time.process_time(); count = sum(1 for _ in itertools.islice(scapy.PcapReader(sys.argv[1]), "
        "int(sys.argv[2]))); print((time.process_time() - start) / count)"
    )
    done = subprocess.run([sys.executable, "-c", code, str(path), str(packets)], capture_output=True, check=True)
    return float(done.stdout)


def peers(path: Path) -> None:
    """Print how much faster this is than tshark with the same flags, and than scapy."""
    cost = in_process(path)
    whole, packets = analyze(path)[0], cost["packets"]
    theirs = {"tshark -T fields": cpu_of(tshark_command(path))[0], "scapy": scapy_cost(path, 30_000) * packets}
    print(f"\n| {path.name}, CPU seconds | theirs | times the engine | times analyze |\n| --- | ---: | ---: | ---: |")
    for name, seconds in theirs.items():
        print(f"| {name} | {seconds:.1f} | {seconds / cost['total']:.1f} | {seconds / whole:.1f} |")


def compare(path: Path, totals: dict[str, list[int]]) -> None:
    """Add hits, false alarms and misses of each flag, tshark being right."""
    import numpy as np

    from parsers.contract import Source
    from parsers.packets.capture import read_capture
    from parsers.packets.tcp import FLAGS

    capture = read_capture(Source(path.name, path, path.stat().st_size, b""))
    lines = subprocess.run(tshark_command(path), capture_output=True, check=True, text=True).stdout
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
    parser.add_argument("--peers", action="store_true", help="measure tshark and scapy in the same run")
    parser.add_argument("--one", action="store_true", help=argparse.SUPPRESS)
    options = parser.parse_args()
    if options.one:
        print(json.dumps(measure(options.captures[0])))
        return
    start = start_cost()
    print(f"`analyze` on one packet takes {start:.2f} CPU seconds.\n")
    columns = ["capture", "packets", "connections", "notices", "engine, packets a CPU-second", "peak MB"]
    columns += ["over 100 MB, bytes a packet", "analyze, packets a CPU-second", "without its start", "peak MB"]
    print(f"| {' | '.join(columns)} |")
    print("| --- |" + " ---: |" * 9)
    for path in options.captures:
        in_process(path)
        cost = in_process(path)
        whole, peak = analyze(path)
        packets = max(cost["packets"], 1)
        over = (cost["peak_kb"] * 1024 - 100e6) / packets
        told = [cost["packets"], cost["connections"], cost["notices"], packets / max(cost["total"], 1e-9)]
        told += [cost["peak_kb"] / 1000, over, packets / whole, packets / max(whole - start, 1e-9), peak]
        print(f"| {path.name} | {' | '.join(f'{value:,.0f}' for value in told)} |")
    if options.peers:
        for path in options.captures:
            peers(path)
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
