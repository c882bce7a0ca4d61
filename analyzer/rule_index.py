"""All rules of a folder in one file, because YAML takes seven times longer to read.

The index is written when the wheel is built (`hatch_build.py`); a source tree has none. Each entry has the size of its
rule file, so an index is not used when a rule file was changed, added or removed since.
"""

from __future__ import annotations

import json
from collections.abc import Sequence
from pathlib import Path

from analyzer.rulefile import read_rules

FILE = "index.json"


def write(folder: Path, files: Sequence[Path], index: Path) -> None:
    """Write the index of the rule files of a folder.

    Raises:
        OSError: a file cannot be read, or the index cannot be written.
        RuleError: a file holds no rules.
    """
    entries = []
    for file in files:
        data = file.read_bytes()
        rules = [node.plain() for node in read_rules(data, str(file))]
        entries.append([file.relative_to(folder).as_posix(), len(data), rules])
    index.write_text(json.dumps(entries, ensure_ascii=False, separators=(",", ":")), encoding="utf-8")


def read(folder: Path, files: Sequence[Path]) -> list[tuple[Path, object]] | None:
    """The rules of a folder as its index has them, each with its file; None when there is no index of these files."""
    try:
        entries = json.loads((folder / FILE).read_bytes())
        known = {folder / name: size for name, size, _ in entries}
        if known != {file: file.stat().st_size for file in files}:
            return None
    except (OSError, ValueError, TypeError):
        return None  # none, or none that this version can read: the rule files say the same
    return [(folder / name, rule) for name, _, rules in entries for rule in rules]
