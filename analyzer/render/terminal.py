"""The terminal: a verdict, then findings in the grammar of a good compiler, worst first.

high[postgres.too_many_connections]: PostgreSQL refuses connections
--> case.zip!/var/log/postgresql.log:4711
|
4711 | FATAL:  sorry, too many clients already
|                ^^^^^^^^^^^^^^^^^^^^^^^^
= seen: 312 times in ...
= cause: ...
= fix: ...
"""

from __future__ import annotations

import io
from collections import Counter
from collections.abc import Iterable, Sequence

from rich.cells import cell_len
from rich.console import Console
from rich.padding import Padding
from rich.table import Table
from rich.text import Text

from analyzer.finding import SEVERITIES, Coverage, Evidence, Finding, Report, UnknownError, counted, leading
from analyzer.render import Style
from analyzer.render._escape import stamp, visible
from analyzer.render._system import system_line
from parsers.binary import UNKNOWN
from parsers.severity import name_of

_COLORS = {
    "critical": "bold white on red",
    "high": "bold red",
    "medium": "bold yellow",
    "low": "bold cyan",
    "info": "bold blue",
}
_GUTTER = "bold blue"
UNKNOWN_SHOWN = 5
# Findings that are told in full: more than three nobody reads in a terminal.
DETAILED = 3
# Of the others, in a line each: more would push the first ones off the screen.
ALSO_SHOWN = 15
BINARY_SHOWN = 2
PROBLEMS_SHOWN = 10
MOST_FACTS = 5

# Lines that fit on one.
SCREEN = 24

ENDINGS = (".txt",)


def render(report: Report, style: Style) -> str:
    """The report for a person at a terminal of `style.width` columns."""
    console = Console(
        file=io.StringIO(),
        width=style.width,
        force_terminal=style.color,
        no_color=not style.color,
        color_system="standard" if style.color else None,
        highlight=False,
        markup=False,
        emoji=False,
    )
    with console.capture() as capture:
        console.print(Text(visible(report.verdict), style="bold"))
        if style.verbosity < 0:
            for finding in report.findings:
                console.print(_title(finding), soft_wrap=True)
        else:
            _body(console, report, style)
    text = capture.get()
    if style.verbosity >= 0 and text.count("\n") > SCREEN:
        # Who reads it at a terminal sees the end of it.
        with console.capture() as capture:
            console.print(_in_short(report))
        text += "\n" + capture.get()
    lines = (line.rstrip() for line in text.splitlines())
    return "\n".join(lines) + "\n"


def _in_short(report: Report) -> Text:
    """The verdict once more, with the findings by severity."""
    counts = Counter(finding.severity for finding in report.findings)
    known = ", ".join(f"{counts[severity]:,} {severity}" for severity in SEVERITIES if counts[severity])
    return Text(f"In short: {visible(report.verdict)}{f' By severity: {known}.' if known else ''}", style="bold")


def _body(console: Console, report: Report, style: Style) -> None:
    detailed = report.findings if style.verbosity > 0 else leading(report.findings)[:DETAILED]
    for finding in detailed:
        console.print()
        _finding(console, finding, style, report.bundle.name)
    rest = [finding for finding in report.findings if finding not in detailed]
    if rest:
        console.print()
        _also(console, rest, style)
    for title, entries in (("Errors that no rule knows", report.unknown), ("Warnings", report.warnings)):
        if entries:
            console.print()
            console.print(Text(f"{title}, worst and most frequent first:", style="bold"))
            _unknown(console, entries, style, report.bundle.name)
    console.print()
    about = system_line(report.facts, MOST_FACTS if style.verbosity <= 0 else 1_000)
    if about:
        console.print(Text(f"System: {visible(about)}."))
    console.print(Text(_coverage_line(report.coverage, report)))
    if style.verbosity > 0:
        console.print(_coverage_table(report.coverage, report.bundle.name))
    _problems(console, report, style)


def _also(console: Console, findings: Sequence[Finding], style: Style) -> None:
    """Findings in a line each: those that follow from others, and those that are less grave."""
    console.print(Text("Also found (--explain ID shows one, -v all):", style="bold"))
    # One more is shown rather than counted.
    most = ALSO_SHOWN if len(findings) > ALSO_SHOWN + 1 else len(findings)
    for finding in findings[:most]:
        head = Text.assemble("  ", (f"{finding.severity}[{finding.rule.id}]", _COLORS[finding.severity]))
        count = f" ×{finding.count:,}"
        room = max(20, style.width - cell_len(head.plain) - cell_len(count) - 2)
        title = visible(finding.rule.title)
        head.append(": " + (title if cell_len(title) <= room else title[: room - 1] + "…"))
        head.append(count, style="dim")
        console.print(head, soft_wrap=True)
    if len(findings) > most:
        more = len(findings) - most
        console.print(Text(f"  and {more:,} more: -q lists all in a line each, -v tells them", style="dim"))


