"""Text that is no log: configuration, source code, pages, manuals.

Such files are part of most bundles. They are read, so that the report can say so, but faults are not looked for in them:
a comment in redis.conf explains an error message, it does not report one.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from functools import cache
from itertools import pairwise
from pathlib import PurePosixPath
from typing import TYPE_CHECKING

import numpy as np
import polars as pl

from ..batch import Batch, large_strings
from ..contract import Source
from ..excerpt import head_lines
from ..generic import GenericFormat
from ..plan import Plan, Slice
from ..text import detect_encoding, read_slice
from ..time_layout import find_kind
from ..times import NAT, Clock

if TYPE_CHECKING:
    from numpy.typing import NDArray

_ENDINGS = frozenset(
    [
        ".conf",
        ".cfg",
        ".cnf",
        ".ini",
        ".properties",
        ".toml",
        ".yaml",
        ".yml",
        ".xml",
        ".xsd",
        ".html",
        ".htm",
        ".css",
        ".js",
        ".mjs",
        ".ts",
        ".jsx",
        ".tsx",
        ".py",
        ".pyi",
        ".rb",
        ".pl",
        ".pm",
        ".pod",
        ".go",
        ".rs",
        ".java",
        ".kt",
        ".scala",
        ".c",
        ".h",
        ".cc",
        ".cpp",
        ".hpp",
        ".cs",
        ".sh",
        ".bash",
        ".zsh",
        ".fish",
        ".ps1",
        ".bat",
        ".sql",
        ".php",
        ".lua",
        ".md",
        ".rst",
        ".adoc",
        ".tex",
        ".po",
        ".service",
        ".socket",
        ".timer",
        ".mount",
        ".target",
        ".desktop",
        ".rules",
        ".repo",
        ".pem",
        ".crt",
        ".key",
        ".pub",
        ".csv",
        ".tsv",
        ".m4",
        ".am",
        ".cmake",
        ".mk",
        ".gradle",
        ".dockerfile",
        ".tf",
        ".hcl",
        ".proto",
        ".svg",
        ".json",
        ".in",
        ".template",
        ".tmpl",
        ".j2",
    ]
)
# Endings of source code: its lines may hold times and names of errors, as long as some of them are code.
_SOURCE_CODE = re.compile(
    r"\.(?:pyi?|rb|p[lm]|pod|go|rs|java|kt|scala|[ch]|cc|[ch]pp|cs|[mc]?js|[jt]sx?|css|(?:ba|z|fi)?sh|ps1|bat|cmd|php|lua|po|tex|m4|am|"
    r"cmake|mk|gradle|proto|svg|xsd|el|awk|sed|texi|swift|vb|groovy)$"
)
# How programs that are read as text begin: scripts, pages of manuals, PostScript, TeX, XML of pages.
_MAGIC = re.compile(
    r"^\ufeff?(?:#! ?/|\.\\\"|'\\\"|\.(?:TH|Dd|so) |%!PS|%PDF|\\input |\\documentclass|<\?php|# (?:HELP|TYPE) [a-z]|<!DOCTYPE|<html|\{\\rtf|diff --git |"
    r"This file contains any messages produced by compilers|(?:Performing C\w* SOURCE FILE Test|Determining if the) .* failed with|"
    r"-----BEGIN (?:CERTIFICATE|PGP|RSA|EC|PRIVATE|OPENSSH|PUBLIC)|"
    # A page of a manual as it is printed: "LS(1)   User Commands   LS(1)".
    r"([A-Za-z0-9_.:+\-]+\([0-9][a-zA-Z]*\)) {2,}.* {2,}\1$)"
)
# Endings of configuration and of what programs report alike: there the lines decide.
_DUMPS = frozenset((".json", ".yaml", ".yml", ".xml", ".html", ".htm", ".csv", ".tsv"))
_NAMES = re.compile(
    r"(?i)^(?:readme|licen[cs]e|copying|copyright|changelog|changes|news|history|authors|contributing|notice|thanks|todo|makefile|"
    r"dockerfile|[a-z]+_config|hosts|fstab|passwd|group|services|protocols|crontab|sudoers|resolv\.conf)"
    r"(?:[.\-_][a-z0-9]+){0,3}$"
)
# Names that no log has, whatever dates are in it.
_WRITTEN = re.compile(
    r"(?i)^(?:readme|licen[cs]e|copying|copyright|change-?log|authors)(?:[.\-_](?!log$|out$|err$)[a-z0-9+]+){0,3}$"
)
_PACKED = re.compile(r"(?:\.(?:gz|bz2|xz|zst|lz4|Z))+$")
# The first line of a changelog: git's, Debian's, GNU's, RPM's.
_CHANGELOG = re.compile(
    r"^(?:commit [0-9a-f]{40}$|[a-z0-9][a-z0-9+.\-]+ \([^()\s]+\) [a-z~\- ]+; urgency=|[0-9]{4}-[0-9]{2}-[0-9]{2} {1,2}[^\t0-9:]+ <[^<>\s]+@|"
    r"\* [A-Z][a-z]{2} [A-Z][a-z]{2} [0-9]{1,2} [0-9]{4} .*<[^<>\s]+@)"
)
# A report of a crash in the form of comments: Java's hs_err_pid.log.
_CRASH = re.compile(r"^# +(?:A fatal error has been detected by|There is insufficient memory for) the Java Runtime")
# Prose is wrapped: a line goes on, in lower case, with what the line before it began.
_LOWER = frozenset("abcdefghijklmnopqrstuvwxyz,")
_GOES_ON = re.compile(r"^[ \t>*#/|]{0,12}[a-z]{2,}(?:-[a-z]+)?[,.;)]?(?: [^\s:=]{1,40}){3,} ?$")
# What commands list: command lines and names, in which any word may stand.
_LISTING = re.compile(
    r"^ *(?:USER +PID +%CPU|UID +PID +PPID|PID +(?:TTY|USER)|COMMAND +PID.* FD +TYPE|(?:Netid +)?State +Recv-Q|Proto +Recv-Q|"
    r"(?:[A-Z%][A-Z0-9%_/+\-]* +){0,12}PID +(?:[A-Z%][A-Z0-9%_/+\-]* +){2,}|Module +Size +Used by|Desired=Unknown/Install|procs -+memory|Active Internet connections|top - [0-9]|CPU0 )"
)
# Lists of symbols (nm, /proc/kallsyms, System.map), of files (ls -l, find -ls, tar -tv), of bytes (hexdump, xxd), of
# checksums, of logins (last).
_LISTED = re.compile(
    r"^(?:[0-9a-f]{8,16} [a-zA-Z?] \S+(?:\t\[\w+\])?$|(?: *[0-9]+ +[0-9]+ +)?[-dlcbps][-rwxsStT]{9}[.+@]? |(?:total|insgesamt) [0-9]|(?:/|\./)\S*:$|"
    r"[0-9a-f]{4,16}:? {1,2}(?:[0-9a-f]{2,4} {1,2}){4,16}|\*$|[0-9a-f]{32,128} [ *]\S|"
    r"[a-z_][a-z0-9_.\-]*\$? +(?:system boot|runlevel|shutdown|pts/|tty[0-9]|:[0-9]|ssh:) ?|(?:wtmp|btmp) begins )"
)
# Lines in which the titles of a table are looked for.
_TITLE_LINES = 3
# A long message of a log is wrapped, too: below a header.
_HEADED = re.compile(
    r"^\W{0,2}[0-9]{2,4}[-/.]?[0-9]{2}[-/.]?[0-9]{2}.{1,3}[0-9]{1,2}:[0-9]{2}|^\W{0,2}[A-Z]{4,8}\W |^.{0,40}\[[A-Z]{4,8}\]"
)
# Changes and hints are listed.
_BULLET = re.compile(r"^\s{0,8}(?:[-*+•o]|[0-9]{1,3}[.)]|#[0-9]+:?) +\S")
# What opens a paragraph of a page in Perl's, Emacs' and Markdown's ways, and a line of symbols below a title.
_HEADING = re.compile(
    r"^(?:=(?:head[1-4]|item|over|back|cut|pod|encoding)\b|\*{1,4} [A-Z]|#{1,5} [A-Z]|(?:={4,}|-{4,}|~{4,})$)"
)
# Statements: what opens them, and how they end.
_STATEMENT = re.compile(
    r"^\s*(?:(?:def|class|import|from|return|if|elif|else|try|except|raise|while|for|switch|case|var|let|const|async|await|function|export|"
    r"package|use|my|our|sub|public|private|protected|static|struct|typedef|enum|interface|impl|fn|func|pub|local|foreach|unless|assert)\b.*[:;{(,)}\]\"']$|"
    r"(?:import|from|require|#include|#define|#if\w*|module\.exports|@[a-z]\w*)\b.*|(?:[\w.$@%\[\]\"'*]+|my [$@%]\w+) *(?:=|\+=|:=|=>|=~) *\S.*[;,({\[)\]\"'\w]|"
    r"[\w.:>$-]+\(.*\)?[;,:{]?|[)}\]]+[;,)]*|[\"']{3}.*)$"
)
# Fewer lines than this do not tell without a name.
_TELLING_LINES = 5
_COMMENT = re.compile(r"^\s*(?:#|;|//|/\*|--|<!--|\"|%)")
# Inside of /* and */; alone it opens what programs such as curl -v list.
_INSIDE_COMMENT = re.compile(r"^\s*\*")
_CODE = re.compile(r"[;{}]\s*$|^\s*</?[a-zA-Z!?]|^\s*(?:import|from|def|class|function|return|package|#include)\b")
_SETTING = re.compile(r"^\s*[\w.\-]+\s*=[^=]*$|^[ \t]+[\w.\-]+(?: [\w.\-:*]+){1,4} = |^\s*\[[\w. :\-\"]+\]\s*$")
# Dumps of what a cluster reports: settings by their look, but with the state of things in them.
_STATE = re.compile(r"\b(?:lastTransitionTime|lastTimestamp|containerStatuses|lastState)\b")
_TRACE = re.compile(
    r"^\s+at (?:(?:async|new) )?\S+(?: \[as \S+\])? ?\(|^\s+at \S+:\d+:\d+$|^Traceback \(|^(?:[a-z_]\w*\.)+[A-Z]\w*(?:Exception|Error)\b"
    r"|^panic: |^goroutine \d|^\tfrom \S+:\d+:in [`']"
)


class Document(GenericFormat):
    """Text without times that looks like something else than a log, by its lines and its name."""

    searched = False

    def sniff(self, source: Source) -> float:
        """More than `generic` where the lines are settings, code or comments, or the name says so; never a log with times."""
        lines = [line for line in head_lines(source, 150) if line.strip()]
        if any(_CRASH.match(line) for line in lines[:5]):
            return 0.0
        if lines and _CHANGELOG.match(lines[0]):
            return 0.95
        name = _PACKED.sub("", PurePosixPath(source.path.replace("!/", "/")).name)
        prose = _is_prose(lines)
        if prose or _WRITTEN.match(name) or any(_LISTING.match(line) for line in _titles(lines)):
            return 0.3
        if not lines:
            return 0.0
        if sum(_LISTED.match(line) is not None for line in lines) > 0.9 * len(lines):
            return 0.95
        if _MAGIC.match(lines[0]):
            return 0.95
        kinds = [_COMMENT.match, _CODE.search, _SETTING.match]
        if any("/*" in line for line in lines):
            kinds.append(_INSIDE_COMMENT.match)
        share = sum(any(kind(line) for kind in kinds) for line in lines) / len(lines)
        ending = PurePosixPath(name).suffix.lower()
        if _SOURCE_CODE.search(ending) and share > 0.2:
            return 0.9
        if find_kind(lines) is not None or any(_TRACE.search(line) for line in lines):
            return 0.0
        if _STATE.search(source.head.decode("utf-8", "replace")):
            return 0.0
        if ending in _DUMPS:
            return 0.15 if share > 0.1 else 0.0
        statements = sum(_STATEMENT.match(line) is not None for line in lines)
        looks_so = len(lines) >= _TELLING_LINES and (share > 0.7 or (statements > 15 and statements > 0.4 * len(lines)))
        return 0.15 if looks_so or ending in _ENDINGS or _NAMES.match(name) else 0.0

    def plan(self, source: Source, clock: Clock) -> Plan:
        """No line has a time of its own."""
        return Plan(detect_encoding(source.head), None, clock)

    def read(self, source: Source, piece: Slice, plan: Plan) -> Batch:
        """Each line is a record, without a severity; all are of one shape, so that no templates are learned from prose."""
        lines = read_slice(source, piece, plan.encoding, plan.line_bytes)
        count = len(lines.ends) - 1
        shape, shape_hash = _shape(self.title if count else "")
        return Batch(
            text=large_strings(lines.text, lines.ends),
            buffer=lines.text,
            ends=lines.ends,
            line_number=lines.numbers,
            offsets=lines.offsets,
            code=np.zeros(count, np.int32),
            shapes=shape,
            bare=shape,
            shape_hash=shape_hash,
            bodies=shape,
            starts=np.ones(count, np.bool_),
            time=np.full(count, NAT, np.int64),
            severity=np.zeros(count, np.uint8),
            line_count=lines.count,
            extract=lambda batch, records, wanted: self.fields_of(batch, records, wanted, plan),
            problems=lines.problems,
        )


@cache
def _shape(title: str) -> tuple[pl.Series, NDArray[np.uint64]]:
    """The only shape of a file, and its hash; none without a title. Bundles have thousands of such files."""
    shape = pl.Series("shape", [title] if title else [], dtype=pl.String)
    return shape, shape.hash().to_numpy()


def _titles(lines: Sequence[str]) -> list[str]:
    """The lines that may be titles of a table: the first ones behind the warnings of lsof, of which it writes many."""
    return [line for line in lines if not line.startswith(("lsof: ", "      Output information "))][:_TITLE_LINES]


def _is_prose(lines: Sequence[str]) -> bool:
    """Whether lines are written for readers: wrapped, with titles or lists."""
    if any(_HEADED.match(line) for line in lines):
        return False
    # What a list names in short lines is not wrapped.
    wrapped = sum(
        before[-1] in _LOWER and _GOES_ON.match(line) is not None and not _BULLET.match(line)
        for before, line in pairwise(lines)
    )
    titles = sum(_HEADING.match(line) is not None for line in lines)
    listed = sum(_BULLET.match(line) is not None for line in lines)
    if titles > 1 or listed > 0.12 * len(lines):
        return wrapped > 2 and wrapped > 0.06 * len(lines)
    return wrapped > 7 and wrapped > 0.25 * len(lines)


FORMAT = Document(
    name="document",
    title="Configuration, code, pages: read, but faults are not looked for in them",
    reference="",
    patterns=(),
    times=(),
    samples=(),
)
