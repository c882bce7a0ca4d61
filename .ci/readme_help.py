"""Check that the help texts in a README are those that the program prints; `--write` puts them there.

A block is a fenced one of the language `console` whose first line is `$ analyze ... --help`.
"""

from __future__ import annotations

import os
import re
import subprocess
import sys
from pathlib import Path

_BLOCK = re.compile(r"```console\n\$ (analyze[^\n]*--help)\n(.*?)```", re.DOTALL)


def real(command: str) -> str:
    """What a command prints at 80 columns, without colours."""
    arguments = [sys.executable, "-c", "from analyzer.cli import main; main()", *command.split()[1:]]
    environment = {**os.environ, "COLUMNS": "80", "TERM": "dumb", "NO_COLOR": "1"}
    printed = subprocess.run(arguments, capture_output=True, text=True, check=True, env=environment).stdout
    return "\n".join(line.rstrip() for line in printed.strip("\n").splitlines()) + "\n"


def main() -> int:
    """Compare, or write."""
    path = Path(sys.argv[-1])
    text = path.read_text(encoding="utf-8")
    made = _BLOCK.sub(lambda match: f"```console\n$ {match[1]}\n{real(match[1])}```", text)
    if "--write" in sys.argv:
        path.write_text(made, encoding="utf-8")
    elif made != text:
        print(f"{path}: the help texts are not the real ones: python .ci/readme_help.py --write {path}")
        return 1
    elif not _BLOCK.search(text):
        print(f"{path}: holds no help text")
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main())
