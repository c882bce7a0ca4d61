"""`analyze rules`: list, show, search and check the rules."""

from __future__ import annotations

import sys
from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from analyzer.cli_complete import rule_ids

if TYPE_CHECKING:
    from analyzer.rule import Rule
    from analyzer.rulebook import Rulebook

rules_app = typer.Typer(no_args_is_help=True, help="List, show, search and check the rules.")

_RulesOption = Annotated[
    list[Path] | None, typer.Option("--rules", help="Add a rule file or a folder of rules. Repeatable.")
]


def _book(extra: Sequence[Path] | None) -> Rulebook:
    from analyzer import rulebook

    return rulebook.load_indexed(rulebook.rules_dir(), extra or [])


def _print_list(rules: Iterable[Rule]) -> None:
    entries = list(rules)
    if not entries:
        typer.echo("No rule found.", err=True)
        raise typer.Exit(1)
    width = max(len(rule.id) for rule in entries)
    for rule in entries:
        typer.echo(f"{rule.id:<{width}}  {rule.severity:<8}  {rule.title}")


@rules_app.command("list")
def list_command(rules: _RulesOption = None) -> None:
    """List every rule: id, severity, title."""
    _print_list(_book(rules))


@rules_app.command("search")
def search_command(
    words: Annotated[list[str], typer.Argument(help="Words that the rule is about.")], rules: _RulesOption = None
) -> None:
    """Find rules by words in their id, title, tags, cause or in the messages that they look for."""
    _print_list(_book(rules).search(" ".join(words)))


@rules_app.command("show")
def show_command(
    rule_id: Annotated[str, typer.Argument(help="The id of a rule, such as disk.full.", autocompletion=rule_ids)],
    rules: _RulesOption = None,
) -> None:
    """Show all that a rule knows: cause, impact, steps, fixes, references."""
    from difflib import get_close_matches

    from analyzer.errors import UsageError
    from analyzer.render._card import card

    book = _book(rules)
    if rule_id not in book.rules:
        near = get_close_matches(rule_id, book.rules, n=1)
        hint = f" Did you mean {near[0]}?" if near else " `analyze rules list` shows them all."
        raise UsageError(f"There is no rule {rule_id}.{hint}")
    sys.stdout.write(card(book.rules[rule_id]))


@rules_app.command("check")
def check_command(
    paths: Annotated[
        list[Path] | None, typer.Argument(help="Rule files or folders; without any, the rules that come along.")
    ] = None,
    healthy: Annotated[
        list[Path] | None,
        typer.Option(help="Logs of systems that are well, on which no rule may fire. Repeatable."),
    ] = None,
) -> None:
    """Prove rules: every example, every rule on the examples of every other, every literal."""
    from rich.console import Console
    from rich.progress import Progress

    from analyzer import rulebook
    from analyzer.check import check, untried
    from analyzer.finding import counted

    own = rulebook.rules_dir()
    # Rules that come along are there when a rule of somebody else is used: it may explain them.
    book = rulebook.load(paths, frozenset(rulebook.load_indexed(own).rules)) if paths else rulebook.load([own])
    bar = Progress(console=Console(stderr=True), transient=True, disable=not sys.stderr.isatty())
    with book.placing(), bar as progress:
        task = progress.add_task("Trying the examples", total=len(book))
        faults = check(book, complete=not paths, healthy=healthy or [], tried=lambda: progress.advance(task))
    for fault in faults:
        typer.echo(str(fault))
    number = counted(len(book), "rule")
    if faults:
        typer.echo(f"{counted(len(faults), 'fault')} in {number}.", err=True)
        raise typer.Exit(2)
    left_out = untried(book)
    note = f" {left_out} examples are captures that an installation does not hold: not tried." if left_out else ""
    typer.echo(f"{number}: every example is found, and nothing else.{note}")
