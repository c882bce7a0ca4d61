"""Addresses of machines: IP, MAC, host names."""

from __future__ import annotations

import ipaddress
import re
from collections.abc import Sequence
from functools import lru_cache
from string import ascii_letters, digits

from analyzer.redact.detector import Detector

# What stands in front of four numbers that are a version.
_VERSION_WORDS = frozenset({"v", "ver", "ver.", "release", "build", "firmware", "chrome", "edg", "safari", "opr"})


def keeps_readable(address: ipaddress.IPv4Address | ipaddress.IPv6Address) -> bool:
    """Whether an address says nothing about anybody.

    That is loopback, unspecified, multicast, link-local, netmasks and broadcast.
    """
    if address.is_loopback or address.is_unspecified or address.is_multicast or address.is_link_local:
        # A link-local IPv6 address may hold the MAC address of its machine (RFC 4291, appendix A).
        return not (address.version == 6 and address.is_link_local)
    return address.version == 4 and int(address) >> 24 in (0, 255)


_OCTETS = frozenset(map(str, range(256)))
# The first numbers of addresses that `keeps_readable` keeps.
_READABLE = frozenset({"0", "127", "255", *map(str, range(224, 240))})


def whole4(values: Sequence[str]) -> list[str | None]:
    """For each text the address if it is one without leading zeros, "" if it needs no hiding; None for any other text.

    As `keeps_readable` says, without making an address of each of a million values.
    """
    octets, readable = _OCTETS, _READABLE
    found: list[str | None] = []
    for value in values:
        try:
            first, second, third, fourth = value.split(".")
        except ValueError:
            found.append(None)
            continue
        if first not in octets or second not in octets or third not in octets or fourth not in octets:
            found.append(None)
        elif first in readable or (first == "169" and second == "254"):
            found.append("")
        else:
            found.append(value)
    return found


def canonical4(value: str) -> str:
    """The address without leading zeros; "" for numbers that are no address, or none that needs hiding."""
    return whole4([".".join(number.lstrip("0") or "0" for number in value.split("."))])[0] or ""


def _is_address4(before: str) -> bool:
    """Whether four numbers behind some text are an address and no version."""
    if not _perhaps_version(before[-9:]):
        return True
    words = before[before.rfind("\n") + 1 :].rstrip(" \t:=\"'/").lower().split()
    return not (words[-1] in _VERSION_WORDS or words[-1].endswith("version") or words[-3:-2] == ["upgraded"])


@lru_cache(maxsize=16_384)
def _perhaps_version(before: str) -> bool:
    """Whether the characters in front of four numbers may be the end of words that announce a version."""
    words = before[before.rfind("\n") + 1 :].rstrip(" \t:=\"'/").lower().split()
    return bool(words) and (words[-1] in (*_VERSION_WORDS, "to") or words[-1].endswith(("version", "ersion")))


# As _is_address4 says, for a whole line; it may find too much.
_ANNOUNCED = (
    r"(?i)(?:version|\bv|\bver\.?|release|build|firmware|chrome|edg|safari|opr|upgraded\s+\S+\s+to)[\s:=\"'/]+[0-9]"
)


@lru_cache(maxsize=65_536)
def parse6(value: str) -> ipaddress.IPv6Address | None:
    """An IPv6 address that should be hidden; None for what only looks like one (C++ names, times, fingerprints)."""
    groups = value.split(":")
    if not 3 <= len(groups) <= 9 or not any(char.isdigit() for char in value):
        return None
    if "::" in value and not re.match(r"(?i)[23][0-9a-f]{3}:|f[cde][0-9a-f]{2}:|64:ff9b:|::ffff:", value):
        return None
    if "::" not in value and max(map(len, groups)) < 3:
        return None
    try:
        address = ipaddress.IPv6Address(value)
    except ValueError:
        return None
    return None if keeps_readable(address) else address


def canonical6(value: str) -> str:
    """The RFC 5952 spelling."""
    return str(ipaddress.IPv6Address(value))


