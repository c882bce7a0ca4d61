"""Cut a folder of logs and a capture to a span of time: cut.py FOLDER OUT BEGIN END (seconds since 1970, UTC)."""

import re
import subprocess
import sys
from datetime import UTC, datetime
from pathlib import Path

TIMES = (
    (re.compile(r"^(\d{4}-\d\d-\d\d \d\d:\d\d:\d\d)"), "%Y-%m-%d %H:%M:%S"),
    (re.compile(r"^(\d{4}/\d\d/\d\d \d\d:\d\d:\d\d)"), "%Y/%m/%d %H:%M:%S"),
    (re.compile(r"\[(\d\d/\w{3}/\d{4}:\d\d:\d\d:\d\d)"), "%d/%b/%Y:%H:%M:%S"),
)


def second(line: str) -> float | None:
    for pattern, form in TIMES:
        if match := pattern.search(line):
            return datetime.strptime(match[1], form).replace(tzinfo=UTC).timestamp()
    return None


def main() -> None:
    folder, out, begin, end = Path(sys.argv[1]), Path(sys.argv[2]), float(sys.argv[3]), float(sys.argv[4])
    for file in sorted(folder.rglob("*")):
        target = out / file.relative_to(folder)
        if file.suffix == ".pcap":
            target.parent.mkdir(parents=True, exist_ok=True)
            stamps = [datetime.fromtimestamp(at, UTC).strftime("%Y-%m-%dT%H:%M:%SZ") for at in (begin, end)]
            command = ["editcap", "-F", "pcap", "-A", stamps[0], "-B", stamps[1], file, target]
            subprocess.run(command, check=True)
        elif file.suffix == ".log":
            kept, inside = [], False
            for line in file.read_text().splitlines(keepends=True):
                at = second(line)
                if at is not None:
                    # The clock of the application's host is ahead.
                    inside = begin <= at <= end + 3
                if inside:
                    kept.append(line)
            if kept:
                target.parent.mkdir(parents=True, exist_ok=True)
                target.write_text("".join(kept))


main()
