"""Syslog as files hold it: RFC 3164 ("BSD"), RFC 5424, and rsyslog's and systemd's forms with ISO times."""

from __future__ import annotations

import re

import numpy as np
from numpy.typing import NDArray

from ..lines import LineFormat, Sample
from ..severity import DEFAULT_PRIORITIES, SYSLOG

_PRI = r"^<([0-9]{1,3})>"
_STAMP = (
    r"^(?:<[0-9]{1,3}>)?(?:Jan|Feb|Mar|Apr|May|Jun|Jul|Aug|Sep|Oct|Nov|Dec) {1,2}[0-9]{1,2} "
    r"[0-9]{2}:[0-9]{2}:[0-9]{2}(?:\.[0-9]+)? {1,2}"
)
_HOST = r"(?P<host_name>[A-Za-z0-9_.,\-]+|[0-9A-Fa-f:.]{2,39}[0-9A-Fa-f])"
_TAG = r"(?P<service_name>[^\s:\[\]<>{}\"=]{1,64})(?:\[(?:[0-9]+)\])?"

# No number: behind a second time "2026-03-14 09:26:53" the hour is no name of a program.
_NAMED_TAG = r"(?P<service_name>[0-9]{0,20}[^\s:\[\]<>{}\"=0-9][^\s:\[\]<>{}\"=]{0,63})(?:\[(?:[0-9]+)\])?"

# AIX writes both names of a level: "daemon:err|error".
_AIX_LEVEL = (
    r"(?:kern|user|mail|daemon|auth|authpriv|syslog|lpr|news|uucp|cron|ftp|aso|caa|local[0-7]):"
    r"(?P<severity_text>emerg|alert|crit|err|warn|notice|info|debug)(?:\|[a-z]{4,8})?"
)


def severity_of_pri(pri: NDArray[np.int64]) -> NDArray[np.uint8]:
    """The severity number of a PRI value (RFC 5424, section 6.2.1): its lowest three bits."""
    table = np.array([SYSLOG[i] for i in range(8)], np.uint8)
    return np.where((pri >= 0) & (pri < 192), table[pri & 7], 0).astype(np.uint8)


_LEVELS = frozenset(
    [
        "trace",
        "debug",
        "info",
        "notice",
        "warn",
        "warning",
        "error",
        "err",
        "critical",
        "crit",
        "fatal",
        "panic",
        "alert",
        "emerg",
        "severe",
        "verbose",
    ]
)


class BsdSyslog(LineFormat):
    """Syslog with times of a month, which looks like what `ts` puts ahead of "LEVEL message"."""

    def starts_record(self, line: str) -> bool:
        """Whether a line begins a record: a host of the name of a level is none."""
        return self._start.match(line) is not None and not LEVEL_AHEAD.match(line)


# "Mar 14 09:26:53 ERROR message": the word behind the time is a level, and neither host nor program.
LEVEL_AHEAD = re.compile(_STAMP + r"\[?(?:" + "|".join(_LEVELS) + r")[\]:]*\s", re.IGNORECASE)