def canonical_mac(value: str) -> str:
    """Lower-case hex digits with colons."""
    digits = re.sub(r"[^0-9a-f]", "", value.lower())
    return ":".join(digits[i : i + 2] for i in range(0, 12, 2))


GROUP_MACS = ("01:00:5e:", "33:33:", "01:80:c2:", "01:00:0c:cc:cc:", "01:1b:19:")


def _is_mac(value: str) -> bool:
    mac = canonical_mac(value)
    # Broadcast, the empty address, and the groups of IPv4, IPv6 and bridges are nobody's.
    return mac not in ("00:00:00:00:00:00", "ff:ff:ff:ff:ff:ff") and not mac.startswith(GROUP_MACS)


# Sites that everybody uses: their names say what failed and nothing about whose machine it was.
_PUBLIC = (
    r"(?:.*\.)?(?:example\.(?:com|net|org)|github\.com|githubusercontent\.com|gitlab\.com|docker\.(?:io|com)|quay\.io|"
    r"gcr\.io|k8s\.io|kubernetes\.io|googleapis\.com|google\.com|amazonaws\.com|amazon\.com|windows\.net|azure\.com|"
    r"microsoft\.com|microsoftonline\.com|apple\.com|cloudflare\.com|letsencrypt\.org|pypi\.org|pythonhosted\.org|"
    r"npmjs\.(?:com|org)|maven\.org|apache\.org|debian\.org|ubuntu\.com|centos\.org|fedoraproject\.org|redhat\.com|"
    r"kernel\.org|mozilla\.org|w3\.org|ietf\.org|slack\.com|stripe\.com|sendgrid\.(?:com|net)|twilio\.com|"
    r"openai\.com|anthropic\.com|golang\.org|postgresql\.org|mysql\.com|oracle\.com|nginx\.(?:org|com)|mongodb\.(?:org|com)|"
    r"ntp\.org|datadoghq\.(?:com|eu)|svc\.cluster\.local|in-addr\.arpa|ip6\.arpa|freedesktop\.org|gnu\.org|python\.org|nodejs\.org|"
    r"xmlsoap\.org|springframework\.org|hibernate\.org|openssl\.(?:org|com)|php\.net|elastic\.co|grafana\.com)"
)
_PUBLIC_SITE = re.compile(_PUBLIC)
_TOP = (
    "com|net|org|edu|gov|mil|int|info|biz|io|dev|app|cloud|tech|online|site|xyz|ai|eu|de|uk|fr|nl|be|ch|at|it|es|pt|pl|"
    "cz|se|no|fi|dk|ie|ru|ua|tr|gr|hu|ro|us|ca|mx|br|ar|cl|au|nz|jp|cn|hk|tw|kr|in|sg|my|th|vn|id|ph|za|il|ae|"
    "local|localdomain|internal|intranet|intra|corp|lan|home|private|arpa|test"
)
# Packages of Java and Python are written like hosts, from the wrong end.
_PACKAGE = re.compile(r"(?i)(?:com|org|net|io|java|javax|jdk|sun|kotlin|scala|edu|dev|de|ch|cn|app|www\.w3)\.")
_FILE_OR_CODE = re.compile(r"(?i).*\.(?:py|java|js|sh|conf|cfg|log|so|jar|h|c|go|rs)\Z")


@lru_cache(maxsize=65_536)
def _hides_host(value: str) -> bool:
    name = value.lower().rstrip(".")
    if _PUBLIC_SITE.fullmatch(name) or _PACKAGE.match(name) or _FILE_OR_CODE.match(name):
        return False
    labels = name.split(".")
    if len(labels) == 2:
        # java.net, self.id, user.name.in: two labels are a host only behind a top level that code does not use.
        return labels[1] in ("local", "lan", "corp", "internal", "intranet", "localdomain") and labels[0] not in _CODE
    if labels[-1] in ("id", "in", "is", "it", "no", "int", "app", "test", "info", "to", "at", "be", "my", "us"):
        return any(c.isdigit() or c == "-" for c in name) and labels[0] not in _CODE
    return labels[0] not in _CODE


