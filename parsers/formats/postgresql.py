"""PostgreSQL: stderr with any log_line_prefix, csvlog, jsonlog."""

from __future__ import annotations

import csv
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from ..batch import SQL_CONSTANTS
from ..contract import Source
from ..excerpt import head_lines
from ..json_text import as_text
from ..lines import LineFormat, Sample
from ..records import RecordFormat, Records
from ..severity import number
from .json_lines import JsonLines

_LEVELS = "DEBUG[1-5]?|LOG|INFO|NOTICE|WARNING|ERROR|FATAL|PANIC"
# lc_messages of a server that speaks another language: its levels, and what carries the prefix, too, of a message.
_FOREIGN = {
    "ERROR": "FEHLER ERREUR ERRO ERRORE ОШИБКА 错误 錯誤 エラー 오류 BŁĄD HATA",
    "FATAL": "ВАЖНО 致命错误 致命錯誤 致命的エラー 치명적오류 KATASTROFALNY ÖLÜMCÜL",
    "PANIC": "PANIK PÁNICO PÂNICO ПАНИКА 比致命错误还过分的错误 パニック 손상",
    "WARNING": "WARNUNG ATTENTION ADVERTENCIA AVISO ATTENZIONE ПРЕДУПРЕЖДЕНИЕ 警告 경고 OSTRZEŻENIE UYARI",
    "NOTICE": "HINWEIS NOTA ЗАМЕЧАНИЕ 注意 알림",
    "LOG": "СООБЩЕНИЕ 日志 ログ 로그 DZIENNIK",
}
_WORDS = {word: number(level) for level, words in _FOREIGN.items() for word in words.split()}
_LEVELS += "|" + "|".join(sorted(_WORDS, key=len, reverse=True))
_PARTS = (
    "DETAIL|HINT|STATEMENT|CONTEXT|QUERY|LOCATION|TIPP|ANWEISUNG|ZUSAMMENHANG|DÉTAIL|ASTUCE|INSTRUCTION|CONTEXTE|DETALLE"
    "|SUGERENCIA|SENTENCIA|CONTEXTO|DETALHE|DICA|COMANDO|ПОДРОБНОСТИ|ПОДСКАЗКА|ОПЕРАТОР|КОНТЕКСТ|详细信息|提示|语句|上下文"
    "|詳細|ヒント|文|상세정보|힌트|명령 구문"
)
_TIME = r"[0-9]{4}-[0-9]{2}-[0-9]{2} [0-9]{2}:[0-9]{2}:[0-9]{2}(?:\.[0-9]{3})?"

# What no other program writes: two spaces behind the level, or the level LOG.
_OWN = re.compile(r"(?:" + _LEVELS + r"):  |[ \]>]LOG: ")


class Stderr(LineFormat):
    """Lines of the server: two spaces follow the level, of which collectors may leave one."""

    def sniff(self, source: Source) -> float:
        """As any format of lines, where some line is one that only PostgreSQL writes."""
        if not any(_OWN.search(line) for line in head_lines(source, 200)):
            return 0.0
        return super().sniff(source)