RFC3164 = BsdSyslog(
    name="syslog_rfc3164",
    title="BSD syslog",
    reference="RFC 3164, section 4.1",
    patterns=(
        _STAMP + _HOST + r" " + _AIX_LEVEL + r" (?:" + _TAG + r")? ?: ?(?P<body>.*)$",
        _STAMP + _HOST + r" " + _TAG + r": ?(?P<body>.*)$",
        # FreeBSD's syslogd -vv names facility and severity, F5 and others the severity alone.
        _STAMP + r"<[a-z0-9]+\.(?P<severity_text>[a-z]+)> (?:" + _HOST + r" )?" + _TAG + r": ?(?P<body>.*)$",
        _STAMP
        + _HOST
        # busybox's syslogd names the facility, too.
        + r" (?:[a-z]+[0-7]?\.)?(?P<severity_text>emerg|panic|alert|crit|err|error|warning|warn|notice|info|debug) "
        + _TAG
        + r": ?(?P<body>.*)$",
        # Programs that write the file themselves name no host.
        _STAMP + r"(?P<service_name>[^\s:\[\]<>{}\"=]{1,64})(?:\[[0-9]+\])?: (?P<body>.*)$",
        _STAMP + _HOST + r" (?P<body>.*)$",
    ),
    times=("syslog",),
    severity_digits=_PRI,
    severity_of=severity_of_pri,
    vague=DEFAULT_PRIORITIES,
    samples=(
        Sample(
            "Mar 14 09:26:53 web-1 sshd[4242]: Failed password for root from 10.0.0.7 port 51966 ssh2",
            {
                "time": "2026-03-14T09:26:53Z",
                "host_name": "web-1",
                "service_name": "sshd",
                "body": "Failed password for root from 10.0.0.7 port 51966 ssh2",
            },
        ),
        Sample(
            "<11>Mar  4 09:26:53 db2 app: x failed", {"severity_number": 17, "host_name": "db2", "body": "x failed"}
        ),
        Sample(
            "Mar 14 09:26:54.531784 2001:db8::7 (true)[51]: no-folder.service: Failed at step CHDIR",
            {
                "time": "2026-03-14T09:26:54.531784Z",
                "host_name": "2001:db8::7",
                "service_name": "(true)",
                "body": "no-folder.service: Failed at step CHDIR",
            },
        ),
        Sample(
            "Mar 14 09:26:55 dnsmasq[812]: query[A] shop.example.com from 10.0.0.7",
            {
                "host_name": None,
                "service_name": "dnsmasq",
                "body": "query[A] shop.example.com from 10.0.0.7",
            },
        ),
        Sample(
            "Mar 14 09:26:55  lb-1 err mcpd[4242]: 01070638:5: Pool /Common/shop member /Common/10.0.0.7:80 monitor status down.",
            {
                "severity_number": 17,
                "host_name": "lb-1",
                "service_name": "mcpd",
                "body": "01070638:5: Pool /Common/shop member /Common/10.0.0.7:80 monitor status down.",
            },
        ),
        Sample(
            "Mar 14 09:26:55 nas-1 kern.err kernel: [   26.550973] EXT4-fs error (device sdc3): ext4_find_entry:1463",
            {
                "severity_number": 17,
                "host_name": "nas-1",
                "service_name": "kernel",
                "body": "[   26.550973] EXT4-fs error (device sdc3): ext4_find_entry:1463",
            },
        ),
        Sample(
            "Mar 14 09:26:55 lpar-3 daemon:err|error sendmail[65012]: NOQUEUE: SYSERR(root): cannot open /etc/mail/shop.cf",
            {
                "severity_number": 17,
                "host_name": "lpar-3",
                "service_name": "sendmail",
                "body": "NOQUEUE: SYSERR(root): cannot open /etc/mail/shop.cf",
            },
        ),
        Sample(
            "Mar 14 09:26:55 web-1 last message repeated 2 times",
            {"time": "2026-03-14T09:26:55Z", "host_name": "web-1", "body": "last message repeated 2 times"},
        ),
    ),
)


class IsoSyslog(LineFormat):
    """Syslog with ISO times, which looks like an application's "time level logger: message"."""

    def starts_record(self, line: str) -> bool:
        """Whether a line begins a record: a host of the name of a level is none."""
        match = self._regexes[0].match(line)
        return match is not None and match["host_name"].lower() not in _LEVELS


ISO = IsoSyslog(
    name="syslog_iso",
    title="Syslog with ISO 8601 times (rsyslog's file format, journalctl -o short-iso)",
    reference="rsyslog RSYSLOG_FileFormat; journalctl(1) short-iso, short-iso-precise",
    patterns=(
        r"^(?:<[0-9]{1,3}>)?[0-9]{4}-[0-9]{2}-[0-9]{2}T[0-9]{2}:[0-9]{2}:[0-9]{2}(?:[.,][0-9]+)?(?:Z|[+-][0-9]{2}:?[0-9]{2}) "
        r"(?P<host_name>[A-Za-z0-9_.\-:]+) (?:[a-z0-7]+\.[a-z]+ )?" + _NAMED_TAG + r": ?(?P<body>.*)$",
    ),
    times=("iso",),
    severity_digits=_PRI,
    severity_of=severity_of_pri,
    vague=DEFAULT_PRIORITIES,
    confidence=0.92,
    samples=(
        Sample(
            "2026-03-14T09:26:53.123456+01:00 web-1 systemd[1]: nginx.service: Failed with result 'exit-code'.",
            {
                "time": "2026-03-14T08:26:53.123456Z",
                "host_name": "web-1",
                "service_name": "systemd",
                "body": "nginx.service: Failed with result 'exit-code'.",
            },
        ),
        Sample(
            "2026-03-14T09:26:54+0000 ops-3 kernel: Out of memory: Killed process 4242 (java) total-vm:8123456kB",
            {
                "time": "2026-03-14T09:26:54Z",
                "severity_number": 17,
                "host_name": "ops-3",
                "service_name": "kernel",
                "body": "Out of memory: Killed process 4242 (java) total-vm:8123456kB",
            },
        ),
        Sample(
            "<29>2026-03-14T09:26:55.170674+00:00 ops-3 daemon.notice systemd[1]: missing.service: Main process exited, code=exited, status=203/EXEC",
            {
                "severity_number": 10,
                "host_name": "ops-3",
                "service_name": "systemd",
                "body": "missing.service: Main process exited, code=exited, status=203/EXEC",
            },
        ),
    ),
)

