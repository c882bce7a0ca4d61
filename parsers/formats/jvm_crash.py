"""hs_err_pid.log: what a Java virtual machine writes about its own end."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass

from ..contract import Source
from ..excerpt import head_lines
from ..lines import Sample
from ..records import Records
from ..reports import ReportFormat
from ..severity import FATAL

_BEGINS = re.compile(
    r"^# +(?:A fatal error has been detected by|There is insufficient memory for) the (?:Java Runtime|SAP Java)"
)
_ERROR = re.compile(
    r"^# +((?:SIG[A-Z]+|EXCEPTION_[A-Z_]+|Internal Error|Native memory allocation|Out of Memory Error).*)$"
)
_FRAME = re.compile(r"^# +([VvJjC] +\[.*|[JjVv] +\S.*)$")
_TIME = re.compile(r"^[Tt]ime: ([A-Z][a-z]{2} [A-Z][a-z]{2} +[0-9]{1,2} [0-9:]{8}) ([0-9]{4})(?: ([A-Z]{3,4}))?")
# Behind the head come the stack, the libraries, the environment and the last events of a process that is gone.
_TOLD = 150


@dataclass(frozen=True)
class HsErr(ReportFormat):
    """A report is a record: what happened and where; the lists behind it are for those who search the cause."""

    def starts_record(self, line: str) -> bool:
        """Whether a report begins."""
        return _BEGINS.match(line) is not None

    def sniff(self, source: Source) -> float:
        """Certain where the first lines say so."""
        filled = [line for line in head_lines(source, 400) if line.strip()]
        begins = next((at for at, line in enumerate(filled) if self.starts_record(line)), None)
        return 0.98 if begins is not None and begins * 2 < len(filled) else 0.0

    def head(self, source: Source) -> Sequence[str]:
        """All of the head: the time stands below the registers in older versions."""
        return head_lines(source, 20_000)

    def add_report(self, found: Records, at: int, lines: Sequence[str]) -> None:
        """Add what happened and where, and the head of the report."""
        error = next((match[1] for line in lines[:12] if (match := _ERROR.match(line))), "fatal error")
        frame = next((match[1] for line in lines[:30] if (match := _FRAME.match(line))), None)
        time = next((match for line in lines if (match := _TIME.match(line))), None)
        sentence = f"the Java virtual machine crashed: {error}{f', in {frame}' if frame else ''}"
        stamp = " ".join(filter(None, (time[1], time[3], time[2]))) if time else None
        found.add(at, "\n".join([sentence, *lines[:_TOLD]]), stamp, FATAL)


def _sample(second: int, error: str) -> str:
    return (
        "# A fatal error has been detected by the Java Runtime Environment:\n#\n"
        f"#  {error}\n#\n# JRE version: OpenJDK Runtime Environment (17.0.15+6)\n# Problematic frame:\n# V  [libjvm.so+0xed2f94]  Unsafe_PutLong+0x124\n#\n\n"
        f"---------------  S U M M A R Y ------------\n\nTime: Sat Mar 14 09:26:{second} 2026 UTC elapsed time: 0.067 seconds"
    )


FORMAT = HsErr(
    name="jvm_crash",
    title="Crash report of a Java virtual machine (hs_err_pid.log)",
    reference="https://docs.oracle.com/en/java/javase/21/troubleshoot/fatal-error-log.html",
    samples=(
        Sample(
            _sample(53, "SIGSEGV (0xb) at pc=0x00007f3f2a0d2f94, pid=4242, tid=4243"),
            {"time": "2026-03-14T09:26:53Z", "severity_number": 21},
        ),
        Sample(_sample(54, "SIGBUS (0x7) at pc=0x00007f3f2a0d2f94, pid=4242, tid=4243"), {"severity_number": 21}),
        Sample(_sample(55, "Internal Error (os_linux.cpp:1234), pid=4242, tid=4243"), {"severity_number": 21}),
    ),
)