# Three digits behind a comma are the fraction of a second that Python's logging writes, and no part of a prefix.
STDERR = Stderr(
    name="postgresql",
    title="PostgreSQL server log",
    reference="https://www.postgresql.org/docs/current/runtime-config-logging.html (log_line_prefix)",
    patterns=(
        r"^(?:< ?)?"
        + _TIME
        + r"(?: ?[A-Z]{3,5}| ?[+-][0-9]{2}(?::?[0-9]{2})?)?(?:[ :\[>(]|,(?:[^0-9]|[0-9]{4,})).*?(?P<severity_text>"
        + _LEVELS
        + r"): {1,2}(?P<body>.*)$",
        r"^(?:\[[0-9]+\](?:: \[[0-9\-]+\])? |[0-9]{10}\.[0-9]{3} \[[0-9]+\] |[0-9a-f]{8}\.[0-9a-f]+ )?(?P<severity_text>"
        + _LEVELS
        # Not "INFO:     Started", as Uvicorn writes it.
        + r"):  (?P<body>(?:[^ ].*)?)$",
    ),
    times=("iso", "epoch"),
    # These carry the prefix, too, and belong to the message before them.
    inside=r"^[^\"']*?(?:" + _PARTS + r"):  ",
    severity_words=_WORDS,
    quoted=SQL_CONSTANTS,
    confidence=0.93,
    samples=(
        Sample(
            '2026-03-14 09:26:53.206 UTC [260] LOG:  listening on IPv6 address "::", port 5432',
            {
                "time": "2026-03-14T09:26:53.206Z",
                "severity_number": 9,
                "body": 'listening on IPv6 address "::", port 5432',
            },
        ),
        Sample(
            '2026-03-14 10:26:54 CET [103]: [3-1] user=shop,db=shop,app=psql,client=10.0.0.7 ERROR:  duplicate key value violates unique constraint "orders_pkey"\n'
            "2026-03-14 10:26:54 CET [103]: [4-1] user=shop,db=shop,app=psql,client=10.0.0.7 DETAIL:  Key (id)=(7) already exists.\n"
            "2026-03-14 10:26:54 CET [103]: [5-1] user=shop,db=shop,app=psql,client=10.0.0.7 STATEMENT:  insert into orders\n"
            "\tvalues (7)",
            {"time": "2026-03-14T09:26:54Z", "severity_number": 17},
        ),
        Sample(
            "2026-03-14 09:26:54.500 MSK [812] shop@shop ВАЖНО:  извините, уже слишком много клиентов подключено\n"
            "2026-03-14 09:26:54.500 MSK [812] shop@shop ПОДСКАЗКА:  попробуйте позже",
            {
                "time": "2026-03-14T06:26:54.5Z",
                "severity_number": 21,
                "body": "извините, уже слишком много клиентов подключено\n2026-03-14 09:26:54.500 MSK [812] shop@shop ПОДСКАЗКА:  попробуйте позже",
            },
        ),
        Sample(
            "2026-03-14 09:26:55.100 UTC [812] shop@shop FATAL:  sorry, too many clients already",
            {"severity_number": 21, "body": "sorry, too many clients already"},
        ),
        Sample(
            '2026-03-14 09:26:56 UTC:10.0.0.7(51966):shop@shop:[1234]:PANIC:  could not write to file "pg_wal/xlogtemp.99": No space left on device',
            {
                "severity_number": 22,
                "body": 'could not write to file "pg_wal/xlogtemp.99": No space left on device',
            },
        ),
        Sample(
            "< 2026-03-14 09:26:57.001 UTC >WARNING:  could not open statistics file",
            {"time": "2026-03-14T09:26:57.001Z", "severity_number": 13},
        ),
    ),
)

_START = re.compile(_TIME + r" [A-Z0-9+\-:]+,")
# Columns of csvlog (PostgreSQL manual, table of CSV columns), from 0.
_SEVERITY, _MESSAGE, _DETAIL, _HINT, _CONTEXT, _STATEMENT = 11, 13, 14, 15, 18, 19


@dataclass(frozen=True)
class CsvLog(RecordFormat):
    """csvlog: 23 to 26 columns; a quoted one may hold line ends."""

    def starts_record(self, line: str) -> bool:
        """Whether a line begins with a time and a comma."""
        return _START.match(line) is not None

    def sniff(self, source: Source) -> float:
        """The share of records that have the columns of csvlog."""
        lines = head_lines(source, 200)
        rows = [self._row(text) for _, text in self._texts(lines)]
        return 0.98 * sum(row is not None for row in rows) / len(rows) if rows else 0.0

    def records(self, lines: Sequence[str]) -> Records:
        """Each row is a record; its detail, hint, context and statement are lines of the body."""
        found = Records()
        for at, text in self._texts(lines):
            row = self._row(text)
            if row is None:
                found.malformed.append(at)
                found.add(at, text)
                continue
            parts = [row[_MESSAGE]]
            for name, column in (
                ("DETAIL", _DETAIL),
                ("HINT", _HINT),
                ("CONTEXT", _CONTEXT),
                ("STATEMENT", _STATEMENT),
            ):
                if row[column]:
                    parts.append(f"{name}:  {row[column]}")
            level = row[_SEVERITY]
            found.add(at, "\n".join(parts), row[0], number(level), fields={"severity_text": level})
        return found

    def _texts(self, lines: Sequence[str]) -> list[tuple[int, str]]:
        """Records with the number of their first line: a line that begins none continues the one before."""
        found: list[tuple[int, list[str]]] = []
        for at, line in enumerate(lines):
            if self.starts_record(line) or not found:
                found.append((at, [line]))
            else:
                found[-1][1].append(line)
        return [(at, "\n".join(part).rstrip("\n")) for at, part in found]

    @staticmethod
    def _row(text: str) -> list[str] | None:
        try:
            rows = list(csv.reader(text.splitlines(keepends=True), strict=True))
        except csv.Error:
            return None
        if len(rows) != 1 or not 22 <= len(rows[0]) <= 30 or not number(rows[0][_SEVERITY]):
            return None
        return rows[0]