def hides_name(name: str) -> bool:
    """Whether a name of DNS is to be hidden: there, two labels are a host, too."""
    return "." in name and _PUBLIC_SITE.fullmatch(name) is None


_CODE = frozenset({"self", "this", "rc", "sys", "config", "request", "response", "settings", "thread", "threading"})


def _is_host(value: str) -> bool:
    return len(value) <= 253 and _hides_host(value)


# Behind ~ is the version of a Windows package. The first character comes before what must not stand in front of it: so the search skips to digits quickly.
IPV4 = Detector(
    "ip",
    r"[0-9]\.[0-9]{1,3}\.[0-9]{1,3}\.[0-9]",
    re.compile(
        r"([0-9](?<![0-9A-Za-z_.~][0-9])(?<![0-9]-[0-9])[0-9]{0,2}\.[0-9]{1,3}\.[0-9]{1,3}\.[0-9]{1,3})"
        r"(?![0-9A-Za-z_])(?!\.[0-9])(?!-[0-9]+\.)"
    ),
    behind=_is_address4,
    canonical=canonical4,
    shape=False,
    run=r"[0-9]{1,3}\.[0-9]{1,3}\.[0-9]{1,3}\.[0-9][0-9A-Za-z_.~-]*",
    ahead=f"{ascii_letters}{digits}_.~-",
    whole=whole4,
    doubt=_ANNOUNCED,
)
# Addresses that sit between letters: "ip-10-1-2-3" of cloud host names.
IPV4_DASHED = Detector(
    "host",
    r"ip----?",
    re.compile(r"(?<![\w.-])(ip(?:-[0-9]{1,3}){4}(?:\.[a-z0-9.-]*[a-z])?)(?![\w-])"),
)
MAC = Detector(
    "mac",
    r"[0-9A-Fa-f]{2}[:-][0-9A-Fa-f]{2}[:-][0-9A-Fa-f]{2}[:-][0-9A-Fa-f]{2}[:-][0-9A-Fa-f]{2}[:-][0-9A-Fa-f]{2}"
    r"|[0-9a-fA-F]{4}\.[0-9a-fA-F]{4}\.[0-9a-fA-F]{4}",
    re.compile(
        r"(?<![\w:.-])([0-9A-Fa-f]{2}(?:(?::[0-9A-Fa-f]{2}){5}|(?:-[0-9A-Fa-f]{2}){5})|"
        r"[0-9a-fA-F]{4}\.[0-9a-fA-F]{4}\.[0-9a-fA-F]{4})(?![\w-])(?!:[0-9A-Fa-f]{2})"
    ),
    valid=_is_mac,
    canonical=canonical_mac,
    shape=False,
)
IPV6 = Detector(
    "ip",
    r"(?:[0-9A-Fa-f]{1,4}:){7}|[0-9A-Fa-f]::|::ffff:",
    # Behind "::ffff:" may stand an IPv4 address, which has a detector of its own.
    re.compile(r"(?<![\w:.])([0-9A-Fa-f]{0,4}(?::[0-9A-Fa-f]{0,4}){2,7})(?![\w:])(?!\.[0-9])"),
    valid=lambda value: parse6(value) is not None,
    canonical=canonical6,
    shape=False,
)
HOST = Detector(
    "host",
    rf"(?i)\.(?:{_TOP})(?:[^a-z0-9_.-]|\.(?:[^a-z0-9_]|$)|$)",
    re.compile(
        r"([A-Za-z0-9](?<![\w.%$-][A-Za-z0-9])(?<![^/]/[A-Za-z0-9])(?:[A-Za-z0-9_-]{0,61}[A-Za-z0-9])?\."
        rf"(?:[A-Za-z0-9](?:[A-Za-z0-9_-]{{0,61}}[A-Za-z0-9])?\.){{0,7}}(?i:{_TOP}))(?![\w(-])(?!\.\w)"
    ),
    valid=_is_host,
    run=rf"[\w.%$/(-]*\.(?i:{_TOP})[\w.%$/(-]*",
    common=True,
)

DETECTORS = (IPV4_DASHED, MAC, IPV6, IPV4, HOST)
