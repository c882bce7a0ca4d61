"""Text that is no log: configuration, source code, pages, manuals.

Such files are part of most bundles. They are read, so that the report can say so, but faults are not looked for in them:
a comment in redis.conf explains an error message, it does not report one.
"""

from __future__ import annotations

import re
from pathlib import PurePosixPath

import numpy as np
import polars as pl
from numpy.typing import NDArray

from ..contract import Source
from ..excerpt import head_lines
from ..lines import GenericFormat
from ..times import find_kind

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
# Endings of configuration and of what programs report alike: there the lines decide.
_DUMPS = frozenset((".json", ".yaml", ".yml", ".xml", ".html", ".htm", ".csv", ".tsv"))
_NAMES = re.compile(
    r"(?i)^(?:readme|licen[cs]e|copying|copyright|changelog|changes|news|authors|contributing|notice|makefile|dockerfile|"
    r"[a-z]+_config|hosts|fstab|passwd|group|services|protocols|crontab|sudoers|resolv\.conf)(?:\.[a-z]+)?$"
)
# Fewer lines than this do not tell without a name.
_TELLING_LINES = 5
_COMMENT = re.compile(r"^\s*(?:#|;|//|/\*|\*|--|<!--|\"|%)")
_CODE = re.compile(r"[;{}]\s*$|^\s*</?[a-zA-Z!?]|^\s*(?:import|from|def|class|function|return|package|#include)\b")
_SETTING = re.compile(r"^\s*[\w.\-]+\s*=[^=]*$|^\s*\[[\w. :\-\"]+\]\s*$")
# Dumps of what a cluster reports: settings by their look, but with the state of things in them.
_STATE = re.compile(r"\b(?:lastTransitionTime|lastTimestamp|containerStatuses|lastState)\b")
_TRACE = re.compile(r"^\s+at \S+\(|^Traceback \(|^(?:[a-z_]\w*\.)+[A-Z]\w*(?:Exception|Error)\b|^panic: |^goroutine \d")


class Document(GenericFormat):
    """Text without times that looks like something else than a log, by its lines and its name."""

    searched = False

    def sniff(self, source: Source) -> float:
        """More than `generic` where the lines are settings, code or comments, or the name says so; never a log with times."""
        lines = [line for line in head_lines(source, 150) if line.strip()]
        if not lines or find_kind(lines) is not None or any(_TRACE.search(line) for line in lines):
            return 0.0
        if _STATE.search(source.head.decode("utf-8", "replace")):
            return 0.0
        share = sum(bool(_COMMENT.match(line) or _CODE.search(line) or _SETTING.match(line)) for line in lines) / len(
            lines
        )
        name = PurePosixPath(source.path.replace("!/", "/")).name
        ending = PurePosixPath(name).suffix.lower()
        if ending in _DUMPS:
            return 0.15 if share > 0.1 else 0.0
        looks_so = share > 0.7 and len(lines) >= _TELLING_LINES
        return 0.15 if looks_so or ending in _ENDINGS or _NAMES.match(name) else 0.0

    def severity_numbers(self, header: pl.DataFrame) -> NDArray[np.uint8]:
        """None: a word such as "error" is no severity here."""
        return np.zeros(header.height, np.uint8)


FORMAT = Document(
    name="document",
    title="Configuration, code, pages: read, but faults are not looked for in them",
    reference="",
    patterns=(),
    times=(),
    samples=(),
)
