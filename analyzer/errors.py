"""The errors that a user may see, each with the exit code that it leads to.

    AnalyzeError                the base: a sentence for the user
    ├── UsageError       (2)    wrong option, wrong configuration
    │   └── RuleError    (2)    a rule file that cannot be used: file, line, column
    │       └── PatternError    a regular expression of a rule that is not valid
    └── InputError       (3)    the input is unusable: unreadable, unsafe, encrypted, nothing recognised

A message says what happened, where, and what to do about it.
"""

from __future__ import annotations

from typing import ClassVar


class AnalyzeError(Exception):
    """Base of every error that is shown to the user as one sentence."""

    exit_code: ClassVar[int] = 2


class UsageError(AnalyzeError):
    """A wrong option or configuration."""


class RuleError(UsageError):
    """A rule file that cannot be used.

    Attributes:
        path: the rule file, as the user named it.
        line: 1-based, 0 when not known.
        column: 1-based, 0 when not known.
    """

    def __init__(self, message: str, path: str = "", line: int = 0, column: int = 0) -> None:
        """Build the error; its text is "path:line:column: message"."""
        where = path + (f":{line}:{column}" if line else "")
        super().__init__(f"{where}: {message}" if where else message)
        self.path, self.line, self.column = path, line, column


class PatternError(RuleError):
    """A regular expression of a rule that is not valid; who knows the file of the rule can say where.

    Attributes:
        rule_id: of the rule.
        at: the keys that lead to the expression in the rule.
        reason: a sentence without the place.
    """

    def __init__(self, rule_id: str, at: tuple[str | int, ...], reason: str) -> None:
        """Build the error; its text names the rule."""
        super().__init__(f"rule {rule_id}: {reason}")
        self.rule_id, self.at, self.reason = rule_id, at, reason


class InputError(AnalyzeError):
    """The input is unusable."""

    exit_code: ClassVar[int] = 3
