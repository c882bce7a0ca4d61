"""Files of a running system that are no logs, by where they lie: /proc and /sys, /etc, what collectors write about themselves.

Support bundles such as those of `sos report` hold thousands of them. Names of functions in /proc/kallsyms and comments in
/etc/init.d speak of errors without reporting one, and a probe that finds nothing to ask says so in a line or two.
"""

from __future__ import annotations

import re
from pathlib import PurePosixPath

from ..contract import Source
from ..excerpt import head_lines
from ..time_layout import find_kind
from .document import Document

# What the kernel shows of itself (proc(5), sysfs(5)). Not mdstat, which tells of disks that are missing.
_KERNEL = re.compile(
    r"(?:^|/)(?:proc/(?:(?:[0-9]+|self|thread-self|sys|net|irq|bus|fs|driver|scsi|tty|acpi)/|(?:buddyinfo|cgroups|cmdline|config\.gz|cpuinfo|"
    r"crypto|devices|diskstats|dma|execdomains|filesystems|interrupts|iomem|ioports|kallsyms|key-users|keys|kpage\w+|latency_stats|loadavg|"
    r"locks|meminfo|misc|modules|mounts|mtrr|pagetypeinfo|partitions|pressure|sched_debug|schedstat|slabinfo|softirqs|stat|swaps|timer_list|"
    r"uptime|version|vmallocinfo|vmstat|zoneinfo)$)|"
    r"sys/(?:block|bus|class|dev|devices|firmware|fs|hypervisor|kernel|module|power)/)"
)
_CONFIGURATION = re.compile(r"(?:^|/)(?:usr/)?etc/")
# The journal and the results of the collector itself.
_COLLECTOR = re.compile(r"(?:^|/)sos_(?:logs|reports)/")
# What commands said. Tables that are known and what has times are read by their own formats; df is looked at by rules.
_COMMANDS = re.compile(r"(?:^|/)sos_commands/(?!filesys/)")
_LOG_ENDINGS = frozenset((".log", ".out", ".err", ".journal"))
# A command that could not do its work says so in so many lines.
_FEW = 4


class SystemState(Document):
    """Files whose place says that they are no logs."""

    def placed(self, source: Source) -> bool:
        """Whether the place alone says what a file is."""
        where = source.path.replace("!/", "/")
        suffix = PurePosixPath(where).suffix
        return (
            _COLLECTOR.search(where) is not None
            or _KERNEL.search(where) is not None
            or (_CONFIGURATION.search(where) is not None and suffix not in _LOG_ENDINGS)
        )

    def sniff(self, source: Source) -> float:
        """Certain by the place; of the output of commands only where it is very short and has no times."""
        if self.placed(source):
            return 0.97
        if _COMMANDS.search(source.path.replace("!/", "/")):
            lines = [line for line in head_lines(source, 2 * _FEW) if line.strip()]
            return 0.35 if len(lines) <= _FEW and find_kind(lines) is None else 0.0
        return 0.0


FORMAT = SystemState(
    name="system_state",
    title="State and configuration of a system (/proc, /sys, /etc): read, but faults are not looked for in it",
    reference="https://man7.org/linux/man-pages/man5/proc.5.html",
    patterns=(),
    times=(),
    samples=(),
)
