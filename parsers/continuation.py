"""What belongs to one record: lines that continue it, what they take from its first line, and crashes behind it."""

from __future__ import annotations

import re

import numpy as np
import polars as pl
from numpy.typing import NDArray

from .severity import NOTICE, WARN
from .times import NAT

# Lines that look like the inside of a stack trace or of a wrapped message, whatever the program.
CONTINUATION = re.compile(
    r"^(?:\s+\S|\s*$|Caused by: |Suppressed: |Traceback \(most recent call last\)|During handling of |"
    r"The above exception |(?:[A-Za-z_][\w$]*\.)+[A-Z]\w*(?:Exception|Error|Throwable)\b|"
    r"[A-Z]\w*(?:Error|Exception|Warning|Interrupt|Exit)\b(?: \[\w+\])?(?:: |$)|"
    r"goroutine \d+ \[|created by |\S+\.\S+\(.*\)$|--- End of |\.\.\. \d+ more|"
    # MySQL's driver for Java: behind an empty line, ahead of the frames.
    r"The last packet (?:successfully received|sent successfully) )"
)
# How a runtime begins what it says of the end of its program, on standard error and without a header.
_CRASH = (
    r"^(?:Traceback \(most recent call last\)|panic: |fatal error: [a-z]|Exception in thread |Unhandled exception"
    r"|thread '[^']*' |(?:Uncaught|Unhandled) |PHP Fatal error: |Segmentation fault|terminate called "
    r"|(?:Eval|Range|Reference|Syntax|Type)?Error: |\S+\.rb:[0-9]*:in [`'][^']*': \S"
    # What a program prints beside its log, which another level stands ahead of.
    r"|(?:ERROR|FATAL|CRITICAL)(?: ?\[[0-9]*\])?: )"
)
_RUBY_EXCEPTION = r"^[A-Z][A-Za-z0-9_]*(?:::[A-Z][A-Za-z0-9_]*)*: \S"
_RUBY_FRAME = r"^\s+(?:from )?\S+:[0-9]*:in [`']"
# How the types of exceptions are named: by their last word, or with their package in front.
EXCEPTION_TYPE = (
    r"(?:(?:[A-Za-z_][A-Za-z0-9_$]*(?:\.|::))*[A-Z][A-Za-z0-9_$]*"
    r"(?:Exception|Error|Throwable|Timeout|Interrupt|Fault|Failure|Exit|Warning)"
    r"|(?:[a-z_][A-Za-z0-9_$]*(?:\.|::))+[A-Z][A-Za-z0-9_$]*)"
)
# The type of an exception where a message names one.
EXCEPTION = (
    r"(?m)(?:^|[\s:(\"])((?:[A-Za-z_][A-Za-z0-9_$]*\.)*"
    r"[A-Z][A-Za-z0-9_$]*(?:Exception|Error|Throwable|Timeout|Interrupt|Fault))(?::|\s|$|\()"
)


def carry(time: NDArray[np.int64], starts: NDArray[np.bool_]) -> NDArray[np.int64]:
    """Rows inside a record take the time of its first row; a record without a time that of the record before it."""
    known = np.where(time != NAT, np.arange(len(time)), -1)
    if len(time) == 0 or (known >= 0).all():
        return time
    last = np.maximum.accumulate(known)
    return np.where(last >= 0, time[np.maximum(last, 0)], NAT)


def carry_severity(numbers: NDArray[np.uint8], starts: NDArray[np.bool_]) -> NDArray[np.uint8]:
    """Rows inside a record take the severity of its first row; where that says nothing, the highest of the record."""
    if starts.all():
        return numbers
    head = np.maximum.accumulate(np.where(starts, np.arange(len(starts)), -1))
    inside = np.flatnonzero(~starts & (head >= 0) & (numbers > 0))
    inside = inside[numbers[head[inside]] == 0]
    if len(inside):
        numbers = numbers.copy()
        np.maximum.at(numbers, head[inside], numbers[inside])
    return np.where(head >= 0, numbers[np.maximum(head, 0)], numbers).astype(np.uint8)


def with_crashes(
    starts: NDArray[np.bool_], shapes: pl.Series, code: NDArray[np.int32], severity: NDArray[np.uint8]
) -> NDArray[np.bool_]:
    """Where records start, when what a runtime says of a crash is none of the good news that stands ahead of it.

    A program and its runtime write into one file: behind a record of a program that was well there is no trace of it.
    """
    if starts.all():
        return starts
    # Behind the last record of all stands what ended the program, even where that record is a warning.
    calm = severity <= NOTICE
    last = int(np.flatnonzero(starts)[-1]) if starts.any() else 0
    calm[last:] |= severity[last:] <= WARN + 3
    lines = np.flatnonzero(~starts & (severity > 0) & calm)
    if not len(lines):
        return starts
    crash = shapes.str.contains(_CRASH).to_numpy()[code[lines]]
    # Ruby: an exception, and its frames below.
    lines_below = code[np.minimum(lines + 1, len(code) - 1)]
    thrown = shapes.str.contains(_RUBY_FRAME).to_numpy()[lines_below]
    if thrown.any():
        thrown &= shapes.str.contains(_RUBY_EXCEPTION).to_numpy()[code[lines]]
    crashes = lines[crash | thrown]
    if not len(crashes):
        return starts
    # Of each record the first: exceptions that led to others follow.
    _, first = np.unique(np.cumsum(starts)[crashes], return_index=True)
    starts = starts.copy()
    starts[crashes[first]] = True
    return starts
