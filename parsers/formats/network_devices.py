"""Network devices whose messages carry their severity in a mnemonic: Cisco, Huawei, H3C."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from ..lines import LineFormat, Sample
from ..severity import SYSLOG

_TIME = (
    r"(?:(?:[0-9]+: )?(?:\S+: )?[*.]?(?:[A-Z][a-z]{2} {1,2}[0-9]{1,2} (?:[0-9]{4} )?[0-9]{2}:[0-9]{2}:[0-9]{2}(?:\.[0-9]{1,6})?(?: [A-Z]{3,5})?"
    r"|[0-9]{4} [A-Z][a-z]{2} {1,2}[0-9]{1,2} [0-9]{2}:[0-9]{2}:[0-9]{2}(?:\.[0-9]+)?(?: [A-Z]{3})?): ?)?"
)
_CISCO = r"%(?P<scope_name>[A-Z][A-Z0-9_]*(?:-[A-Z0-9_]+)?-[0-7]-[A-Za-z0-9_]+)"
# NX-OS: the year first, and between the host and the mnemonic the virtual device.
_NXOS = r"^(?:<[0-9]{1,3}>)?(?:: )?[0-9]{4} [A-Z][a-z]{2} {1,2}[0-9]{1,2} [0-9]{2}:[0-9]{2}:[0-9]{2}(?:\.[0-9]+)? (?:[A-Z]{3,4}: |(?P<host_name>[A-Za-z0-9_.\-]+) )(?:%\$ \S+ %\$ )?"
# IOS XR: the card, the time, the process, and a blank ahead of each colon.
_XR = r"(?:[0-9]+: )?(?:RP|LC|[0-9]+)/[A-Z0-9/]+:(?:[0-9]{4} )?[A-Z][a-z]{2} {1,2}[0-9]{1,2} [0-9:.]+ (?:[A-Z]{3,4} ?)?: ?(?P<service_name>[a-z][A-Za-z0-9_\-]*)\[[0-9]+\]: "
_HUAWEI = r"(?:%{1,2} ?[0-9]{0,2} ?)?(?P<scope_name>[A-Z][A-Za-z0-9_]*/[0-7]/[A-Za-z0-9_]+)(?:\([a-zA-Z]+\))?(?:\[[0-9]+\])?: ?"
_DAY = r"(?:[A-Z][a-z]{2} {1,2}[0-9]{1,2}|[0-9]{4}-[0-9]{1,2}-[0-9]{1,2})"


def severity_of_level(level: NDArray[np.int64]) -> NDArray[np.uint8]:
    """The severity number of a level of syslog, 0 emergency .. 7 debugging."""
    table = np.array([SYSLOG[i] for i in range(8)], np.uint8)
    return np.where((level >= 0) & (level < 8), table[level & 7], 0).astype(np.uint8)


FORMAT = LineFormat(
    name="cisco",
    title="Cisco IOS, NX-OS and ASA",
    reference="https://www.cisco.com/c/en/us/td/docs/ios-xml/ios/esm/configuration/xe-16/esm-xe-16-book/esm-syslog.html",
    patterns=(
        r"^(?:<[0-9]{1,3}>)?(?:[A-Z][a-z]{2} {1,2}[0-9]{1,2} (?:[0-9]{4} )?[0-9]{2}:[0-9]{2}:[0-9]{2}(?:\.[0-9]+)? |[0-9]{4}-[0-9]{2}-[0-9]{2}T[0-9:.]+(?:Z|[+-][0-9]{2}:[0-9]{2}) )(?P<host_name>[A-Za-z0-9_.\-:]*[A-Za-z0-9_]) ?:? "
        + _TIME
        + r"(?P<body>"
        + _CISCO
        + r": ?.*)$",
        r"^(?:<[0-9]{1,3}>)?" + _TIME + r"(?P<body>" + _CISCO + r": ?.*)$",
        _NXOS + r"(?P<body>" + _CISCO + r": ?.*)$",
        r"^(?:<[0-9]{1,3}>)?(?:[A-Z][a-z]{2} {1,2}[0-9]{1,2} [0-9]{2}:[0-9]{2}:[0-9]{2}(?:\.[0-9]+)? (?P<host_name>[A-Za-z0-9_.\-]+) )?"
        + _XR
        + r"(?P<body>"
        + _CISCO
        + r" ?: ?.*)$",
    ),
    times=("syslog", "iso", "cisco"),
    severity_digits=r"%[A-Z][A-Z0-9_]*(?:-[A-Z0-9_]+)?-([0-7])-[A-Za-z0-9_]+",
    severity_of=severity_of_level,
    confidence=0.97,
    samples=(
        Sample(
            "Mar 14 09:26:53 10.0.0.1 123: Mar 14 09:26:52.123: %LINK-3-UPDOWN: Interface GigabitEthernet0/1, changed state to down",
            {
                "time": "2026-03-14T09:26:53Z",
                "severity_number": 17,
                "host_name": "10.0.0.1",
                "scope_name": "LINK-3-UPDOWN",
                "body": "%LINK-3-UPDOWN: Interface GigabitEthernet0/1, changed state to down",
            },
        ),
        Sample(
            "*Mar 14 09:26:54.001: %SYS-5-CONFIG_I: Configured from console by anna on vty0 (10.0.0.7)",
            {
                "time": "2026-03-14T09:26:54.001Z",
                "severity_number": 10,
                "scope_name": "SYS-5-CONFIG_I",
            },
        ),
        Sample(
            'Mar 14 2026 09:26:55 fw-1 : %ASA-4-106023: Deny tcp src outside:203.0.113.9/51966 dst inside:10.0.0.7/22 by access-group "outside_in" [0x0, 0x0]',
            {
                "time": "2026-03-14T09:26:55Z",
                "severity_number": 13,
                "host_name": "fw-1",
                "scope_name": "ASA-4-106023",
            },
        ),
        Sample(
            "Mar 14 09:26:56 core-2 %STP-2-BLOCK_PVID_LOCAL: Blocking GigabitEthernet1/0/7 on VLAN0010. Inconsistent local vlan.",
            {"severity_number": 18, "host_name": "core-2"},
        ),
        Sample(
            "<189>2026 Mar 14 09:26:56 leaf-7 %$ VDC-1 %$ %STP-2-BLOCK_BPDUGUARD: Received BPDU on port Ethernet1/9 with BPDU Guard enabled. Disabling port.",
            {
                "time": "2026-03-14T09:26:56Z",
                "severity_number": 18,
                "host_name": "leaf-7",
                "scope_name": "STP-2-BLOCK_BPDUGUARD",
            },
        ),
        Sample(
            "Mar 14 09:26:57 edge-1 4711: RP/0/RSP0/CPU0:Mar 14 10:26:57.041 : mpls_ldp[1043]: %ROUTING-LDP-5-ADJ_CHANGE : Adjacency (10.0.1.34) DOWN with Nbr 10.0.0.2:0 on TenGigE0/0/2/1",
            {
                "time": "2026-03-14T09:26:57Z",
                "severity_number": 10,
                "host_name": "edge-1",
                "service_name": "mpls_ldp",
                "scope_name": "ROUTING-LDP-5-ADJ_CHANGE",
            },
        ),
        Sample(
            "RP/0/RP0/CPU0:Mar 14 09:26:58.950 UTC: bgp[1050]: %ROUTING-BGP-3-NOTIFICATION : sent to neighbor 10.0.0.2 4/0 (hold time expired)",
            {"time": "2026-03-14T09:26:58.950Z", "severity_number": 17, "service_name": "bgp"},
        ),
    ),
)

HUAWEI = LineFormat(
    name="huawei",
    title="Huawei VRP and H3C Comware",
    reference="https://support.huawei.com/enterprise/en/doc/EDOC1100004193/8693be18/information-output-format",
    patterns=(
        r"^(?:<[0-9]{1,3}>)?[%#*]?"
        + _DAY
        + r"[ T](?:[0-9]{4} )?[0-9]{2}:[0-9]{2}:[0-9]{2}(?:[.:][0-9]{1,3})?(?:[+-][0-9]{2}:[0-9]{2})?(?: [0-9]{4})? (?P<host_name>[A-Za-z0-9_.\-:]+) (?P<body>"
        + _HUAWEI
        + r".*)$",
    ),
    times=("h3c", "cisco", "syslog", "iso"),
    severity_digits=r"[ %0-9][A-Z][A-Za-z0-9_]*/([0-7])/[A-Za-z0-9_]+",
    severity_of=severity_of_level,
    confidence=0.97,
    samples=(
        Sample(
            "Mar 14 2026 09:26:53 core-1 %%01IFNET/4/LINK_STATE(l)[7]:The line protocol IP on the interface GE0/0/1 has entered the DOWN state.",
            {
                "time": "2026-03-14T09:26:53Z",
                "severity_number": 13,
                "host_name": "core-1",
                "scope_name": "IFNET/4/LINK_STATE",
            },
        ),
        Sample(
            "%Mar 14 09:26:54:809 2026 acc-2 SHELL/5/SHELL_LOGIN: VTY logged in from 10.0.0.7.",
            {"time": "2026-03-14T09:26:54.809Z", "severity_number": 10, "host_name": "acc-2"},
        ),
        Sample(
            "<187>Mar 14 09:26:55 2026 acc-2 %%10IFNET/3/LINK_UPDOWN(l): GigabitEthernet1/0/1 link status is DOWN.",
            {"time": "2026-03-14T09:26:55Z", "severity_number": 17, "scope_name": "IFNET/3/LINK_UPDOWN"},
        ),
    ),
)
