"""The command line: `analyze bundle.zip`, and commands beside it such as `analyze rules check`.

A first argument that is no command is taken as a path, so a file that is called like a command is `./rules`.
Heavy modules are imported inside the commands: `analyze --help` and `analyze rules list` load neither polars
nor drain3.
"""

from __future__ import annotations

import gc
import os
import signal
import sys
from collections.abc import Sequence
from types import FrameType
from typing import Annotated, Any, NoReturn

import typer
from typer.core import TyperCommand, TyperGroup

import analyzer
from analyzer.cli_bundle import bundle_command, complain
from analyzer.cli_flows import flows_command
from analyzer.cli_redact import redact_command
from analyzer.cli_rules import rules_app
from analyzer.errors import AnalyzeError

BUNDLE = "bundle"


class _Bundle(TyperCommand):
    """The command that needs not be named: errors about its options do not name it either."""

    def make_context(self, info_name: str | None, *arguments: Any, **options: Any) -> Any:
        return super().make_context("", *arguments, **options)


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

    def shell_complete(self, ctx: typer.Context, incomplete: str) -> list[Any]:  # type: ignore[override]
        own = super().shell_complete(ctx, incomplete)
        return [*self.commands[BUNDLE].shell_complete(ctx, incomplete), *own] if incomplete.startswith("-") else own

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
app.command("redact")(redact_command)


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


app.command(BUNDLE, hidden=True, cls=_Bundle)(bundle_command)


@app.command("schema")
def schema_command() -> None:
    """Print the JSON Schema of --format json."""
    from importlib.resources import files

    sys.stdout.write(files("analyzer.render").joinpath("_report.schema.json").read_text(encoding="utf-8"))


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


def _stop(number: int, frame: FrameType | None) -> NoReturn:
    # As an exception, so that temporary files are removed.
    raise SystemExit(128 + number)


def _tune() -> None:
    """Set up the libraries of this process and of its worker processes, before they are loaded."""
    # One thread a process: the second core is used by a second process, without the cost of sharing.
    os.environ.setdefault("POLARS_MAX_THREADS", "1")
    # polars gives freed memory back at once by default, and pays for it again with the next slice.
    os.environ.setdefault("_RJEM_MALLOC_CONF", "dirty_decay_ms:1000,muzzy_decay_ms:0")
    # Nothing here multiplies matrices, and starting the threads for it takes a tenth of a second.
    os.environ.setdefault("OPENBLAS_NUM_THREADS", "1")
    # A start makes hundreds of thousands of objects that stay: looking through them again and again finds no garbage.
    gc.set_threshold(100_000, 20, 20)


def main() -> NoReturn:
    """Run the command line; ends the process with one of the documented exit codes."""
    signal.signal(signal.SIGTERM, _stop)
    _tune()
    sys.exit(run(sys.argv[1:]))


def run(arguments: Sequence[str]) -> int:
    """Run the command line and return its exit code."""
    try:
        result = app(list(arguments), prog_name="analyze", standalone_mode=True)
    except AnalyzeError as error:
        complain(str(error))
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
        complain("out of memory: give less at once, or lower --limit total_bytes.")
        return 3
    except Exception as error:
        # The last resort: users get a sentence, developers the traceback when they ask for it.
        if os.environ.get("ANALYZE_DEBUG"):
            raise
        complain(f"internal error, please report it ({type(error).__name__}: {error}); ANALYZE_DEBUG=1 shows where.")
        return 3
    return result if isinstance(result, int) else 0
