"""Files that describe a machine: what a report says of it."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from subprocess import CompletedProcess

import pytest

from analyzer.finding import Report

ReportOn = Callable[..., Report]
Command = Callable[..., CompletedProcess[str]]

LINUX = {
    "sosreport-db1/etc/os-release": 'NAME="Rocky Linux"\nPRETTY_NAME="Rocky Linux 9.3 (Blue Onyx)"\n',
    "sosreport-db1/sos_commands/kernel/uname_-a": "Linux db1.firma.lan 5.14.0-362.el9.x86_64 #1 SMP x86_64 GNU/Linux\n",
    "sosreport-db1/proc/meminfo": "MemTotal:        8388608 kB\nMemFree:          412345 kB\n",
    "sosreport-db1/sos_commands/processor/lscpu": "Architecture: x86_64\nCPU(s):      4\nHypervisor vendor:  VMware\n",
    "sosreport-db1/uptime": " 09:27:01 up 41 days,  3:12,  2 users,  load average: 9.81, 7.40, 3.02\n",
    "sosreport-db1/sos_commands/hardware/dmidecode": (
        "Handle 0x0100\nSystem Information\n\tManufacturer: Initech\n\tProduct Name: R650\n\tVersion: 1\n"
    ),
}
WINDOWS = (
    "\r\nHost Name:                 PAY-WIN-7\r\nOS Name:                   Microsoft Windows Server 2022 Standard\r\n"
    "OS Version:                10.0.20348 N/A Build 20348\r\nSystem Boot Time:          3/14/2026, 4:02:11 AM\r\n"
    "Time Zone:                 (UTC+08:00) Beijing\r\nTotal Physical Memory:     16,383 MB\r\n"
)


def _facts(report_on: ReportOn, files: dict[str, str | bytes]) -> dict[str, list[str]]:
    named = {name: text if isinstance(text, bytes) else text.encode() for name, text in files.items()}
    return {title: list(values) for title, values in report_on(named).facts.items()}


def test_a_linux_machine_is_described(report_on: ReportOn) -> None:
    assert _facts(report_on, dict(LINUX)) == {
        "Hardware": ["R650"],
        "Hosts": ["db1.firma.lan"],
        "Kernel": ["5.14.0-362.el9.x86_64"],
        "Load average": ["9.81, 7.40, 3.02"],
        "Memory": ["8.0 GiB"],
        "Operating system": ["Rocky Linux 9.3 (Blue Onyx)"],
        "Processors": ["4"],
        "Uptime": ["41 days, 3:12"],
        "Virtualization": ["VMware"],
    }


@pytest.mark.parametrize("encoding", ["utf-8", "utf-16"])
def test_a_windows_machine_is_described(report_on: ReportOn, encoding: str) -> None:
    facts = _facts(report_on, {"case/systeminfo.txt": WINDOWS.encode(encoding)})
    assert facts["Hosts"] == ["PAY-WIN-7"]
    assert facts["Operating system"] == ["Microsoft Windows Server 2022 Standard"]
    assert facts["Memory"] == ["16,383 MB"]
    assert facts["Time zone"] == ["(UTC+08:00) Beijing"]


def test_other_files_describe_no_machine(report_on: ReportOn) -> None:
    texts: dict[str, str | bytes] = {
        "docs/uname.log": "uname is documented in uname(1)\n",
        "app/hostname-check.log": "2026-03-14 09:00:00 INFO hostname ok\n2026-03-14 09:00:01 INFO hostname ok\n",
        "app/version.log": "2026-03-14 09:00:00 INFO version check\n",
    }
    assert _facts(report_on, texts) == {}


def test_people_read_of_the_system_above_the_coverage(analyze_command: Command, tmp_path: Path) -> None:
    for name, text in LINUX.items():
        (tmp_path / "case" / name).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / "case" / name).write_text(text)
    shown = " ".join(analyze_command(tmp_path / "case").stdout.split())
    assert (
        "System: host db1.firma.lan; Rocky Linux 9.3 (Blue Onyx), Kernel 5.14.0-362.el9.x86_64, Hardware R650, "
        "Processors 4, Memory 8.0 GiB. Read 6 of 6 files"
    ) in shown
    ticket = analyze_command(tmp_path / "case", "-f", "markdown").stdout
    assert "System: host host-1; Rocky Linux 9.3" in ticket
