"""The command line: `analyze bundle.zip`, and commands beside it such as `analyze rules check`.

A first argument that is no command is taken as a path, so a file that is called like a command is `./rules`.
Heavy modules are imported inside the commands: `analyze --help` and `analyze rules list` load neither polars
nor drain3.
"""

from __future__ import annotations

import os
import shutil
import signal
import sys
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from datetime import UTC, datetime
from enum import StrEnum
from pathlib import Path
from types import FrameType
from typing import TYPE_CHECKING, Annotated, Any, NoReturn

import typer
from typer.core import TyperGroup

import analyzer
from analyzer.cli_flows import flows_command
from analyzer.cli_rules import rules_app
from analyzer.errors import AnalyzeError, UsageError
from analyzer.settings import Limits, limits_with

if TYPE_CHECKING:
    from analyzer.finding import Report
    from analyzer.render import Style
    from analyzer.rulebook import Rulebook

BUNDLE = "bundle"


class _Main(TyperGroup):
    """A group whose command `bundle` needs not be named; its options are shown as the group's own."""

    _helping = False

    def parse_args(self, ctx: typer.Context, args: list[str]) -> list[str]:  # type: ignore[override]
        own = {"--help", "--version", "--install-completion", "--show-completion"}
        if args and args[0] not in self.commands and args[0] not in own:
            args = [BUNDLE, *args]
        return super().parse_args(ctx, args)

    def get_params(self, ctx: typer.Context) -> list[Any]:  # type: ignore[override]
        own: list[Any] = super().get_params(ctx)
        if not self._helping:
            return own
        return [*(param for param in self.commands[BUNDLE].get_params(ctx) if param.name != "help"), *own]

    def format_help(self, ctx: typer.Context, formatter: Any) -> None:  # type: ignore[override]
        self._helping = True
        super().format_help(ctx, formatter)

    def collect_usage_pieces(self, ctx: typer.Context) -> list[str]:  # type: ignore[override]
        return ["[OPTIONS] PATHS...", "| COMMAND [ARGS]..."]


app = typer.Typer(
    cls=_Main,
    no_args_is_help=True,
    pretty_exceptions_enable=False,
    context_settings={"help_option_names": ["-h", "--help"]},
    help="Says what is wrong in a bundle of logs: since when, how sure it is, on which lines, and what to do.",
)
app.add_typer(rules_app, name="rules")
app.command("flows")(flows_command)


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


def _print_version(wanted: bool) -> None:
    if wanted:
        typer.echo(f"bundle-analyzer {analyzer.__version__}")
        raise typer.Exit


@app.callback()
def _main(
    version: Annotated[
        bool, typer.Option("--version", callback=_print_version, is_eager=True, help="Show the version and exit.")
    ] = False,
) -> None:
    pass


