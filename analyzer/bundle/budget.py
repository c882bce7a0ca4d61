"""The limits: bytes are counted as they come out, never taken from a header."""

from __future__ import annotations

from collections.abc import Iterator

from analyzer.bundle.faults import BudgetSpent, Fault, readable_size
from analyzer.settings import Limits


class Budget:
    """Counts what comes out of the input against the limits of the whole.

    Attributes:
        limits: the limits of the run.
    """

    def __init__(self, limits: Limits) -> None:
        """Start with nothing spent."""
        self.limits = limits
        self._total = 0
        self._members = 0
        self._input_size = 0
        self._from_input = 0

    def start_input(self, size: int) -> None:
        """Begin with the next archive that the user gave; `size` is its bytes on disk."""
        self._input_size = size
        self._from_input = 0

    def spend(self, count: int) -> None:
        """Count expanded bytes.

        Raises:
            BudgetSpent: more than `total_bytes` in all, or more than `ratio` times the archive on disk.
        """
        limits = self.limits
        self._total += count
        self._from_input += count
        if self._total > limits.total_bytes:
            raise BudgetSpent(
                "limit",
                "exceeds the limit on expanded bytes in all"
                f" ({readable_size(limits.total_bytes)}, --limit total_bytes)",
            )
        if self._from_input > max(limits.ratio_floor, limits.ratio * self._input_size):
            raise BudgetSpent("limit", _ratio_clause(limits), ratio=True)

    def forgive(self, count: int) -> None:
        """Take a member cut as a bomb out of the archive's ratio, so that its sound members are read."""
        self._from_input -= count

    def count_member(self) -> None:
        """Count one more member.

        Raises:
            BudgetSpent: more members than the limit.
        """
        self._members += 1
        if self._members > self.limits.members:
            raise BudgetSpent(
                "limit", f"has more members than the limit of {self.limits.members:,} allows (--limit members)"
            )

    def charged(self, blocks: Iterator[bytes]) -> Iterator[bytes]:
        """Pass blocks on and spend their bytes first."""
        for block in blocks:
            self.spend(len(block))
            yield block

    def within_member(self, blocks: Iterator[bytes]) -> Iterator[bytes]:
        """Pass the blocks of one member on, up to the limit on a member.

        Raises:
            Fault: the member is larger.
        """
        left = self.limits.member_bytes
        for block in blocks:
            if len(block) > left:
                yield block[:left]
                raise Fault(
                    "limit",
                    "exceeds the limit on one member"
                    f" ({readable_size(self.limits.member_bytes)}, --limit member_bytes)",
                )
            left -= len(block)
            yield block


class RatioGuard:
    """Watches one decoder: expanded bytes against the compressed bytes that it took."""

    def __init__(self, limits: Limits) -> None:
        """Start with nothing expanded."""
        self._limits = limits
        self._expanded = 0

    def check(self, expanded: int, compressed: int) -> None:
        """Count `expanded` more bytes, `compressed` being all that was taken so far.

        Raises:
            Fault: the ratio is over the limit, once past the floor.
        """
        self._expanded += expanded
        limits = self._limits
        if self._expanded > max(limits.ratio_floor, limits.ratio * compressed):
            raise Fault("limit", _ratio_clause(limits), ratio=True)


def _ratio_clause(limits: Limits) -> str:
    return (
        f"expands more than the ratio limit of {limits.ratio}:1 allows"
        f" (checked past {readable_size(limits.ratio_floor)}, --limit ratio), as a decompression bomb does"
    )
