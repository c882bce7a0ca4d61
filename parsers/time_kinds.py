"""Every way in which logs write times: a table of regular expressions with named groups.

The groups are year, month, day, hour, minute, second, fraction, zone, bias, place, ampm, epoch, tai, hex, scientific,
nanoseconds and uptime. The expressions are valid
both for Python's `re` (to look at a few lines) and for the Rust engine of polars (to read millions).
"""

from __future__ import annotations

import re
from dataclasses import dataclass

_MONTHS = "Jan|Feb|Mar|Apr|May|Jun|Jul|Aug|Sep|Oct|Nov|Dec"
# Months as programs write them in the languages of their users (the C locales of glibc, Java's CLDR names), by number.
_FOREIGN_MONTHS = (
    "januar janvier enero gennaio janeiro januari января jan janv ene gen styczeń янв ocak",
    "februar février fevrier febrero febbraio fevereiro februari февраля feb févr fév fevr febr fev luty фев şubat",
    "märz maerz mars marzo março marco maart марта mrz mär mar mrt мар marzec mart",
    "april avril abril aprile апреля apr avr abr апр kwiecień nisan",
    "mai mayo maggio maio mei мая may mag maj maja mayıs",
    "juni juin junio giugno junho июня jun giu июн czerwiec haziran",
    "juli juillet julio luglio julho июля jul juil lug июл lipiec temmuz",
    "august août aout agosto augustus augusti августа aug aoû ago авг sierpień ağustos",
    "september septembre septiembre settembre setembro сентября sep sept set сен wrzesień eylül",
    "oktober octobre octubre ottobre outubro октября okt oct ott out окт październik ekim",
    "november novembre noviembre novembro ноября nov ноя listopad kasım",
    "dezember décembre decembre diciembre dicembre dezembro december декабря dez déc dec dic дек grudzień aralık",
)
_MONTH_OF_ANY = (
    "(?i:" + "|".join(sorted({w for line in _FOREIGN_MONTHS for w in line.split()}, key=lambda w: (-len(w), w))) + ")"
)
_WEEKDAY = r"(?:Mon|Tue|Wed|Thu|Fri|Sat|Sun)[a-z]*"
_CLOCK = r"(?P<hour>[0-9]{2}):(?P<minute>[0-9]{2}):(?P<second>[0-9]{2})"
_CLOCK1 = r"(?P<hour>[0-9]{1,2}):(?P<minute>[0-9]{2}):(?P<second>[0-9]{2})"
_FRACTION = r"(?:[.,](?P<fraction>[0-9]{1,9}))?"
_FRACTION_COLON = r"(?:[.,:](?P<fraction>[0-9]{1,9}))?"
_ZONE = r"(?: ?(?P<zone>(?:UTC|GMT)?[+-][0-9]{2}:?[0-9]{2}\b|Z\b|UTC\b|GMT\b))?"
_NAMED_ZONE = r"(?P<zone>UTC|GMT|CEST|CET|EEST|EET|WEST|WET|BST|EST|EDT|CST|CDT|MST|MDT|PST|PDT|JST|KST|IST|AEST|AEDT|MSK|HKT|SGT)"
_AMPM = r"(?: ?(?P<ampm>[AaPp]\.?[Mm]\.?))?"

# Minutes east of UTC of the abbreviations that logs use; CST and IST are taken in their most frequent sense in
# logs (US Central; India).
ZONE_MINUTES = {
    "": 0, "Z": 0, "UTC": 0, "GMT": 0, "WET": 0, "WEST": 60, "BST": 60, "CET": 60, "CEST": 120, "EET": 120, "EEST": 180,
    "MSK": 180, "IST": 330, "HKT": 480, "SGT": 480, "JST": 540, "KST": 540, "AEST": 600, "AEDT": 660, "EST": -300,
    "EDT": -240, "CST": -360, "CDT": -300, "MST": -420, "MDT": -360, "PST": -480, "PDT": -420,
}  # fmt: skip
MONTH_NUMBER = {name: number for number, names in enumerate(_FOREIGN_MONTHS, 1) for name in names.split()}