CSV = CsvLog(
    name="postgresql_csv",
    title="PostgreSQL csvlog",
    reference="https://www.postgresql.org/docs/current/runtime-config-logging.html#RUNTIME-CONFIG-LOGGING-CSVLOG",
    samples=(
        Sample(
            '2026-03-14 09:26:53.044 UTC,,,103,,6b0458dc.67,3,,2026-03-14 09:26:44 UTC,,0,LOG,00000,"listening on Unix socket ""/var/run/postgresql/.s.PGSQL.5432""",,,,,,,,,"","postmaster",,0',
            {
                "time": "2026-03-14T09:26:53.044Z",
                "severity_number": 9,
                "body": 'listening on Unix socket "/var/run/postgresql/.s.PGSQL.5432"',
            },
        ),
        Sample(
            '2026-03-14 09:26:54.101 CET,"shop","shop",231,"10.0.0.7:51966",6b0458e1.e7,5,"INSERT",2026-03-14 09:26:49 CET,3/7,745,ERROR,23505,"duplicate key value violates unique constraint ""orders_pkey""","Key (id)=(7) already exists.",,,,,"insert into orders\n  values (7)",,,"psql","client backend",,0',
            {
                "time": "2026-03-14T08:26:54.101Z",
                "severity_number": 17,
                "body": 'duplicate key value violates unique constraint "orders_pkey"\nDETAIL:  Key (id)=(7) already exists.\nSTATEMENT:  insert into orders\n  values (7)',
            },
        ),
        Sample(
            '2026-03-14 09:26:55.000 UTC,"shop","shop",240,"10.0.0.7:51967",6b0458e2.f0,1,"",2026-03-14 09:26:55 UTC,,0,FATAL,53300,"sorry, too many clients already",,,,,,,,,""',
            {"severity_number": 21, "body": "sorry, too many clients already"},
        ),
    ),
)


@dataclass(frozen=True)
class JsonLog(JsonLines):
    """jsonlog: an object a message."""

    def sniff(self, source: Source) -> float:
        """As JSON lines, when the first line has jsonlog's names."""
        first = next((line for line in head_lines(source, 60) if line.startswith("{")), "")
        return super().sniff(source) if '"error_severity"' in first and '"session_id"' in first else 0.0

    def add(self, found: Records, at: int, record: dict[str, Any]) -> None:
        """Add one object; detail, hint, context and statement are lines of the body."""
        level = as_text(record.get("error_severity")) or ""
        parts = [as_text(record.get("message")) or ""]
        parts += [
            f"{key.upper()}:  {as_text(record[key])}"
            for key in ("detail", "hint", "context", "statement")
            if key in record
        ]
        fields: Mapping[str, str | None] = {"severity_text": level}
        found.add(at, "\n".join(parts), as_text(record.get("timestamp")), number(level), fields=fields)


JSON = JsonLog(
    name="postgresql_json",
    title="PostgreSQL jsonlog",
    reference="https://www.postgresql.org/docs/current/runtime-config-logging.html#RUNTIME-CONFIG-LOGGING-JSONLOG",
    confidence=0.98,
    samples=(
        Sample(
            '{"timestamp":"2026-03-14 09:26:53.044 UTC","pid":103,"session_id":"6b0458dc.67","line_num":2,"session_start":"2026-03-14 09:26:44 UTC","txid":0,"error_severity":"LOG","message":"listening on IPv4 address \\"127.0.0.1\\", port 5432","backend_type":"postmaster","query_id":0}',
            {
                "time": "2026-03-14T09:26:53.044Z",
                "severity_number": 9,
                "body": 'listening on IPv4 address "127.0.0.1", port 5432',
            },
        ),
        Sample(
            '{"timestamp":"2026-03-14 09:26:54.101 UTC","user":"shop","dbname":"shop","pid":231,"remote_host":"10.0.0.7","session_id":"6b0458e1.e7","error_severity":"ERROR","state_code":"23505","message":"duplicate key value","detail":"Key (id)=(7) already exists.","statement":"insert into orders values (7)"}',
            {
                "severity_number": 17,
                "body": "duplicate key value\nDETAIL:  Key (id)=(7) already exists.\nSTATEMENT:  insert into orders values (7)",
            },
        ),
        Sample(
            '{"timestamp":"2026-03-14 09:26:55.000 UTC","pid":240,"session_id":"6b0458e2.f0","error_severity":"FATAL","state_code":"53300","message":"sorry, too many clients already"}',
            {"severity_number": 21, "body": "sorry, too many clients already"},
        ),
    ),
)
