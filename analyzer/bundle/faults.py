"""What can go wrong inside an input, and the list of problems that the report shows.

    Fault             a stream of bytes cannot go on; what came before it is kept
    └── BudgetSpent   a limit of the whole input is reached: nothing more is read from it

Both are internal to this package: they end as a `Problem`, never as an error of the run.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field

from parsers.contract import Problem, ProblemKind

# Who reports a flaw that does not stop the reading: kind and clause ("has a wrong checksum").
Report = Callable[[ProblemKind, str], None]

EXAMPLES = 5
# Damage is worth a line each for longer than odd names are: every line of it is content that is missing.
_INDIVIDUAL: dict[ProblemKind, int] = {"corrupt": 50, "truncated": 50, "limit": 20}
_UNITS = ((1024**3, "GiB"), (1024**2, "MiB"), (1024, "KiB"))


class Fault(Exception):  # noqa: N818 - it never leaves the package as an error
    """A stream that cannot be read further.

    Attributes:
        kind: the kind of the problem that it becomes.
        clause: what is wrong, to follow the name of the input: "ends before its last block".
        ratio: whether the limit on the expansion ratio was the reason.
    """

    def __init__(self, kind: ProblemKind, clause: str, *, ratio: bool = False) -> None:
        """Build the fault."""
        super().__init__(clause)
        self.kind: ProblemKind = kind
        self.clause = clause
        self.ratio = ratio


class BudgetSpent(Fault):
    """A limit of the whole input, after which nothing more is read from it."""


@dataclass(slots=True)
class _Group:
    kind: ProblemKind
    many: str
    count: int = 0
    shown: list[Problem] = field(default_factory=list)


class ProblemLog:
    """Collects problems; many of one sort become a single one with a count and examples."""

    def __init__(self) -> None:
        """Start empty."""
        self._groups: dict[tuple[ProblemKind, str], _Group] = {}

    def add(self, source: str, kind: ProblemKind, message: str, many: str = "") -> None:
        """Note one problem.

        Args:
            source: the shown path of what it is about.
            kind: one of the kinds of `parsers.contract`.
            message: a sentence for the user.
            many: what a crowd of them is called, to follow the count: "members are encrypted". Problems
                without it are never put together.
        """
        group = self._groups.setdefault((kind, many or message), _Group(kind, many))
        group.count += 1
        if len(group.shown) < _INDIVIDUAL.get(kind, EXAMPLES):
            group.shown.append(Problem(source, kind, message))

    def problems(self, source: str) -> list[Problem]:
        """List the problems in the order in which their sorts first came up.

        Args:
            source: the name of the whole input, for problems that stand for many files.
        """
        found: list[Problem] = []
        for group in self._groups.values():
            if group.count == len(group.shown) or not group.many:
                found += group.shown
                continue
            names = ", ".join(problem.source.removeprefix(f"{source}!/") for problem in group.shown[:EXAMPLES])
            found.append(Problem(source, group.kind, f"{group.count:,} {group.many}. The first are {names}."))
        return found

    def __len__(self) -> int:
        """Count the problems that were added."""
        return sum(group.count for group in self._groups.values())


def readable_size(count: int) -> str:
    """Write a number of bytes for people: "64 MiB", "1.5 GiB", "17 bytes"."""
    for unit, name in _UNITS:
        if count >= unit:
            return f"{count / unit:.1f}".removesuffix(".0") + f" {name}"
    return f"{count} bytes"
