"""Names of hosts without a dot: known as such only where a text says so, and hidden then wherever they stand.

"web-01" may be a host, a container, a model of a printer. In the header of a line of syslog (RFC 3164, RFC 5424),
behind "hostname", in the output of uname, in /etc/hostname and /etc/hosts it is a host.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from functools import lru_cache
from pathlib import PurePosixPath
from typing import TYPE_CHECKING

from analyzer.redact.detector import Detector
from analyzer.redact.pseudonyms import is_own

if TYPE_CHECKING:
    import polars as pl

_NAME = r"[A-Za-z0-9][A-Za-z0-9_-]{0,61}[A-Za-z0-9]"
_DAY = (
    r"(?:Jan|Feb|Mar|Apr|May|Jun|Jul|Aug|Sep|Oct|Nov|Dec) [ 0-3][0-9](?: 20[0-9]{2})? "
    r"[0-9]{2}:[0-9]{2}:[0-9]{2}(?:\.[0-9]{1,9})?"
)
_ISO = r"20[0-9]{2}-[0-9]{2}-[0-9]{2}T[0-9:.,]{8,18}(?:Z|[+-][0-9]{2}:?[0-9]{2})"
# The priority, the version of RFC 5424, the time: then come the host, the program, and what ends its name.
_AHEAD = rf"^(?:<[0-9]{{1,3}}>)?(?:1 )?(?:{_DAY}|{_ISO}) "
_BEHIND = r" (?:[A-Za-z_/][\w./()@+-]{0,60}(?:\[[0-9]+\])?:(?: |$)|[A-Za-z_/][\w./-]{0,47} (?:[0-9]{1,6}|-) )"
_HEADER = rf"{_AHEAD}({_NAME}){_BEHIND}"
_HEADERS = re.compile(_HEADER, re.MULTILINE)
# The same for Rust's engine: repeats with bounds and Unicode classes make it slow to compile.
_HEADER_COLUMN = re.sub(r"\{0,[0-9]{2}\}", "*", _HEADER).replace(r"\w", "A-Za-z0-9_")
_LISTED = re.compile(r"^\s*[0-9A-Fa-f.:]{3,39}\s+([^#\n]+)", re.MULTILINE)
_TOLD = re.compile(rf"^Linux ({_NAME}) [0-9]+\.[0-9]+\.|(?i:static hostname): ({_NAME})\s*$", re.MULTILINE)
# Names that very many machines have, and words that stand where a host should.
_COMMON = frozenset(
    """
    localhost localhost4 localhost6 localdomain host hostname server client node master worker slave router switch
    debian ubuntu centos fedora rhel raspberrypi kali alpine archlinux linux windows openwrt unknown none null undefined
    true false info notice warning warn error err debug trace fatal critical crit alert emerg emergency kernel last
    message repeated ip6-localhost ip6-loopback ip6-allnodes ip6-allrouters ip6-localnet ip6-mcastprefix
    broadcasthost this that the any all default
    """.split()  # noqa: SIM905
)
# Hosts that are looked for everywhere: a hostile input may name any number.
_MOST = 1000
# Lines that most likely hold the hosts of many more.
_SAMPLED = 200
_LONGEST_NAME_FILE = 300
# A container without a name of its own is called by its id, which says nothing about anybody.
_ID = re.compile(r"[0-9a-f]{12}|[0-9a-f]{64}")


@lru_cache(maxsize=16_384)
def _is_host(value: str) -> bool:
    return value.lower() not in _COMMON and not value.isdecimal() and _ID.fullmatch(value) is None


def _is_telling(name: str) -> bool:
    """Whether a host has a name that no ordinary word is."""
    mixed = not (name.islower() or name.isupper() or name.istitle())
    return len(name) > 2 and (mixed or any(char in "-_0123456789" for char in name))


# Lines in which a host may be called so, but those of syslog.
NAMING = r"(?i)host_?name|node_?name|computer_?name|^linux "
IN_HEADER = Detector("host", _HEADER_COLUMN, _HEADERS, valid=_is_host, shape=False)
BEHIND_KEY = Detector(
    "host",
    r"(?i)host_?name|node_?name|computer_?name",
    re.compile(
        # Behind a colon without quotes only at an end: "hostname: Exec format error" is said of a program.
        rf"[HhNnCc_](?<![A-Za-z/].)(?i:host_?name|ost_?name|ode_?name|omputer_?name)\\*[\"']?[ \t]{{0,2}}"
        rf"(?:=\\*[\"']?|:[ \t]{{0,2}}\\*[\"']|:[ \t]{{1,2}}(?={_NAME}[ \t]*(?:$|[,;}}])))({_NAME})(?![\w.(/:@-])",
        re.MULTILINE,
    ),
    valid=_is_host,
)


class Hosts:
    """The hosts that the texts of a bundle or report have named so far."""

    def __init__(self) -> None:
        """Start with none."""
        self._telling: set[str] = set()
        self._others = False
        self._seen: set[str] = set()
        self._spellings: list[str] = []

    def learn(self, text: str, path: str = "") -> None:
        """Take the hosts that a text names, which may be the content of a file at a path."""
        names = [match[1] for match in _HEADERS.finditer(text)]
        names += [name for match in _TOLD.finditer(text) for name in match.groups() if name]
        names += [match[1] for match in BEHIND_KEY.pattern.finditer(text)]
        if PurePosixPath(path).name == "hostname" and len(text) < _LONGEST_NAME_FILE:
            names += text.split()
        elif path.endswith("etc/hosts"):
            names += [name for match in _LISTED.finditer(text) for name in match[1].split()]
        self.take(names)

    def learn_headers(self, lines: pl.Series) -> None:
        """Take the hosts in the headers of many lines."""
        lines = lines.filter(lines.str.contains(_AHEAD))
        # To take a part out of each line takes far longer than to see that it is one of a few known ones.
        for some in (lines.head(_SAMPLED), lines):
            if self._seen:
                some = some.filter(~some.str.contains(f"{_AHEAD}(?:{'|'.join(sorted(self._seen))}) "))
            found = some.str.extract(_HEADER_COLUMN).drop_nulls().unique(maintain_order=True).to_list()
            self._seen.update(found[: _MOST - len(self._seen)])
            self.take(found)

    def take(self, names: Iterable[str]) -> None:
        """Take names of hosts; those with a dot and those of every machine are left out."""
        known = len(self._telling)
        for name in dict.fromkeys(names):
            if name in self._telling or not re.fullmatch(_NAME, name) or not _is_host(name) or is_own(name):
                continue
            if _is_telling(name) and len(self._telling) < _MOST:
                self._telling.add(name)
            else:
                self._others = True
        if len(self._telling) > known:
            # Case does not matter to a host, but few write it in more than three ways. The longest wins.
            spelled = {spelling for name in self._telling for spelling in (name, name.lower(), name.upper())}
            self._spellings = sorted(spelled, key=lambda name: (-len(name), name))

    def detectors(self, text: str | None = None) -> tuple[Detector, ...]:
        """What finds the hosts: telling names wherever they stand, all others in headers.

        Args:
            text: where they are looked for, if it is a small one.
        """
        names = self._spellings if text is None else [name for name in self._spellings if name in text]
        return (*([IN_HEADER] if self._others else []), *([_anywhere(tuple(names))] if names else []))


@lru_cache(maxsize=64)
def _anywhere(names: tuple[str, ...]) -> Detector:
    """What finds names as whole words.

    What is remembered of values for one that is gone holds for the next with its identity: all of these judge alike.
    """
    words = "|".join(names)
    run = rf"(?-u:\b)(?:{words})(?-u:\b)"
    return Detector("host", run, re.compile(rf"(?<![A-Za-z0-9_])({words})(?![A-Za-z0-9_])"), shape=False, run=run)