@app.command(BUNDLE, hidden=True)
def bundle_command(
    paths: Annotated[
        list[str], typer.Argument(help="Archives, folders or files; - for standard input.", show_default=False)
    ],
    format_: Annotated[
        str,
        typer.Option(
            "--format", "-f", help="terminal, html, json, markdown, reply.", show_default="by the ending of -o"
        ),
    ] = "",
    output: Annotated[Path | None, typer.Option("--output", "-o", help="Write the report to a file.")] = None,
    rules: Annotated[
        list[Path] | None, typer.Option("--rules", help="Add a rule file or a folder of rules. Repeatable.")
    ] = None,
    fail_on: Annotated[
        Level, typer.Option(help="Exit with 1 when there is a finding of this severity or above.")
    ] = Level.high,
    min_severity: Annotated[Level, typer.Option(help="Leave out findings below this severity.")] = Level.info,
    since: Annotated[str, typer.Option(help="Leave out records before this time (ISO 8601, UTC).")] = "",
    until: Annotated[str, typer.Option(help="Leave out records after this time (ISO 8601, UTC).")] = "",
    timezone: Annotated[
        str, typer.Option(help="Zone of times that name none, such as +08:00.", show_default="inferred")
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
    explain: Annotated[
        str, typer.Option(help="Show all that is known about one finding, by the id of its rule.", metavar="ID")
    ] = "",
    pager: Annotated[bool, typer.Option("--pager", help="Show the report in $PAGER.")] = False,
    no_color: Annotated[bool, typer.Option("--no-color", help="No colours; NO_COLOR does the same.")] = False,
) -> None:
    """Analyse a bundle."""
    from analyzer.render import renderer

    name = format_ or _format_of(output)
    render = renderer(name)
    limits = limits_with(limit or [])
    moments = (_moment(since, "--since"), _moment(until, "--until"))
    book = _load_rules(rules or [])
    report = _analyze(paths, book, limits, moments, _zone(timezone), jobs, save, quiet)
    reader = audience or (Reader.customer if name == "reply" else Reader.internal)
    shown = _shown(report, min_severity, reader, explain)
    text = render.render(shown, _style(output, no_color, quiet, verbose or bool(explain), language))
    _deliver(text, output, pager)
    if not any(entry.records for entry in report.coverage):
        _complain(f"{report.verdict} See the problems in the report.")
        raise typer.Exit(3)
    raise typer.Exit(1 if _fails(report, fail_on) else 0)


@app.command("formats")
def formats_command() -> None:
    """List the log formats that are recognised."""
    from rich.console import Console
    from rich.table import Table

    from parsers import parsers

    table = Table(box=None, header_style="bold", padding=(0, 2, 0, 0))
    for name in ("name", "what", "defined by"):
        table.add_column(name)
    for parser in parsers():
        table.add_row(parser.name, parser.title, getattr(parser, "reference", ""))
    Console(highlight=False, markup=False, soft_wrap=not sys.stdout.isatty()).print(table)


def _load_rules(extra: Sequence[Path]) -> Rulebook:
    from analyzer import rulebook

    return rulebook.load([rulebook.rules_dir(), *extra])


def _analyze(
    paths: Sequence[str],
    book: Rulebook,
    limits: Limits,
    moments: tuple[datetime | None, datetime | None],
    zone_minutes: int | None,
    jobs: int,
    save: Path | None,
    quiet: bool,
) -> Report:
    # One thread a process: the second core is used by a second process, without the cost of sharing.
    os.environ.setdefault("POLARS_MAX_THREADS", "1")
    # polars gives freed memory back at once by default, and pays for it again with the next slice.
    os.environ.setdefault("_RJEM_MALLOC_CONF", "dirty_decay_ms:-1,muzzy_decay_ms:-1")
    from analyzer.pipeline import Options, analyze

    options = Options(limits, moments[0], moments[1], zone_minutes, jobs, save)
    with book.placing(), _progress(not quiet) as advance:
        return analyze(paths, list(book), options, advance)


@contextmanager
def _progress(wanted: bool) -> Iterator[Callable[[int, int], None] | None]:
    """A progress bar on stderr, on a terminal only."""
    if not wanted or not sys.stderr.isatty():
        yield None
        return
    from rich.console import Console
    from rich.progress import BarColumn, DownloadColumn, Progress, TextColumn, TimeRemainingColumn

    columns = (TextColumn("reading"), BarColumn(), DownloadColumn(), TimeRemainingColumn())
    with Progress(*columns, console=Console(stderr=True), transient=True) as progress:
        task = progress.add_task("reading", total=None)
        yield lambda done, total: progress.update(task, completed=done, total=total)


def _format_of(output: Path | None) -> str:
    endings = {".json": "json", ".md": "markdown", ".markdown": "markdown", ".html": "html", ".htm": "html"}
    return endings.get(output.suffix.lower(), "terminal") if output else "terminal"


def _moment(text: str, option: str) -> datetime | None:
    if not text:
        return None
    try:
        moment = datetime.fromisoformat(text)
    except ValueError as error:
        raise UsageError(f"{option} {text}: no time in ISO 8601, such as 2026-03-14T09:26:53Z.") from error
    return moment if moment.tzinfo else moment.replace(tzinfo=UTC)


def _zone(text: str) -> int | None:
    if not text:
        return None
    from parsers.times import zone_minutes

    minutes = zone_minutes(text)
    if minutes is None:
        raise UsageError(f"--timezone {text}: not known; write it as +08:00.")
    return minutes


def _style(output: Path | None, no_color: bool, quiet: bool, verbose: bool, language: Language) -> Style:
    from analyzer.render import Style

    plain = no_color or bool(os.environ.get("NO_COLOR")) or os.environ.get("TERM") == "dumb"
    color = output is None and sys.stdout.isatty() and not plain
    width = shutil.get_terminal_size((100, 24)).columns
    return Style(max(40, width), color, -1 if quiet else int(verbose), language.value)


def _deliver(text: str, output: Path | None, pager: bool) -> None:
    if output is None and pager and sys.stdout.isatty():
        from click import echo_via_pager

        echo_via_pager(text)
        return
    if output is None:
        sys.stdout.reconfigure(errors="backslashreplace")  # type: ignore[union-attr]
        sys.stdout.write(text)
        return
    try:
        output.write_text(text, encoding="utf-8")
    except OSError as error:
        raise UsageError(f"--output {output}: cannot be written: {error.strerror or error}.") from error


def _rank(level: str) -> int:
    return list(Level).index(Level(level))


def _shown(report: Report, level: Level, reader: Reader, explain: str) -> Report:
    """What of a report is shown: findings from a severity on, or one of them, to an audience."""
    from dataclasses import replace

    from analyzer.audience import for_audience

    kept = [finding for finding in report.findings if _rank(finding.severity) <= _rank(level)]
    if explain:
        kept = [finding for finding in kept if finding.rule.id == explain]
        if not kept:
            found = ", ".join(finding.rule.id for finding in report.findings) or "nothing"
            raise UsageError(f"--explain {explain}: no such finding; found: {found}. See analyze rules show {explain}.")
        report = replace(report, unknown=(), problems=())
    return for_audience(replace(report, findings=kept), reader.value)


def _fails(report: Report, level: Level) -> bool:
    if level is Level.never:
        return False
    return any(_rank(finding.severity) <= _rank(level) for finding in report.findings)


def _complain(message: str) -> None:
    from analyzer.render._escape import visible

    sys.stderr.write("".join(f"analyze: {visible(line)}\n" for line in message.splitlines()))


def _stop(number: int, frame: FrameType | None) -> NoReturn:
    # As an exception, so that temporary files are removed.
    raise SystemExit(128 + number)


def main() -> NoReturn:
    """Run the command line; ends the process with one of the documented exit codes."""
    signal.signal(signal.SIGTERM, _stop)
    sys.exit(run(sys.argv[1:]))


def run(arguments: Sequence[str]) -> int:
    """Run the command line and return its exit code."""
    try:
        result = app(list(arguments), prog_name="analyze", standalone_mode=True)
    except AnalyzeError as error:
        _complain(str(error))
        return error.exit_code
    except KeyboardInterrupt:
        return 130
    except BrokenPipeError:
        # The reader has gone (| head): nothing left to say, and nothing to say it to.
        sys.stdout = open(os.devnull, "w", encoding="utf-8")  # noqa: PTH123, SIM115
        return 0
    except SystemExit as stop:
        return stop.code if isinstance(stop.code, int) else 2
    except MemoryError:
        _complain("out of memory: give less at once, or lower --limit total_bytes.")
        return 3
    except Exception as error:
        # The last resort: users get a sentence, developers the traceback when they ask for it.
        if os.environ.get("ANALYZE_DEBUG"):
            raise
        _complain(f"internal error, please report it ({type(error).__name__}: {error}); ANALYZE_DEBUG=1 shows where.")
        return 3
    return result if isinstance(result, int) else 0