def _path(source: str, bundle: str) -> str:
    """A path without the name of the one bundle that all paths begin with."""
    return visible(source.removeprefix(f"{bundle}!/").removeprefix(f"{bundle}/"))


def _where(evidence: Evidence, bundle: str) -> str:
    return _path(evidence.source, bundle) + evidence.place


def _title(finding: Finding) -> Text:
    color = _COLORS[finding.severity]
    return Text.assemble(
        (f"{finding.severity}[{finding.rule.id}]", color),
        (f": {visible(finding.rule.title)}", "bold"),
        (f"  ({finding.status})" if finding.status != "new" else "", "dim"),
    )


def _finding(console: Console, finding: Finding, style: Style, bundle: str) -> None:
    console.print(_title(finding))
    shown = finding.evidence if style.verbosity > 0 else finding.evidence[:1]
    gutter = max([len(str(line.line_number or line.frame_number)) for line in shown] + [3])
    for evidence in shown:
        _quote(console, evidence, gutter, style.width, bundle)
    facts = [("seen", finding.summary.removeprefix("Seen "))]
    if finding.reason:
        facts.append((finding.status, finding.reason))
    if finding.confidence < 0.9:
        facts.append(("sure", f"{finding.confidence:.0%}"))
    facts += _advice(finding, style)
    for name, text in facts:
        _fact(console, name, text, gutter)


def _advice(finding: Finding, style: Style) -> Iterable[tuple[str, str]]:
    rule = finding.rule
    if rule.cause:
        yield "cause", rule.cause
    if style.verbosity > 0:
        if rule.impact:
            yield "impact", rule.impact
        for step in rule.diagnose:
            yield (
                "check",
                step.do + (f"  $ {step.run}" if step.run else "") + (f"  -> {step.expect}" if step.expect else ""),
            )
    for kind, name in (("temporary", "stop-gap"), ("permanent", "fix")):
        for fix in rule.fixes:
            if fix.kind == kind:
                risk = f" (risk: {fix.risk})" if fix.risk and style.verbosity > 0 else ""
                yield name, " ".join(_sentence(step) for step in fix.steps) + risk
    if style.verbosity > 0:
        if rule.verify:
            yield "verify", rule.verify
        for question in rule.questions:
            yield "ask", question
        for reference in rule.references:
            yield "see", reference


def _sentence(step: str) -> str:
    step = " ".join(step.split())
    return step if step.endswith((".", "!", "?", ":", ";")) else step + "."


def _quote(console: Console, evidence: Evidence, gutter: int, width: int, bundle: str) -> None:
    """An arrow to the line, the line, and the part of it that matched underlined."""
    where = _where(evidence, bundle)
    console.print(Text.assemble((" " * gutter + "--> ", _GUTTER), where), soft_wrap=True)
    console.print(Text(" " * gutter + " |", style=_GUTTER))
    room = max(20, width - gutter - 3)
    text, marks = _window(evidence, room)
    number = f"{evidence.line_number or evidence.frame_number or '':>{gutter}}"
    console.print(Text.assemble((f"{number} | ", _GUTTER), text), soft_wrap=True)
    if marks.strip():
        console.print(Text.assemble((" " * gutter + " | ", _GUTTER), (marks, "bold red")), soft_wrap=True)


