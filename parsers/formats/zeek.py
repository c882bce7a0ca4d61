"""Zeek's logs in tab-separated values: lines that begin with # name the columns."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

from ..contract import Source
from ..excerpt import head_lines
from ..lines import Sample
from ..plan import Plan
from ..records import RecordFormat, Records
from ..times import Clock

_FIELDS = "#fields\t"


def _columns(lines: Sequence[str]) -> tuple[str, ...]:
    line = next((line for line in lines if line.startswith(_FIELDS)), "")
    return tuple(line.split("\t")[1:])


@dataclass(frozen=True)
class Zeek(RecordFormat):
    """One row a record; what is not set is left out."""

    def starts_record(self, line: str) -> bool:
        """Whether a line is a row."""
        return not line.startswith("#") and "\t" in line

    def sniff(self, source: Source) -> float:
        """Certain where the columns are named and the time is one of them."""
        return 0.97 if "ts" in _columns(head_lines(source, 20)) else 0.0

    def plan(self, source: Source, clock: Clock) -> Plan:
        """As for any format of records, with the names of the columns."""
        return replace(super().plan(source, clock), columns=_columns(head_lines(source, 20)))

    def slice_records(self, lines: Sequence[str], plan: Plan) -> Records:
        """Each row is a record."""
        return self._rows(lines, plan.columns)

    def records(self, lines: Sequence[str]) -> Records:
        """The records of lines, one of the first of which names the columns."""
        return self._rows(lines, _columns(lines))

    @staticmethod
    def _rows(lines: Sequence[str], columns: Sequence[str]) -> Records:
        found = Records()
        for at, line in enumerate(lines):
            if line.startswith("#") or not line.strip():
                found.skipped += 1
                continue
            row = dict(zip(columns, line.split("\t"), strict=False))
            if len(row) < 2:
                found.add(at, line)
                continue
            said = {name: value for name, value in row.items() if name != "ts" and value not in ("-", "(empty)")}
            body = " ".join(f"{name}={value}" for name, value in said.items())
            found.add(at, body, row.get("ts"), fields={"http_response_status_code": said.get("status_code")})
        return found


FORMAT = Zeek(
    name="zeek",
    title="Zeek log",
    reference="https://docs.zeek.org/en/master/log-formats.html",
    samples=(
        Sample(
            "#separator \\x09\n#path\tconn\n#fields\tts\tuid\tid.orig_h\tconn_state\tservice\n"
            "1773480413.589793\tC1a2b3\t10.0.0.7\tS0\t-",
            {"time": "2026-03-14T09:26:53.589793Z", "body": "uid=C1a2b3 id.orig_h=10.0.0.7 conn_state=S0"},
        ),
        Sample(
            "1773480414.000001\tC1a2b4\t10.0.0.7\tSF\tdns",
            {"time": "2026-03-14T09:26:54.000001Z", "body": "uid=C1a2b4 id.orig_h=10.0.0.7 conn_state=SF service=dns"},
        ),
        Sample("1773480415.000001\tC1a2b5\t10.0.0.8\tSF\t(empty)", {"time": "2026-03-14T09:26:55.000001Z"}),
    ),
)
