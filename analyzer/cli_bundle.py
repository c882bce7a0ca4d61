"""`analyze bundle.zip`: what is wrong in a bundle, in one or several formats, and whether that fails the run."""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import replace
from datetime import UTC, date, datetime
from enum import StrEnum
from fnmatch import fnmatchcase
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from analyzer.cli_complete import format_names, rule_ids
from analyzer.cli_output import Look, outputs_of, write
from analyzer.errors import UsageError
from analyzer.settings import Limits, limits_with

if TYPE_CHECKING:
    from analyzer.config import Config
    from analyzer.finding import Report
    from analyzer.gate import Policy
    from analyzer.processes import Processes
    from analyzer.rulebook import Rulebook


class Language(StrEnum):
    """Languages in which customers are written to."""

    en = "en"
    zh = "zh"


class Reader(StrEnum):
    """Who a report is for."""

    internal = "internal"
    customer = "customer"
    public = "public"


class Level(StrEnum):
    """Severities of findings, and `never` for an exit code of 0 whatever is found."""

    critical = "critical"
    high = "high"
    medium = "medium"
    low = "low"
    info = "info"
    never = "never"


def bundle_command(
    paths: Annotated[
        list[str], typer.Argument(help="Archives, folders or files; - for standard input.", show_default=False)
    ],
    format_: Annotated[
        str,
        typer.Option(
            "--format",
            "-f",
            help="terminal, html, json, jsonl, markdown, reply, csv, sarif, junit or github.",
            show_default="by the ending of -o",
            autocompletion=format_names,
        ),
    ] = "",
    output: Annotated[
        list[Path] | None,
        typer.Option("--output", "-o", help="Write the report to a file, in the format of its ending. Repeatable."),
    ] = None,
    rules: Annotated[
        list[Path] | None, typer.Option("--rules", help="Add a rule file or a folder of rules. Repeatable.")
    ] = None,
    fail_on: Annotated[
        Level | None,
        typer.Option(
            help="Exit with 1 when there is a new finding of this severity or above: "
            "critical, high, medium, low, info; never.",
            show_default="high",
            case_sensitive=False,
            metavar="LEVEL",
        ),
    ] = None,
    baseline: Annotated[
        Path | None, typer.Option(help="An earlier JSON report: what it holds is known and does not fail.")
    ] = None,
    require: Annotated[
        list[str] | None,
        typer.Option(
            help="Fail unless this finding (id, globs) is there. Repeatable.", metavar="ID", autocompletion=rule_ids
        ),
    ] = None,
    forbid: Annotated[
        list[str] | None,
        typer.Option(
            help="Fail if this finding (id, globs) is there. Repeatable.", metavar="ID", autocompletion=rule_ids
        ),
    ] = None,
    config: Annotated[
        Path | None, typer.Option(help="File with settings.", show_default="analyze.toml, or pyproject.toml")
    ] = None,
    min_severity: Annotated[
        Level | None,
        typer.Option(
            help="Leave out findings below this severity.", show_default="info", case_sensitive=False, metavar="LEVEL"
        ),
    ] = None,
    since: Annotated[str, typer.Option(help="Leave out records before this time (ISO 8601, UTC).")] = "",
    until: Annotated[str, typer.Option(help="Leave out records after this time (ISO 8601, UTC).")] = "",
    timezone: Annotated[
        str, typer.Option(help="Zone of times that name none: +08:00, Europe/Berlin.", show_default="inferred")
    ] = "",
    save: Annotated[Path | None, typer.Option(help="Write the tables as Parquet into this folder.")] = None,
    jobs: Annotated[int, typer.Option(help="Worker processes; 0 decides by size and cores.", min=0, max=64)] = 0,
    limit: Annotated[
        list[str] | None,
        typer.Option(help="Change a limit, such as total_bytes=8GiB, depth=10 or line_bytes=64KiB. Repeatable."),
    ] = None,
    quiet: Annotated[bool, typer.Option("--quiet", "-q", help="Only the verdict and a line a finding.")] = False,
    verbose: Annotated[bool, typer.Option("--verbose", "-v", help="Everything that is known.")] = False,
    language: Annotated[Language, typer.Option("--lang", help="Language of --format reply.")] = Language.en,
    audience: Annotated[
        Reader | None,
        typer.Option(
            help="How much is shown: everything, what concerns the customer, nothing from the input.",
            show_default="internal; customer for --format reply",
        ),
    ] = None,
    redact: Annotated[
        bool | None,
        typer.Option(
            "--redact/--no-redact",
            help="Pseudonyms in place of secrets and personal data.",
            show_default="on for html, markdown, reply, sarif, csv, junit and github; secrets only for json and jsonl",
        ),
    ] = None,
    explain: Annotated[
        str,
        typer.Option(
            help="Show all that is known about one finding, by the id of its rule (globs).",
            metavar="ID",
            autocompletion=rule_ids,
        ),
    ] = "",
    pager: Annotated[bool, typer.Option("--pager", help="Show the report in $PAGER.")] = False,
    no_color: Annotated[bool, typer.Option("--no-color", help="No colours; NO_COLOR does the same.")] = False,
) -> None:
    """Analyse a bundle."""
    from analyzer.config import load
    from analyzer.processes import Processes, likely

    settings = load(config)
    outputs = outputs_of(format_, output or [])
    changes = [*_changes(settings), *(limit or [])]
    moments = (_moment(since, "--since"), _moment(until, "--until"))
    zone = _zone(timezone) if timezone else _zone_of(settings)
    # What cannot be read is said before the long work, not after it.
    policy = _policy(settings, fail_on, baseline, require or [], forbid or [])
    limits = limits_with(changes)
    # The terminal shows no digest of the input.
    digest = any(name != "terminal" for name, _ in outputs)
    with Processes((jobs or likely(paths)) - 1) as processes:
        book = _load_rules([*settings.rules, *(rules or [])])
        report = _analyze(paths, book, limits, moments, zone, jobs, save, quiet, no_color, digest, processes)
    report = _judged(report, policy)
    least = min_severity or Level(settings.min_severity or "info")
    look = Look(no_color, quiet, verbose or bool(explain), language.value, pager)
    whole = _shown(report, least, explain)
    # Once for all outputs, so that a pseudonym means the same in each of them.
    hidden = {kind: _redacted(whole, kind) for kind in {_hidden(name, redact) for name, _ in outputs}}
    for name, file in outputs:
        told = _for(hidden[_hidden(name, redact)], audience or _reader(name))
        write(told, name, file, look)
    if not report.was_read:
        complain(f"{report.verdict} See the problems in the report.")
        raise typer.Exit(3)
    _say_why(whole, printed=not all(file for _, file in outputs))
    raise typer.Exit(1 if _fails(report) else 0)