def _window(evidence: Evidence, room: int) -> tuple[str, str]:
    """The part of a line around its first highlight that fits, and a line of carets under the highlights."""
    cells: list[tuple[str, bool]] = []
    for at, char in enumerate(evidence.text):
        marked = any(start <= at < end for start, end in evidence.highlights)
        cells.extend((shown, marked) for shown in visible(char))
    first = next((i for i, (_, marked) in enumerate(cells) if marked), 0)
    start = 0
    if cell_len("".join(char for char, _ in cells)) > room and first > room // 2:
        start = min(first - room // 3, max(0, len(cells) - room + 1))
    out, marks, used = ("…", " ", 1) if start else ("", "", 0)
    for position, (char, marked) in enumerate(cells[start:], start):
        size = cell_len(char)
        if used + size > room - (position + 1 < len(cells)):
            out += "…"
            break
        out += char
        marks += ("^" if marked else " ") * size
        used += size
    return out, marks.rstrip()


def _fact(console: Console, name: str, text: str, gutter: int) -> None:
    grid = Table.grid(padding=0)
    grid.add_column(no_wrap=True)
    grid.add_column(overflow="fold")
    label = Text.assemble((" " * gutter + " = ", _GUTTER), (f"{name}: ", "bold"))
    grid.add_row(label, Text(visible(" ".join(text.split()))))
    console.print(grid)


# Of a template, beyond its first line.
_MORE_LINES = 2


def _unknown(console: Console, unknown: Iterable[UnknownError], style: Style, bundle: str) -> None:
    entries = list(unknown)
    shown = entries if style.verbosity > 0 else entries[:UNKNOWN_SHOWN]
    for entry in shown:
        where = _where(entry.example, bundle)
        head = Text(f"{entry.count:>8,} × {name_of(entry.severity_number).lower()}  ", style="yellow")
        indent = cell_len(head.plain)
        room = max(20, style.width - indent)
        first, *rest = Text(visible(entry.text)).wrap(console, room)
        console.print(head.append(first.plain, style="default"), soft_wrap=True)
        for number, line in enumerate(rest[:_MORE_LINES], 1):
            shown_line = Text(line.plain.rstrip() + ("…" if number == _MORE_LINES < len(rest) else ""))
            shown_line.truncate(room, overflow="ellipsis")
            console.print(Padding(shown_line, (0, 0, 0, indent)), soft_wrap=True)
        moments = dict.fromkeys(stamp(moment) for moment in (entry.first_seen, entry.last_seen) if moment)
        span = f"  {' .. '.join(moments)}" if moments else ""
        console.print(Padding(Text(where + span, style="dim"), (0, 0, 0, 11)))
    if len(entries) > len(shown):
        console.print(Text(f"         and {len(entries) - len(shown)} more templates: -v shows them", style="dim"))


def _coverage_line(coverage: Iterable[Coverage], report: Report) -> str:
    entries = list(coverage)
    read = [entry for entry in entries if entry.was_read]
    records, lines = (sum(getattr(entry, name) for entry in entries) for name in ("records", "lines"))
    seconds = report.stats.get("seconds", 0)
    firsts = [entry.first_seen for entry in read if entry.first_seen]
    lasts = [entry.last_seen for entry in read if entry.last_seen]
    span = f", {stamp(min(firsts))} .. {stamp(max(lasts))} UTC" if firsts and lasts else ""
    found = f"{counted(lines, 'line')}, {counted(records, 'record')}"
    return (
        f"Read {len(read)} of {counted(len(entries), 'file')}{_unread(entries)}: {found}{span}; "
        f"{report.stats.get('rules', 0)} rules, {seconds} s."
    )


def _unread(entries: Iterable[Coverage]) -> str:
    """How many files hold nothing, or nothing that could be text."""
    why = Counter(entry.problem for entry in entries if not entry.was_read)
    told = [f"{why[reason]:,} {reason}" for reason in ("empty", "binary") if why[reason]]
    return f" ({', '.join(told)})" if told else ""


def _coverage_table(coverage: Iterable[Coverage], bundle: str) -> Table:
    table = Table(box=None, header_style="bold", padding=(0, 1, 0, 0))
    for name in ("file", "parser", "records", "first", "last", "note"):
        table.add_column(name, overflow="fold", justify="right" if name == "records" else "left")
    for entry in coverage:
        note = entry.problem or entry.clock
        table.add_row(
            Text(_path(entry.source, bundle)),
            entry.parser or "-",
            f"{entry.records:,}",
            stamp(entry.first_seen),
            stamp(entry.last_seen),
            Text(visible(note)),
        )
    return table


def _problems(console: Console, report: Report, style: Style) -> None:
    if not report.problems:
        return
    notes = [f"{_path(p.source, report.bundle.name)}: {visible(p.message)}" for p in report.problems]
    if style.verbosity == 0:
        notes = _gathered(report, notes)
    shown = notes if style.verbosity > 0 else notes[:PROBLEMS_SHOWN]
    for note in shown:
        console.print(Text.assemble(("note: ", "bold magenta"), note))
    if len(notes) > len(shown):
        console.print(Text(f"note: and {len(notes) - len(shown)} more: -v shows them", style="magenta"))


def _gathered(report: Report, notes: list[str]) -> list[str]:
    """The notes, with one instead of many for files that are no text: most bundles hold pictures, keys, databases."""
    binary = [problem for problem in report.problems if problem.kind == "binary"]
    if len(binary) <= BINARY_SHOWN:
        return notes
    others = [note for note, problem in zip(notes, report.problems, strict=True) if problem.kind != "binary"]
    kinds: dict[str, list[str]] = {}
    for problem in binary:
        kinds.setdefault(visible(problem.message), []).append(_path(problem.source, report.bundle.name))
    known = {message: names for message, names in kinds.items() if not message.startswith(UNKNOWN)}
    told = [
        f"{names[0]}{f' and {len(names) - 1} more' if len(names) > 1 else ''}: {message}"
        for message, names in known.items()
    ]
    rest = [name for message, names in kinds.items() if message not in known for name in names]
    if rest:
        names = ", ".join(rest[:BINARY_SHOWN])
        more = " ..." if len(rest) > BINARY_SHOWN else ""
        are = "file is" if len(rest) == 1 else "files are"
        told.append(f"{len(rest)} {are} neither text nor in a format that is known (-v shows all): {names}{more}")
    return [*others, *told]
