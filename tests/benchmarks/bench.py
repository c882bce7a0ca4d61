"""Measure the analyzer beside its peers in one run, and print a table of ratios.

    python tests/benchmarks/bench.py LOGS [--small BUNDLE] [--only NAME ...]

LOGS is a folder of plain log files, about 1 GB for figures that mean something. lnav (Debian: lnav) is compared
where it is installed. What is measured is the `analyze` beside the Python that runs this: install the program there as
users do (`pip install .`, not -e). Run it on a machine that does nothing else.
"""

from __future__ import annotations

import argparse
import itertools
import json
import os
import platform
import random
import re
import resource
import shutil
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
ANALYZE = [str(Path(sys.executable).with_name("analyze"))]
PLAIN_LINES = 64_000


@dataclass(frozen=True)
class Cost:
    """What a command cost: wall and CPU seconds, the largest sum of proportional memory of its processes in MB."""

    wall: float
    cpu: float
    memory: float


def measure(command: Sequence[str], stdout: int = subprocess.DEVNULL) -> Cost:
    """Run a command to its end."""
    before = resource.getrusage(resource.RUSAGE_CHILDREN)
    start = time.perf_counter()
    process = subprocess.Popen(command, stdout=stdout, stderr=subprocess.DEVNULL, start_new_session=True)
    peak = 0.0
    while process.poll() is None:
        peak = max(peak, _memory(process.pid))
        time.sleep(0.05)
    wall = time.perf_counter() - start
    if process.returncode:
        raise SystemExit(f"{command[-6:]} ended with code {process.returncode}: nothing was measured")
    after = resource.getrusage(resource.RUSAGE_CHILDREN)
    cpu = after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime
    return Cost(wall, cpu, peak)


def _memory(session: int) -> float:
    total = 0
    for entry in Path("/proc").iterdir():
        if not entry.name.isdigit():
            continue
        try:
            if int((entry / "stat").read_text().rsplit(") ", 1)[1].split()[3]) != session:
                continue
            match = re.search(r"^Pss:\s+(\d+)", (entry / "smaps_rollup").read_text(), re.MULTILINE)
            total += int(match[1]) if match else 0
        except (OSError, IndexError):
            continue
    return total / 1024


def analyze(*arguments: str | Path) -> Cost:
    """Run the analyzer as a user does, with JSON output."""
    return measure([*ANALYZE, *map(str, arguments), "--format", "json", "--fail-on", "never"])


# The least that one would mask, and besides them what the example settings of drain3 mask.
FEW_MASKS = [
    (r"(\d{1,3}\.\d{1,3}\.\d{1,3}\.\d{1,3})", "IP"),
    (r"(0x[a-fA-F0-9]+)", "HEX"),
    (r"([\-\+]?\d+)", "NUM"),
]
EXAMPLE_MASKS = [
    (r"(([0-9a-f]{2,}:){3,}([0-9a-f]{2,}))", "ID"),
    FEW_MASKS[0],
    (r"([0-9a-f]{6,} ?){3,}", "SEQ"),
    (r"([0-9A-F]{4} ?){4,}", "SEQ"),
    *FEW_MASKS[1:],
]


def plain_drain3(logs: Path, masks: Sequence[tuple[str, str]]) -> float:
    """Lines per CPU-second of drain3 fed line by line with masks, on the first lines of every file in turn."""
    code = (
        "import sys, time\n"
        "from drain3.template_miner import TemplateMiner\n"
        "from drain3.template_miner_config import TemplateMinerConfig\n"
        "from drain3.masking import MaskingInstruction\n"
        "config = TemplateMinerConfig()\n"
        f"masks = {list(masks)!r}\n"
        "edge = '((?<=[^A-Za-z0-9])|^)%s((?=[^A-Za-z0-9])|$)'\n"
        "config.masking_instructions = [MaskingInstruction(edge % pattern, name) for pattern, name in masks]\n"
        "miner = TemplateMiner(None, config)\n"
        "lines = sys.stdin.read().splitlines()\n"
        "start = time.process_time()\n"
        "for line in lines: miner.add_log_message(line)\n"
        "print(len(lines) / (time.process_time() - start))\n"
    )
    files = [path for path in sorted(logs.iterdir()) if path.is_file()]
    share = PLAIN_LINES // max(1, len(files))
    head = "".join(line for path in files for line in itertools.islice(path.open(errors="replace"), share))
    done = subprocess.run([sys.executable, "-c", code], input=head, capture_output=True, text=True, check=True)
    return float(done.stdout.split()[-1])