# The report has them all.
_FAILING_SHOWN = 10


def _say_why(report: Report, *, printed: bool) -> None:
    """Say on standard error why the run fails; what was printed names the findings already."""
    if not printed:
        failing = [finding for finding in report.findings if finding.fails]
        said = [f"failed: {f.severity}[{f.rule.id}]: {f.rule.title}" for f in failing[:_FAILING_SHOWN]]
        if len(failing) > _FAILING_SHOWN:
            said.append(f"failed: {len(failing) - _FAILING_SHOWN:,} more findings, see the report.")
        complain("\n".join(said))
    for reason in report.failures:
        complain(f"failed: {reason}")


# What is handed on to others.
_HANDED_ON = ("html", "markdown", "reply", "sarif", "csv", "junit", "github")


class _Hidden(StrEnum):
    """What a report does not show."""

    nothing = "nothing"
    credentials = "credentials"
    everything = "secrets and personal data"


def _hidden(name: str, redact: bool | None) -> _Hidden:
    """What a format hides; programs that read JSON need addresses, and nobody needs passwords in their logs."""
    if redact is not None:
        return _Hidden.everything if redact else _Hidden.nothing
    if name in _HANDED_ON:
        return _Hidden.everything
    return _Hidden.nothing if name == "terminal" else _Hidden.credentials


def _redacted(report: Report, hidden: _Hidden) -> Report:
    if hidden is _Hidden.nothing:
        return report
    from analyzer.redact import redact_report

    return redact_report(report, only_credentials=hidden is _Hidden.credentials)


def _reader(name: str) -> Reader:
    return Reader.customer if name == "reply" else Reader.internal


def _policy(
    settings: Config, fail_on: Level | None, baseline: Path | None, require: Sequence[str], forbid: Sequence[str]
) -> Policy:
    from analyzer.gate import Policy, fingerprints

    known = None
    if baseline:
        known = fingerprints(baseline)
    elif settings.baseline:
        with settings.placing("baseline"):
            known = fingerprints(settings.baseline)
    return Policy(
        fail_on=(fail_on or Level(settings.fail_on or "high")).value,
        known=known,
        suppressions=settings.suppress,
        require=(*settings.require, *require),
        forbid=(*settings.forbid, *forbid),
        today=date.today(),
    )


