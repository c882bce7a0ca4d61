"""A rule as a person reads it: what it means, how to check, how to mend, how to see that it is mended."""

from __future__ import annotations

import textwrap
from collections.abc import Iterator

from analyzer.rule import Fix, Rule

WIDTH = 88


def card(rule: Rule) -> str:
    """The whole rule as plain text."""
    return "\n".join(_lines(rule)) + "\n"


def _lines(rule: Rule) -> Iterator[str]:
    yield f"{rule.severity}[{rule.id}]: {rule.title}"
    facts = [rule.category, rule.component, ", ".join(rule.tags)]
    yield "  " + " · ".join(fact for fact in facts if fact)
    yield from _part("Cause", rule.cause)
    yield from _part("Impact", rule.impact)
    if rule.diagnose:
        yield from _heading("Diagnose")
        for number, step in enumerate(rule.diagnose, 1):
            yield from _wrap(f"{number}. {step.do}", "   ")
            if step.run:
                yield f"     $ {step.run}"
            if step.expect:
                yield from _wrap(f"expected: {step.expect}", "     ", first="     ")
    for kind, title in (("temporary", "Stop-gap"), ("permanent", "Lasting fix")):
        for fix in rule.fixes:
            if fix.kind == kind:
                yield from _fix(title, fix)
    yield from _part("Verify", rule.verify)
    yield from _part("Prevent", rule.prevent)
    yield from _bullets("Ask", rule.questions)
    if rule.plain:
        yield from _part("For the customer", rule.plain.whole("en"))
        yield from _part("给客户", rule.plain.whole("zh"))
    yield from _bullets("References", rule.references)


def _fix(title: str, fix: Fix) -> Iterator[str]:
    yield from _heading(title)
    for number, step in enumerate(fix.steps, 1):
        yield from _wrap(f"{number}. {step}", "   ")
    for name, text in (("risk", fix.risk), ("rollback", fix.rollback), ("downtime", fix.downtime)):
        if text:
            yield from _wrap(f"{name}: {text}", "     ", first="  ")
    if fix.data_loss:
        yield from _wrap(f"data loss: {fix.data_loss}", "     ", first="  ")


def _heading(title: str) -> Iterator[str]:
    yield ""
    yield title


def _part(title: str, text: str | None) -> Iterator[str]:
    if text:
        yield from _heading(title)
        for paragraph in text.strip().split("\n\n"):
            yield from _wrap(" ".join(paragraph.split()), "  ")


def _bullets(title: str, texts: tuple[str, ...]) -> Iterator[str]:
    if texts:
        yield from _heading(title)
        for text in texts:
            yield from _wrap(f"- {text}", "    ")


def _wrap(text: str, indent: str, first: str = "  ") -> list[str]:
    options = {"break_long_words": False, "break_on_hyphens": False}
    return textwrap.wrap(text, WIDTH, initial_indent=first, subsequent_indent=indent, **options)  # type: ignore[arg-type]
