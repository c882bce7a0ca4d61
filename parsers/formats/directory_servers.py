"""Directory servers that write files of their own: OpenLDAP's slapd without syslog, 389 Directory Server."""

from __future__ import annotations

import re

from ..contract import Source
from ..excerpt import head_lines
from ..lines import LineFormat, Sample

_SLAPD = re.compile(
    r"^[4-7][0-9a-f]{7}(?:\.[0-9a-f]{8} 0x[0-9a-f]+)? (?:conn=-?[0-9]+ |slapd |@\(#\) |\S*(?:slap|syncrepl|syncprov|bdb|mdb|hdb)\S*[:( ])"
)


class Slapd(LineFormat):
    """slapd's own lines, which begin with seconds in hexadecimal digits: so do the lines of many lists of objects."""

    def sniff(self, source: Source) -> float:
        """As any format, where some lines speak as slapd does."""
        known = any(_SLAPD.match(line) for line in head_lines(source, 200))
        return super().sniff(source) if known else 0.0


SLAPD = Slapd(
    name="slapd",
    title="OpenLDAP slapd (-d, logfile)",
    reference="slapd(8), -d; slapd.conf(5), logfile, logfile-format",
    patterns=(
        r"^[4-7][0-9a-f]{7}\.[0-9a-f]{8} 0x[0-9a-f]{1,16} (?P<body>.*)$",
        r"^[4-7][0-9a-f]{7} (?P<body>.*)$",
    ),
    times=("hex_epoch", "hex_seconds"),
    confidence=0.97,
    samples=(
        Sample(
            '69b528ed conn=1000 op=0 BIND dn="cn=admin,dc=shop,dc=example" method=128',
            {"time": "2026-03-14T09:22:53Z", "body": 'conn=1000 op=0 BIND dn="cn=admin,dc=shop,dc=example" method=128'},
        ),
        Sample("69b528ee slapd starting", {"time": "2026-03-14T09:22:54Z", "body": "slapd starting"}),
        Sample(
            "69b528ef.1dcd6500 0x7f3c2a1bf6c0 slap_client_connect: URI=ldap://ldap-2.example.com Error, ldap_start_tls failed (-1)",
            {
                "time": "2026-03-14T09:22:55.5Z",
                "body": "slap_client_connect: URI=ldap://ldap-2.example.com Error, ldap_start_tls failed (-1)",
            },
        ),
    ),
)

DS389 = LineFormat(
    name="ds389_errors",
    title="389 Directory Server (errors)",
    reference="https://www.port389.org/docs/389ds/FAQ/faq.html (nsslapd-errorlog)",
    patterns=(
        r"^\[[0-9]{2}/[A-Z][a-z]{2}/[0-9]{4}:[0-9]{2}:[0-9]{2}:[0-9]{2}(?:\.[0-9]{1,9})? [+-][0-9]{4}\] - "
        r"(?P<severity_text>DEBUG|INFO|NOTICE|WARN|WARNING|ERR|CRIT|ALERT|EMERG) - (?:(?P<scope_name>[A-Za-z0-9_\-.]{1,60}) - )?(?P<body>.*)$",
        r"^\[[0-9]{2}/[A-Z][a-z]{2}/[0-9]{4}:[0-9]{2}:[0-9]{2}:[0-9]{2}(?:\.[0-9]{1,9})? [+-][0-9]{4}\] (?:- )?(?P<body>[A-Za-z].*)$",
    ),
    times=("clf",),
    confidence=0.95,
    samples=(
        Sample(
            '[14/Mar/2026:09:26:53.134822001 +0000] - ERR - NSMMReplicationPlugin - bind_and_check_pwp - agmt="cn=to-2" (ldap-2:389) - Replication bind with SIMPLE auth failed: LDAP error -1 (Can\'t contact LDAP server) ()',
            {
                "time": "2026-03-14T09:26:53.134822Z",
                "severity_number": 17,
                "scope_name": "NSMMReplicationPlugin",
                "body": 'bind_and_check_pwp - agmt="cn=to-2" (ldap-2:389) - Replication bind with SIMPLE auth failed: LDAP error -1 (Can\'t contact LDAP server) ()',
            },
        ),
        Sample(
            "[14/Mar/2026:10:26:54.001000000 +0100] - INFO - slapd_daemon - slapd started.  Listening on All Interfaces port 389 for LDAP requests",
            {"time": "2026-03-14T09:26:54.001Z", "severity_number": 9, "scope_name": "slapd_daemon"},
        ),
        Sample(
            "[14/Mar/2026:09:26:55.002000000 +0000] - CRIT - dblayer_start - Could not start the database",
            {"severity_number": 18},
        ),
    ),
)