RFC5424 = LineFormat(
    name="syslog_rfc5424",
    title="Syslog protocol",
    reference="RFC 5424, section 6",
    patterns=(
        r"^(?:[0-9]+ )?<[0-9]{1,3}>1 (?:-|\S+) (?:-|(?P<host_name>\S+)) (?:-|(?P<service_name>\S+)) (?:-|\S+) (?:-|(?P<scope_name>\S+)) "
        r"(?:-|(?:\[[^\s\]]+(?: [^\s=]+=\"(?:[^\"\\]|\\.)*\")*\])+)(?:  ?(?P<body>[^ ].*| {2,}.*)?)?$",
    ),
    times=("iso",),
    severity_digits=r"^(?:[0-9]+ )?<([0-9]{1,3})>",
    severity_of=severity_of_pri,
    vague=DEFAULT_PRIORITIES,
    confidence=0.98,
    samples=(
        Sample(
            '<11>1 2026-03-14T09:26:53.589Z db-1 postgres 812 ID47 [x@32473 key="v]\\]"] disk full',
            {
                "time": "2026-03-14T09:26:53.589Z",
                "severity_number": 17,
                "host_name": "db-1",
                "service_name": "postgres",
                "body": "disk full",
            },
        ),
        Sample(
            "<34>1 2026-03-14T09:26:54.003Z mymachine.example.com su - ID47 - 'su root' failed for lonvick on /dev/pts/8",
            {
                "time": "2026-03-14T09:26:54.003Z",
                "severity_number": 18,
                "host_name": "mymachine.example.com",
                "service_name": "su",
                "body": "'su root' failed for lonvick on /dev/pts/8",
            },
        ),
        Sample(
            "<30>1 2026-03-14T10:26:55.170674+01:00 2001:db8::7 systemd 1 - -  Reached target local-fs.target - Local File Systems.",
            {
                "time": "2026-03-14T09:26:55.170674Z",
                "severity_number": 9,
                "body": "Reached target local-fs.target - Local File Systems.",
            },
        ),
    ),
)

TAGGED = LineFormat(
    name="syslog_tag",
    title="Messages with the tag of syslog only (a daemon in the foreground)",
    reference="syslog(3), LOG_PERROR",
    patterns=(r"^(?P<service_name>[a-z][A-Za-z0-9_.\-/]{1,40})\[[0-9]{1,8}\]: (?P<body>.*)$",),
    times=(),
    confidence=0.6,
    # "make[2]: ..." stands among the lines of compilers.
    least=0.4,
    samples=(
        Sample(
            "dnsmasq[108]: query[A] db.shop.internal from 127.0.0.1",
            {"service_name": "dnsmasq", "body": "query[A] db.shop.internal from 127.0.0.1"},
        ),
        Sample(
            "sshd[4242]: error: Bind to port 22 on 0.0.0.0 failed: Address already in use.",
            {"service_name": "sshd", "severity_number": 17},
        ),
        Sample(
            "postfix/smtpd[812]: warning: unknown[10.0.0.7]: SASL LOGIN authentication failed",
            {"service_name": "postfix/smtpd"},
        ),
    ),
)

FACILITY = LineFormat(
    name="syslog_facility",
    title="Syslog with facility and severity in words (rsyslog's pri-text, Kiwi Syslog)",
    reference="https://www.rsyslog.com/doc/configuration/properties.html (pri-text)",
    patterns=(
        r"^[0-9]{4}-[0-9]{2}-[0-9]{2}T[0-9:.,]+(?:Z|[+-][0-9]{2}:?[0-9]{2}) (?P<host_name>[A-Za-z0-9_.\-:]+) [a-z0-7]+\.(?P<severity_text>emerg|panic|alert|crit|err|error|warning|warn|notice|info|debug) "
        + _TAG
        + r": ?(?P<body>.*)$",
        r"^[0-9]{4}-[0-9]{2}-[0-9]{2}[ \t][0-9:]{8}\t[A-Z][A-Za-z0-9]+\.(?P<severity_text>[A-Z][a-z]+)\t(?P<host_name>\S+)\t(?P<body>.*)$",
    ),
    times=("iso",),
    severity_words={"Critical": 18, "Emerg": 22},
    confidence=0.96,
    samples=(
        Sample(
            "2026-03-14T09:26:53.589+00:00 web-1 daemon.err shop[7]: pay failed",
            {
                "time": "2026-03-14T09:26:53.589Z",
                "severity_number": 17,
                "host_name": "web-1",
                "service_name": "shop",
                "body": "pay failed",
            },
        ),
        Sample("2026-03-14T09:26:54+00:00 web-1 daemon.info shop[7]: ready", {"severity_number": 9}),
        Sample(
            "2026-03-14 09:26:55\tDaemon.Warning\t10.0.0.7\tdisk is 91 % full",
            {
                "time": "2026-03-14T09:26:55Z",
                "severity_number": 13,
                "host_name": "10.0.0.7",
                "body": "disk is 91 % full",
            },
        ),
    ),
)