def _changes(settings: Config) -> list[str]:
    """The limits of the settings as --limit takes them."""
    changes = [(name, f"{name}={value}") for name, value in settings.limits.items()]
    for name, change in changes:
        with settings.placing(name):
            limits_with([change])
    return [change for _, change in changes]


def _zone_of(settings: Config) -> int | str | None:
    with settings.placing("timezone"):
        return _zone(settings.timezone or "")


def _judged(report: Report, policy: Policy) -> Report:
    from analyzer.gate import judge

    report = judge(report, policy)
    return report if report.was_read else replace(report, failures=(*report.failures, report.verdict))


def _fails(report: Report) -> bool:
    from analyzer.gate import fails

    return fails(report)


def _load_rules(extra: Sequence[Path]) -> Rulebook:
    from analyzer import rulebook

    return rulebook.load_indexed(rulebook.rules_dir(), extra)


def _analyze(
    paths: Sequence[str],
    book: Rulebook,
    limits: Limits,
    moments: tuple[datetime | None, datetime | None],
    zone: int | str | None,
    jobs: int,
    save: Path | None,
    quiet: bool,
    no_color: bool,
    digest: bool,
    processes: Processes,
) -> Report:
    from analyzer.match import Matcher
    from analyzer.pipeline import Options, analyze

    options = Options(limits, moments[0], moments[1], zone, jobs, save, digest=digest)
    with book.placing(), _progress(not quiet, no_color) as advance:
        return analyze(paths, Matcher(list(book), book.proven), options, advance, processes)


@contextmanager
def _progress(wanted: bool, no_color: bool) -> Iterator[Callable[[int, int], None] | None]:
    """A progress bar on stderr, on a terminal only."""
    if not wanted or not sys.stderr.isatty():
        yield None
        return
    from rich.console import Console
    from rich.progress import BarColumn, DownloadColumn, Progress, TextColumn, TimeRemainingColumn

    columns = (TextColumn("reading"), BarColumn(), DownloadColumn(), TimeRemainingColumn())
    with Progress(*columns, console=Console(stderr=True, no_color=no_color or None), transient=True) as progress:
        task = progress.add_task("reading", total=None)
        yield lambda done, total: progress.update(task, completed=done, total=total)


def _moment(text: str, option: str) -> datetime | None:
    if not text:
        return None
    try:
        moment = datetime.fromisoformat(text)
    except ValueError as error:
        raise UsageError(f"{option} {text}: no time in ISO 8601, such as 2026-03-14T09:26:53Z.") from error
    return moment if moment.tzinfo else moment.replace(tzinfo=UTC)


def _zone(text: str) -> int | str | None:
    if not text:
        return None
    from parsers.times import is_place, zone_minutes

    minutes = zone_minutes(text)
    if minutes is None and not is_place(text):
        raise UsageError(f"--timezone {text}: not known; write it as +08:00 or Europe/Berlin.")
    return text if minutes is None else minutes


def _rank(level: str) -> int:
    return list(Level).index(Level(level))


def _for(report: Report, reader: Reader) -> Report:
    from analyzer.audience import for_audience

    return for_audience(report, reader.value)


def _shown(report: Report, level: Level, explain: str) -> Report:
    """What of a report is shown: findings from a severity on, or those of one rule, whatever their severity."""
    from analyzer.gate import listed

    if explain:
        kept = [finding for finding in report.findings if fnmatchcase(finding.rule.id, explain)]
        if not kept:
            found = listed([finding.rule.id for finding in report.findings]) or "nothing"
            raise UsageError(f"--explain {explain}: no such finding; found: {found}.")
        return replace(report, findings=kept, unknown=(), warnings=(), problems=())
    kept = [finding for finding in report.findings if _rank(finding.severity) <= _rank(level)]
    hidden = list(dict.fromkeys(f.rule.id for f in report.findings if f.fails and _rank(f.severity) > _rank(level)))
    if hidden:
        # Else the run would fail without a word about why.
        text = f"--min-severity {level.value} leaves out what fails the run: {listed(hidden)}."
        report = replace(report, failures=(*report.failures, text))
    return replace(report, findings=kept)


def complain(message: str) -> None:
    """Say something on standard error, a line at a time."""
    from analyzer.render._escape import visible

    sys.stderr.write("".join(f"analyze: {visible(line)}\n" for line in message.splitlines()))
