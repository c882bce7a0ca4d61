"""VMware: ESXi (vmkernel, hostd, vpxa) and vCenter."""

from __future__ import annotations

from ..lines import LineFormat, Sample

FORMAT = LineFormat(
    name="vmware",
    title="VMware ESXi and vCenter",
    reference="https://docs.vmware.com/en/VMware-vSphere/8.0/vsphere-esxi-installation/GUID-D0194DAA-49F8-4896-BB32-B9D9F3346D52.html",
    patterns=(
        # ESXi 8 puts level and priority ahead of the program.
        r"^[0-9]{4}-[0-9]{2}-[0-9]{2}T[0-9]{2}:[0-9]{2}:[0-9]{2}\.[0-9]{3}Z (?P<severity_text>Db|In|No|Wa|Er|Cr|Al|Em)\([0-9]+\)(?: [0-9]+)? (?P<service_name>[A-Za-z0-9_.\-]+)(?:\[[0-9]+\])?(?:: ?| (?:- )?)(?P<body>.*)$",
        # hostd, vpxa, vpxd
        r"^[0-9]{4}-[0-9]{2}-[0-9]{2}T[0-9]{2}:[0-9]{2}:[0-9]{2}\.[0-9]{3}(?:Z|[+-][0-9]{2}:[0-9]{2}) (?P<severity_text>verbose|trivia|info|warning|error|panic) (?P<service_name>[A-Za-z\-]+)\[[0-9A-Fa-f]+\] (?:\[Originator@[0-9]+ (?:sub=(?P<scope_name>[^\s\]]+))?[^\]]*\] )?(?P<body>.*)$",
        # vmkernel
        r"^[0-9]{4}-[0-9]{2}-[0-9]{2}T[0-9]{2}:[0-9]{2}:[0-9]{2}\.[0-9]{3}Z (?P<service_name>cpu)[0-9]+:[0-9]+(?: opID=[0-9a-f]+)?\)(?:(?P<severity_text>WARNING|ALERT): )?(?P<body>.*)$",
    ),
    times=("iso",),
    severity_words={"Db": 5, "In": 9, "No": 10, "Wa": 13, "Er": 17, "Cr": 18, "Al": 19, "Em": 22, "trivia": 1},
    confidence=0.98,
    # A plus behind the level marks the further lines of a message.
    inside=r"^(?:-->|[0-9T:.\-]{20,30}Z [A-Z][a-z]\([0-9]+\)\+ )",
    samples=(
        Sample(
            '2026-03-14T09:26:53.123Z cpu0:2097152)WARNING: ScsiDeviceIO: 3015: Cmd(0x45a) 0x2a, CmdSN 0x7 from world 2099000 to dev "naa.6000c29" failed H:0x0 D:0x2 P:0x0',
            {"time": "2026-03-14T09:26:53.123Z", "severity_number": 13, "service_name": "cpu"},
        ),
        Sample(
            "2026-03-14T09:26:54.001Z error hostd[2099000] [Originator@6876 sub=Vimsvc.ha-eventmgr] Event 7 : Lost access to volume 5f3c (datastore1)\n--> eip 0x7f3c",
            {"severity_number": 17, "service_name": "hostd", "scope_name": "Vimsvc.ha-eventmgr"},
        ),
        Sample(
            "2026-03-14T09:26:55.002Z Wa(180) vmkwarning: cpu3:2097300)WARNING: NFS: 337: Lost connection to the server nas-1",
            {"severity_number": 13, "service_name": "vmkwarning"},
        ),
        Sample(
            "2026-03-14T09:26:55.737Z In(14) vobd[2097521]:  [UserLevelCorrelator] 1012726884193us: [vob.user.ssh.session.closed] SSH session was closed\n"
            "2026-03-14T09:26:55.737Z In(14)+ vobd[2097521]: for anna",
            {"time": "2026-03-14T09:26:55.737Z", "severity_number": 9, "service_name": "vobd"},
        ),
        Sample(
            "2026-03-14T09:26:56.003Z cpu1:2097153)NMP: nmp_ThrottleLogForDevice:3872: last error status from device",
            {"time": "2026-03-14T09:26:56.003Z", "severity_number": 0},
        ),
    ),
)