@dataclass(frozen=True, slots=True)
class TimeKind:
    """One way to write a time.

    Attributes:
        name: as the coverage table shows it.
        pattern: a regular expression with named groups; no look-around, no back-reference. Its word boundaries become
            those of ASCII, on which both engines agree, and which Rust's finds many times faster.
        year, date: whether a year, a date is part of it.
        lines: whether it is looked for in lines, too, and not only in fields that must be times: `ls -l` has such times.
    """

    name: str
    pattern: str
    year: bool = True
    date: bool = True
    lines: bool = True

    def __post_init__(self) -> None:
        """Write the word boundaries as Rust's engine wants them."""
        object.__setattr__(self, "pattern", re.sub(r"(?<!-u:)\\b", r"(?-u:\\b)", self.pattern))

    @property
    def regex(self) -> re.Pattern[str]:
        """The compiled pattern (Python)."""
        return _compiled(self.pattern)


_CACHE: dict[str, re.Pattern[str]] = {}


def _compiled(pattern: str) -> re.Pattern[str]:
    found = _CACHE.get(pattern)
    if found is None:
        found = _CACHE[pattern] = re.compile(pattern.replace("(?-u:", "(?a:"))
    return found


ALL_KINDS = (
    TimeKind("iso", r"(?P<year>[0-9]{4})[-/](?P<month>[0-9]{2})[-/](?P<day>[0-9]{2})(?:[T _]| {2}|, ?| - )" + _CLOCK1 + _FRACTION_COLON + r"(?: ?(?P<zone>Z\b|" + _NAMED_ZONE[9:-1] + r")\b|(?: ?)(?P<zone2>[+-][0-9]{2}:?[0-9]{2}\b)|(?P<zone3>[+-][0-9]{2})\b)?"),
    TimeKind("clf", r"(?P<day>[0-9]{1,2})/(?P<month>" + _MONTHS + r")/(?P<year>[0-9]{4})[: ]" + _CLOCK + _FRACTION + _ZONE),
    TimeKind("asctime", r"(?:" + _WEEKDAY + r",? )(?P<month>" + _MONTHS + r") {1,2}(?P<day>[0-9]{1,2}) " + _CLOCK1 + _FRACTION + _AMPM + r"(?: " + _NAMED_ZONE[:-1] + r"|[+-][0-9]{2}(?:[0-9]{2})?))? (?P<year>[0-9]{4})\b"),
    TimeKind("date_command", r"(?P<day>[0-9]{1,2})\.? (?P<month>" + _MONTH_OF_ANY + r")\.? " + _CLOCK1 + _AMPM + r" " + _NAMED_ZONE[:-1] + r"|[+-][0-9]{2}(?:[0-9]{2})?) (?P<year>(?:19|20)[0-9]{2})\b"),
    TimeKind("rfc850", r"(?:" + _WEEKDAY + r",? )?\b(?P<day>[0-9]{1,2})-(?P<month>" + _MONTHS + r")-(?P<year>[0-9]{2}) " + _CLOCK + _FRACTION + _ZONE),
    TimeKind("rfc5322", r"(?:" + _WEEKDAY + r",? )?(?P<day>[0-9]{1,2})[ -](?P<month>" + _MONTHS + r")[ -](?P<year>[0-9]{4})(?:[ :T]|::)" + _CLOCK + _FRACTION + r"(?: (?P<place>[A-Z][A-Za-z]+/[A-Za-z_/]+[a-z])\b)?" + _ZONE),
    TimeKind("named_compact", r"\b(?P<day>[0-9]{1,2})(?P<month>" + _MONTHS + r")(?P<year>(?:19|20)[0-9]{2}) " + _CLOCK + _FRACTION),
    TimeKind("journal", r"(?:" + _WEEKDAY + r" )(?P<year>[0-9]{4})-(?P<month>[0-9]{2})-(?P<day>[0-9]{2}) " + _CLOCK + _FRACTION + r" " + _NAMED_ZONE),
    TimeKind("month_first", r"(?P<month>" + _MONTHS + r")[a-z]* (?P<day>[0-9]{1,2}), (?P<year>[0-9]{4})(?:,? | @ )" + _CLOCK1 + _FRACTION + _AMPM + _ZONE),
    TimeKind("cisco", r"(?P<month>" + _MONTHS + r") {1,2}(?P<day>[0-9]{1,2}) (?P<year>(?:19|20)[0-9]{2}) " + _CLOCK + _FRACTION + _ZONE),
    TimeKind("h3c", r"(?P<month>" + _MONTHS + r") {1,2}(?P<day>[0-9]{1,2}) " + _CLOCK + r"(?::(?P<fraction>[0-9]{3}))? (?P<year>(?:19|20)[0-9]{2})\b"),
    TimeKind("year_first", r"(?P<year>(?:19|20)[0-9]{2}) (?P<month>" + _MONTHS + r") {1,2}(?P<day>[0-9]{1,2}) " + _CLOCK + _FRACTION),
    TimeKind("month_slashed", r"(?P<month>(?i:" + _MONTHS + r"))/(?P<day>[0-9]{1,2})/(?P<year>(?:19|20)[0-9]{2}) " + _CLOCK),
    TimeKind("syslog", r"(?P<month>" + _MONTHS + r") {1,2}(?P<day>[0-9]{1,2}) " + _CLOCK + _FRACTION, year=False),
    TimeKind("syslog_localized", r"^(?P<month>" + _MONTH_OF_ANY + r")\.? {1,2}(?P<day>[0-9]{1,2}) " + _CLOCK + _FRACTION, year=False),
    TimeKind("syslog_cjk", r"^ ?(?P<month>[0-9]{1,2})[月월] {1,2}(?P<day>[0-9]{1,2}) " + _CLOCK + _FRACTION, year=False),
    TimeKind("day_month", r"\b(?P<day>[0-9]{1,2})[ -](?P<month>" + _MONTHS + r") " + _CLOCK + _FRACTION, year=False),
    TimeKind("iso_basic", r"\b(?P<year>(?:19|20)[0-9]{2})(?P<month>[01][0-9])(?P<day>[0-3][0-9])(?:[T _-])(?P<hour>[0-9]{1,2}):(?P<minute>[0-9]{1,2}):(?P<second>[0-9]{1,2})(?:[.,:](?P<fraction>[0-9]{1,9}))?" + _ZONE),
    TimeKind("iso_compact", r"\b(?P<year>(?:19|20)[0-9]{2})(?P<month>[01][0-9])(?P<day>[0-3][0-9])[T_:-]?(?P<hour>[0-2][0-9])(?P<minute>[0-5][0-9])(?P<second>[0-5][0-9])(?:[.](?P<fraction>[0-9]{1,9}))?(?P<zone>Z|[+-][0-9]{2}:?[0-9]{2})?\b"),
    TimeKind("dotted_clock", r"\b(?P<year>(?:19|20)[0-9]{2})[-./](?P<month>[0-9]{2})[-./](?P<day>[0-9]{2})[-T _](?P<hour>[0-9]{2})\.(?P<minute>[0-9]{2})\.(?P<second>[0-9]{2})(?:[.,:](?P<fraction>[0-9]{1,9}))?(?P<zone>[+-][0-9]{3}\b)?"),
    TimeKind("iso_dots", r"(?P<year>(?:19|20)[0-9]{2})\.(?P<month>[0-9]{2})\.(?P<day>[0-9]{2})[T _-]" + _CLOCK + _FRACTION + _ZONE),
    TimeKind("dotted", r"\b(?P<day>[0-9]{1,2})\.(?P<month>[0-9]{1,2})\.(?P<year>(?:19|20)[0-9]{2}),? " + _CLOCK1 + _FRACTION),
    TimeKind("dashed", r"\b(?P<day>[0-9]{1,2})-(?P<month>[0-9]{1,2})-(?P<year>(?:19|20)[0-9]{2}),? " + _CLOCK1 + _FRACTION + _ZONE),
    TimeKind("dashed_us", r"\b(?P<month>[0-9]{1,2})-(?P<day>[0-9]{1,2})-(?P<year>(?:19|20)[0-9]{2}),? " + _CLOCK1 + _FRACTION + _ZONE),
    TimeKind("short_year_bar", r"^(?P<year>[0-9]{2})-(?P<month>[0-9]{1,2})-(?P<day>[0-9]{1,2}) " + _CLOCK + r"(?:\.(?P<fraction>[0-9]{1,4}))?\|"),
    TimeKind("yymmdd", r"\b(?P<year>[0-9]{2})/(?P<month>[0-9]{2})/(?P<day>[0-9]{2}) " + _CLOCK + _FRACTION),
    TimeKind("slashed_us", r"\b(?P<month>[0-9]{1,2})/(?P<day>[0-9]{1,2})/(?P<year>(?:19|20)?[0-9]{2}),? " + _CLOCK1 + r"(?:[.,:](?P<fraction>[0-9]{1,9}))?" + _AMPM + r"(?: " + _NAMED_ZONE + r"\b)?"),
    TimeKind("slashed_us_bar", r"\b(?P<month>[0-9]{2})/(?P<day>[0-9]{2})/(?P<year>(?:19|20)[0-9]{2}) \| " + _CLOCK),
    TimeKind("slashed_eu", r"\b(?P<day>[0-9]{1,2})/(?P<month>[0-9]{1,2})/(?P<year>(?:19|20)?[0-9]{2}),? " + _CLOCK1 + _FRACTION + _AMPM),
    TimeKind("snort", r"^(?P<month>[01][0-9])/(?P<day>[0-3][0-9])/(?P<year>(?:19|20)?[0-9]{2})-" + _CLOCK + _FRACTION),
    TimeKind("snort_short", r"^(?P<month>[01][0-9])/(?P<day>[0-3][0-9])-" + _CLOCK + _FRACTION, year=False),
    TimeKind("suricata", r"^(?P<day>[0-9]{1,2})/(?P<month>[0-9]{1,2})/(?P<year>(?:19|20)[0-9]{2}) -- " + _CLOCK),
    TimeKind("slashed_colon", r"\b(?P<day>[0-9]{2})/(?P<month>[0-9]{2})/(?P<year>(?:19|20)[0-9]{2}):" + _CLOCK + _ZONE),
    TimeKind("slashed_colon_us", r"\b(?P<month>[0-9]{2})/(?P<day>[0-9]{2})/(?P<year>(?:19|20)[0-9]{2}):" + _CLOCK + _ZONE),
    TimeKind("named_month", r"\b(?P<day>[0-9]{1,2})[. -]{1,2}(?P<month>" + _MONTH_OF_ANY + r")\.?[ -](?P<year>(?:19|20)[0-9]{2})[^0-9a-z\n]{1,3}(?:(?:um|at|à|a las|alle) )?" + _CLOCK1 + _FRACTION + _AMPM),
    TimeKind("named_month_first", r"\b(?P<month>" + _MONTH_OF_ANY + r")\.? (?P<day>[0-9]{1,2}), (?P<year>(?:19|20)[0-9]{2}),? " + _CLOCK1 + _FRACTION + _AMPM),
    TimeKind("date_key", r"\bdate=\"?(?P<year>[0-9]{4})-(?P<month>[0-9]{2})-(?P<day>[0-9]{2})\"?,? ?time=\"?" + _CLOCK),
    TimeKind("sccm", r"\btime=\"" + _CLOCK + r"\.(?P<fraction>[0-9]{1,7})(?P<bias>[+-][0-9]{1,3})?\" date=\"(?P<month>[0-9]{1,2})-(?P<day>[0-9]{1,2})-(?P<year>[0-9]{4})\""),
    TimeKind("iso_minutes", r"\b(?P<year>(?:19|20)[0-9]{2})-(?P<month>[0-9]{2})-(?P<day>[0-9]{2})[T ](?P<hour>[0-9]{2}):(?P<minute>[0-9]{2})\b" + _ZONE),
    TimeKind("chinese", r"(?P<year>(?:19|20)[0-9]{2})年 ?(?P<month>[0-9]{1,2})月 ?(?P<day>[0-9]{1,2})日[^0-9\n]{0,12}?(?P<ampm>上午|下午)? ?(?P<hour>[0-9]{1,2})[:时](?P<minute>[0-9]{2})[:分](?P<second>[0-9]{2})" + _FRACTION),
    TimeKind("mysql_short", r"^(?P<year>[0-9]{2})(?P<month>[01][0-9])(?P<day>[0-3][0-9]) {1,2}(?P<hour>[0-9]{1,2}):(?P<minute>[0-9]{2}):(?P<second>[0-9]{2})"),
    TimeKind("hdfs", r"^(?P<year>[0-9]{2})(?P<month>[01][0-9])(?P<day>[0-3][0-9]) (?P<hour>[0-2][0-9])(?P<minute>[0-5][0-9])(?P<second>[0-5][0-9])\b"),
    TimeKind("slashed_us_minutes", r"^[\[(]?(?P<month>[0-9]{1,2})/(?P<day>[0-9]{1,2})/(?P<year>(?:19|20)[0-9]{2}),? (?P<hour>[0-9]{1,2}):(?P<minute>[0-9]{2})\b" + _AMPM),
    TimeKind("slashed_eu_minutes", r"^[\[(]?(?P<day>[0-9]{1,2})/(?P<month>[0-9]{1,2})/(?P<year>(?:19|20)[0-9]{2}),? (?P<hour>[0-9]{1,2}):(?P<minute>[0-9]{2})\b" + _AMPM),
    TimeKind("dotted_minutes", r"^[\[(]?(?P<day>[0-9]{1,2})\.(?P<month>[0-9]{1,2})\.(?P<year>(?:19|20)[0-9]{2}),? (?P<hour>[0-9]{1,2}):(?P<minute>[0-9]{2})\b"),
    TimeKind("day_month_minutes", r"^(?P<day>[0-9]{2})-(?P<month>" + _MONTHS + r") (?P<hour>[0-9]{2}):(?P<minute>[0-9]{2})\b", year=False),
    TimeKind("bracket_minutes", r"^(?:[a-z0-7]+ *: ?[a-z]+ *: ?)?\[(?P<month>" + _MONTHS + r") {0,2}(?P<day>[0-9]{1,2}) (?P<hour>[0-9]{2}):(?P<minute>[0-9]{2})\]", year=False),
    # Fields of a table: what Get-EventLog lists.
    TimeKind("syslog_minutes", r"^(?P<month>" + _MONTHS + r") (?P<day>[0-9]{1,2}) (?P<hour>[0-9]{2}):(?P<minute>[0-9]{2})\b", year=False, lines=False),
    TimeKind("chromium", r"[\[:](?P<month>[01][0-9])(?P<day>[0-3][0-9])/(?P<hour>[0-2][0-9])(?P<minute>[0-5][0-9])(?P<second>[0-5][0-9])\.(?P<fraction>[0-9]{3,6}):", year=False),
    TimeKind("klog_year", r"^[IWEF](?P<year>[0-9]{2})(?P<month>[01][0-9])(?P<day>[0-3][0-9]) " + _CLOCK + _FRACTION),
    TimeKind("klog", r"^[IWEF](?P<month>[01][0-9])(?P<day>[0-3][0-9]) " + _CLOCK + _FRACTION, year=False),
    TimeKind("tornado", r"^\[[DIWEC] (?P<year>[0-9]{2})(?P<month>[01][0-9])(?P<day>[0-3][0-9]) " + _CLOCK),
    TimeKind("glog", r"^[IWEF](?P<year>20[0-9]{2})(?P<month>[01][0-9])(?P<day>[0-3][0-9]) " + _CLOCK + _FRACTION),
    TimeKind("logcat", r"^\[?(?P<month>[01][0-9])[-.](?P<day>[0-3][0-9]) " + _CLOCK + _FRACTION, year=False),
    TimeKind("month_day", r" [\[(]?(?P<month>[01][0-9])[-/](?P<day>[0-3][0-9]) " + _CLOCK + _FRACTION, year=False),
    TimeKind("audit", r"\bmsg=audit\((?P<epoch>[0-9]{10})\.(?P<fraction>[0-9]{3}):"),
    TimeKind("epoch", r"^[\[(]?(?P<epoch>1[0-9]{9}|1[0-9]{12}|1[0-9]{15}|1[0-9]{18})(?:\.(?P<fraction>[0-9]{1,9}))?\b"),
    TimeKind("gitlab_section", r"^section_(?:start|end):(?P<epoch>1[0-9]{9}):"),
    TimeKind("epoch_padded", r"^ +(?P<epoch>1[0-9]{9})\.(?P<fraction>[0-9]{3,9})\b"),
    TimeKind("epoch_key", r"(?:^|[ \t{,|^])\"?(?:ts|time|t|timestamp|rt|devTime)\"?[=:] ?\"?(?P<epoch>1[0-9]{9}|1[0-9]{12}|1[0-9]{15}|1[0-9]{18})(?:\.(?P<fraction>[0-9]{1,9}))?\b"),
    TimeKind("epoch_bracket", r"[\[(](?P<epoch>1[0-9]{9}|1[0-9]{12}|1[0-9]{15}|1[0-9]{18})(?:\.(?P<fraction>[0-9]{1,9}))?[\]),]"),
    TimeKind("epoch_field", r"(?:[ |;,\t]|^)(?P<epoch>1[2-9][0-9]{8})(?:[ |;,\t]|$)"),
    TimeKind("epoch_exponent", r"^(?P<scientific>1\.[0-9]{6,16}e\+09)\b"),
    TimeKind("tai64n", r"^@(?P<tai>4[0-9a-f]{15})(?P<nanoseconds>[0-9a-f]{8})?\b"),
    TimeKind("hex_epoch", r"^(?P<hex>[4-7][0-9a-f]{7})\.(?P<nanoseconds>[0-9a-f]{8}) 0x"),
    # Bare seconds: a field of formats that know what they are (OpenLDAP), as any number may look so.
    TimeKind("hex_seconds", r"^(?P<hex>[4-7][0-9a-f]{7})\b", lines=False),
    TimeKind("uptime", r"^(?:<[0-9]+>)?\[ {0,6}(?P<uptime>[0-9]{1,8}\.[0-9]{6})(?: < *[0-9.]* *>)?\]", year=False, date=False),
    TimeKind("clock_letter", r"^\[[DIWEC] " + _CLOCK + _FRACTION + r" ", year=False, date=False),
    TimeKind("clock", r"^[\[(]?" + _CLOCK + _FRACTION + r"\b", year=False, date=False),
    TimeKind("clock_inside", r" " + _CLOCK1 + r": ", year=False, date=False),
    TimeKind("clock_bracket", r"[\[(]" + _CLOCK + _FRACTION_COLON + r"[\])]", year=False, date=False),
)  # fmt: skip
KINDS = {kind.name: kind for kind in ALL_KINDS}

# How much of a line may stand before its time: where the format says that it is there, and where it does not.
TIME_WINDOW = 192
HEADER_WINDOW = 96
