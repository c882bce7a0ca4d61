"""What files that describe a machine say of it: operating system, kernel, processors, memory, uptime.

Collectors of diagnostics (sosreport, systeminfo, bug reports of Android, must-gather) keep the output of such commands,
and copies of such files, under their usual names.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass
from functools import cache

from analyzer.facts import HOSTS, Facts
from parsers.contract import Source
from parsers.excerpt import head_lines


def _as_is(text: str) -> str:
    return text


def _from_kibibytes(text: str) -> str:
    return f"{int(text) / (1 << 20):.1f} GiB"


@dataclass(frozen=True, slots=True)
class _Sign:
    """One fact, and where it stands.

    Attributes:
        title: of the fact.
        files: pattern for names of files, without what their endings say.
        line: pattern for what is shown, its first group; several matches are several values.
        shown: how it is shown.
    """

    title: str
    files: str
    line: str
    shown: Callable[[str], str] = _as_is


_SYSTEMINFO = r"systeminfo|system[_-]?info(?:rmation)?|msinfo(?:32)?"
_SIGNS = (
    # os-release(5)
    _Sign("Operating system", r"os-release", r"^PRETTY_NAME=\"?([^\"\n]+)"),
    _Sign("Operating system", r"(?:redhat|centos|rocky|alma\w*|oracle|fedora|alpine)-release", r"\A([^\n]{3,100})"),
    _Sign("Operating system", r"lsb[-_]release", r"^(?:Description:\s+|DISTRIB_DESCRIPTION=)\"?([^\"\n]+)"),
    _Sign("Operating system", r"hostnamectl", r"^\s*Operating System: ([^\n]+)"),
    _Sign("Operating system", _SYSTEMINFO, r"^OS Name[:\t]\s*([^\n]+)"),
    _Sign("Windows version", _SYSTEMINFO, r"^(?:OS Version:|Version\t)\s*([0-9][^\n]+)"),
    _Sign("macOS", r"sw_vers", r"^ProductVersion:\s+(\S+)"),
    _Sign("Android", r"getprop|build\.prop", r"^\[?ro\.build\.version\.release\]?[=:] ?\[?([^\]\n]+)"),
    _Sign("Device", r"getprop|build\.prop", r"^\[?ro\.product\.model\]?[=:] ?\[?([^\]\n]+)"),
    _Sign("Kernel", r"uname", r"^Linux \S+ ([0-9]\S+)"),
    _Sign("Kernel", r"hostnamectl", r"^\s*Kernel: Linux (\S+)"),
    _Sign(HOSTS, r"hostname", r"\A\s*([A-Za-z0-9][A-Za-z0-9.-]{0,252})\s*\Z"),
    _Sign(HOSTS, r"uname", r"^(?:Linux|Darwin|FreeBSD|SunOS|AIX) ([A-Za-z0-9]\S*) "),
    _Sign(HOSTS, r"hostnamectl", r"^\s*Static hostname: (\S+)"),
    _Sign(HOSTS, _SYSTEMINFO, r"^(?:Host Name:|System Name\t)\s*(\S+)"),
    _Sign("Processor", r"lscpu|cpuinfo", r"^[Mm]odel name\s*: +([^\n]+)"),
    _Sign("Processors", r"lscpu", r"^CPU\(s\): +([0-9]+)"),
    _Sign("Memory", r"meminfo", r"^MemTotal: +([0-9]+) kB", _from_kibibytes),
    _Sign("Memory", _SYSTEMINFO, r"^(?:Total Physical Memory:|Installed Physical Memory \(RAM\)\t)\s*([^\n]+)"),
    _Sign("Uptime", r"uptime", r"\bup +([^\n]+?), +(?:[0-9]+ users?\b|load\b)"),
    _Sign("Load average", r"uptime", r"load averages?: +([0-9][0-9., ]*)"),
    _Sign("Started", _SYSTEMINFO, r"^System Boot Time:\s+([^\n]+)"),
    _Sign("Time zone", r"timedatectl", r"Time zone: ([^\n]+)"),
    _Sign("Time zone", _SYSTEMINFO, r"^Time Zone[:\t]\s*([^\n]+)"),
    _Sign("Hardware", r"dmidecode", r"^System Information\n(?:\s[^\n]*\n){0,3}?\s+Product Name: ([^\n]+)"),
    _Sign("Hardware", _SYSTEMINFO, r"^System Model[:\t]\s*([^\n]+)"),
    _Sign("Virtualization", r"lscpu|hostnamectl", r"^\s*(?:Hypervisor vendor|Virtualization): +(\S+)"),
    _Sign("Docker", r"docker[ _-](?:info|version)", r"^\s*Server Version: (\S+)"),
    _Sign("Storage driver", r"docker[ _-]info", r"^\s*Storage Driver: (\S+)"),
    _Sign("Kubernetes", r"(?:kubectl[ _-])?version", r"^Server Version:.*?\bv([0-9][^\s\",]+)"),
)  # fmt: skip
# Endings and options: uname_-a, lscpu.txt, hostnamectl_status.
_TAIL = r"(?:[ ._-].*)?"


@cache
def _compiled() -> tuple[re.Pattern[str], tuple[tuple[re.Pattern[str], re.Pattern[str], _Sign], ...]]:
    """A pattern for all names of files, and those of each sign."""
    every = "|".join(f"(?:{files})" for files in dict.fromkeys(sign.files for sign in _SIGNS))
    named = tuple((re.compile(f"(?:{s.files}){_TAIL}"), re.compile(s.line, re.MULTILINE), s) for s in _SIGNS)
    return re.compile(f"(?:{every}){_TAIL}"), named


# More of a fact is a list of machines, which nobody reads here.
_MOST_VALUES = 20
_LINES = 4000


def described(source: Source) -> Facts:
    """What a file says about the machine that it comes from, if its name is that of one that does."""
    name = source.path.replace("\\", "/").rpartition("/")[2].lower()
    every, signs = _compiled()
    if not every.fullmatch(name):
        return {}
    text = "\n".join(head_lines(source, _LINES))
    found: Facts = {}
    for files, line, sign in signs:
        if not files.fullmatch(name):
            continue
        values = [sign.shown(" ".join(match[1].split())) for match in line.finditer(text)]
        if values:
            found.setdefault(sign.title, set()).update(values[:_MOST_VALUES])
    return found