def many_rules(folder: Path, count: int) -> Path:
    """A file with `count` rules made of the words of the shipped ones: they look like rules and match little."""
    sys.path.insert(0, str(ROOT))
    from analyzer.rulebook import load, rules_dir

    texts = " ".join(text for rule in load([rules_dir()]) for text in rule.literals())
    words = sorted({word for word in texts.split() if len(word) > 3})
    rnd = random.Random(7)
    out = []
    for i in range(count):
        texts = json.dumps([" ".join(rnd.sample(words, 3)) for _ in range(3)])
        detection = f"{{a: {{body|contains: {texts}}}}}"
        out.append(f"- id: bench.rule{i}\n  title: T\n  severity: low\n  detection: {detection}\n")
    path = folder / "many.yaml"
    path.write_text("".join(out), encoding="utf-8")
    return path


Row = tuple[str, str]


def throughput(logs: Path, small: Path) -> Iterator[Row]:
    size = sum(path.stat().st_size for path in logs.iterdir()) / 1e6
    lines = sum(path.read_bytes().count(b"\n") for path in logs.iterdir())
    ours = analyze(logs, "--jobs", "1")
    yield f"{size:,.0f} MB, one process", f"{size / ours.cpu:.0f} MB per CPU-second ({ours.cpu:.1f} s)"
    yield "peak memory, one process", f"{ours.memory:.0f} MB"
    if shutil.which("lnav"):
        lnav = measure(["lnav", "-n", str(logs)])
        yield "CPU time against lnav -n", f"{ours.cpu / lnav.cpu:.2f} times lnav's ({lnav.cpu:.1f} s)"
    for what, masks in (("three masks", FEW_MASKS), ("the masks of its example", EXAMPLE_MASKS)):
        plain = plain_drain3(logs, masks)
        ratio = f"{lines / ours.cpu / plain:.0f} times ({plain:,.0f} lines/s)"
        yield f"lines per CPU-second against plain drain3, {what}", ratio


def workers(logs: Path, small: Path) -> Iterator[Row]:
    one, two = analyze(logs, "--jobs", "1"), analyze(logs, "--jobs", "2")
    yield "two workers against one, wall time", f"{one.wall / two.wall:.2f} times faster"
    yield "peak memory, two workers, all processes", f"{two.memory:.0f} MB"


def rules(logs: Path, small: Path) -> Iterator[Row]:
    with tempfile.TemporaryDirectory() as folder:
        extra = many_rules(Path(folder), 940)
        few = analyze(logs, "--jobs", "1")
        many = analyze(logs, "--jobs", "1", "--rules", extra)
    yield "940 rules more, CPU time", f"{many.cpu / few.cpu:.2f} times"


def start_up(logs: Path, small: Path) -> Iterator[Row]:
    def best(run: Callable[[], Cost]) -> float:
        return min(run().wall for _ in range(5))

    yield f"{small.name}, wall time, warm", f"{best(lambda: analyze(small)):.2f} s"
    yield "analyze --help, wall time", f"{best(lambda: measure([*ANALYZE, '--help'])):.2f} s"


PARTS: dict[str, Callable[[Path, Path], Iterator[Row]]] = {
    "start_up": start_up,
    "throughput": throughput,
    "workers": workers,
    "rules": rules,
}


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("logs", type=Path)
    parser.add_argument("--small", type=Path, default=ROOT / "samples" / "bundles" / "webshop-outage.zip")
    parser.add_argument("--only", choices=list(PARTS), nargs="*", default=list(PARTS))
    options = parser.parse_args()
    print(f"{os.cpu_count()} cores, {platform.machine()}, Python {platform.python_version()}\n")
    print("| what | measured |\n| --- | --- |")
    for name in options.only:
        for what, measured in PARTS[name](options.logs, options.small):
            print(f"| {what} | {measured} |", flush=True)


if __name__ == "__main__":
    main()
