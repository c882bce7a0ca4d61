"""Settings of a project: `analyze.toml`, or `[tool.analyze]` of pyproject.toml, in the working directory.

    fail-on = "high"
    rules = ["support/rules"]
    limits = {total_bytes = "8GiB"}

    [[suppress]]
    id = "ssh.brute_force"                 # a glob
    source = "*/bastion/*"                 # a glob, optional
    reason = "the bastion is open to the world, fail2ban runs"
    owner = "platform team"
    expires = 2027-03-31

The command line wins over the file.
"""

from __future__ import annotations

import re
import tomllib
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from datetime import date
from difflib import get_close_matches
from fnmatch import fnmatchcase
from pathlib import Path
from typing import Any, Literal

from pydantic import BaseModel, ConfigDict, Field, PrivateAttr, ValidationError

from analyzer.errors import UsageError
from analyzer.finding import Finding

Level = Literal["critical", "high", "medium", "low", "info", "never"]
FILE = "analyze.toml"


def _kebab(name: str) -> str:
    return name.replace("_", "-")


class _Table(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid", alias_generator=_kebab)


class Suppression(_Table):
    """A finding that is known, accepted for a while, and no reason to fail.

    Attributes:
        id: glob for ids of rules.
        source: glob for the files of the finding; all of them must fit.
        reason, owner: why, and who answers for it.
        expires: the last day on which it holds.
    """

    id: str = Field(min_length=1)
    source: str = "*"
    reason: str = Field(min_length=1)
    owner: str = Field(min_length=1)
    expires: date

    def covers(self, finding: Finding) -> bool:
        """Whether it is about a finding."""
        fits = all(fnmatchcase(source, self.source) for source in finding.sources)
        return fits and fnmatchcase(finding.rule.id, self.id)


class Config(_Table):
    """What the file of a project may set; None where the program's own default holds.

    Paths are relative to the folder of the file.
    """

    fail_on: Level | None = None
    min_severity: Level | None = None
    rules: tuple[Path, ...] = ()
    baseline: Path | None = None
    require: tuple[str, ...] = ()
    forbid: tuple[str, ...] = ()
    timezone: str | None = None
    limits: Mapping[str, str | int] = Field(default_factory=dict)
    suppress: tuple[Suppression, ...] = ()
    _path: Path | None = PrivateAttr(None)
    _text: str = PrivateAttr("")

    @contextmanager
    def placing(self, name: str) -> Iterator[None]:
        """Let an error about the value of a setting name the file and the line instead of the option.

        Raises:
            UsageError: instead of the one that is raised inside.
        """
        try:
            yield
        except UsageError as error:
            said = re.sub(r"^--[a-z-]+ ", "", str(error))
            raise UsageError(f"{self._path}:{_line(self._text, name, 0, False)}: {said}") from error


def load(path: Path | None = None, folder: Path | None = None) -> Config:
    """The settings of a file, or of the one that is found in a folder; the defaults where there is none.

    Args:
        path: the file that the user named.
        folder: where to look else; the working directory.

    Raises:
        UsageError: the file cannot be read, or holds what is not understood.
    """
    folder = folder or Path()
    if path is not None:
        return _config(path, _read(path), path.name == "pyproject.toml")
    if (folder / FILE).is_file():
        return _config(folder / FILE, _read(folder / FILE), False)
    project = folder / "pyproject.toml"
    if project.is_file():
        text = _read(project)
        # Files of other projects may be of a TOML that is not ours to judge.
        if "analyze" in text:
            return _config(project, text, True)
    return Config()


def _read(path: Path) -> str:
    try:
        return path.read_text(encoding="utf-8")
    except (OSError, UnicodeDecodeError) as error:
        reason = error.strerror if isinstance(error, OSError) else "it is not UTF-8"
        raise UsageError(f"{path}: cannot be read: {reason}.") from error


def _config(path: Path, text: str, is_project: bool) -> Config:
    try:
        data: dict[str, Any] = tomllib.loads(text)
    except tomllib.TOMLDecodeError as error:
        raise UsageError(f"{path}: this is no valid TOML: {error}.") from error
    if is_project:
        tool = data.get("tool")
        data = tool.get("analyze", {}) if isinstance(tool, dict) else {}
        if not isinstance(data, dict):
            raise UsageError(f"{path}: 'tool.analyze' is no table: write [tool.analyze] and the settings below it.")
    try:
        config = Config.model_validate(data)
    except ValidationError as error:
        raise UsageError("\n".join(_sentence(path, text, detail) for detail in error.errors())) from error
    based = {"rules": tuple(path.parent / rule for rule in config.rules)}
    baseline = path.parent / config.baseline if config.baseline else None
    config = config.model_copy(update={**based, "baseline": baseline})
    config._path, config._text = path, text
    return config


# Sentences in the place of those of the library, which speak of its own types.
_SAID = {
    "extra_forbidden": "is not a setting",
    "missing": "is missing",
    "string_type": "should be text in quotes",
    "string_too_short": "is empty",
    "tuple_type": 'should be a list, such as ["a", "b"]; tables of a list begin with [[...]]',
    "path_type": "should be a path in quotes",
    "model_type": "should be a table",
    "dict_type": 'should be a table, such as {total_bytes = "8GiB"}',
    "date_type": "should be a day, such as 2027-03-31",
    "date_from_datetime_parsing": "should be a day, such as 2027-03-31",
    "date_from_datetime_inexact": "should be a day, such as 2027-03-31",
    "date_parsing": "should be a day, such as 2027-03-31",
}


def _sentence(path: Path, text: str, detail: Any) -> str:
    keys = [str(key) for key in detail["loc"]]
    name = next((key for key in reversed(keys) if not key.isdigit()), "")
    nth = next((int(key) for key in keys if key.isdigit()), 0) if keys[:1] == ["suppress"] else 0
    what = _SAID.get(detail["type"]) or detail["msg"].replace("Input should be", "should be")
    hint = _hint(name, Suppression if keys[0] == "suppress" else Config) if detail["type"] == "extra_forbidden" else ""
    return f"{path}:{_line(text, name, nth, detail['type'] == 'missing')}: '{'.'.join(keys)}' {what}{hint or '.'}"


def _hint(name: str, table: type[_Table]) -> str:
    near = get_close_matches(_kebab(name), [info.alias or key for key, info in table.model_fields.items()], n=1)
    return f": did you mean '{near[0]}'?" if near else ""


def _line(text: str, name: str, nth: int, missing: bool) -> int:
    """The line of a key, or of the table that lacks it; TOML's reader does not say."""
    lines = text.splitlines()
    tables = [number for number, line in enumerate(lines, 1) if re.match(r"\s*\[\[.*suppress\]\]", line)]
    start = tables[nth] if nth < len(tables) else 1
    if missing:
        return start
    key = re.compile(rf"\s*[\"']?{re.escape(name)}[\"']?\s*=|\s*\[.*\b{re.escape(name)}\]")
    return next((number for number in range(start, len(lines) + 1) if key.match(lines[number - 1])), start)
