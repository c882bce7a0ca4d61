"""Minecraft: logs of clients and servers (vanilla, Forge, Fabric, Paper and those who write as they do)."""

from __future__ import annotations

from ..lines import LineFormat, Sample

_LEVEL = r"(?P<severity_text>TRACE|DEBUG|INFO|WARN|ERROR|FATAL)"
_TIME = r"\[(?:[0-9]{1,2}[A-Z][a-z]{2}[0-9]{4} )?[0-9]{2}:[0-9]{2}:[0-9]{2}(?:\.[0-9]{3})?"

FORMAT = LineFormat(
    name="minecraft",
    title="Minecraft log (vanilla, Forge, Fabric, Paper)",
    reference="no standard; log4j2.xml of the game and of its loaders",
    patterns=(
        # [time] [thread/LEVEL] [logger/marker]: message; Fabric writes (logger) behind it
        r"^"
        + _TIME
        + r"\] \[[^\]/]+/"
        + _LEVEL
        + r"\](?: \[(?P<scope_name>[A-Za-z0-9_.$\-: ]+)/[A-Za-z0-9_]*\])?:? (?P<body>.*)$",
        # Paper, Spigot: [time LEVEL]: message
        r"^" + _TIME + r" " + _LEVEL + r"\]: (?P<body>.*)$",
    ),
    times=("named_compact", "clock"),
    confidence=0.97,
    samples=(
        Sample(
            "[14Mar2026 09:26:53.589] [main/WARN] [net.shop.loading.Config/CORE]: no card",
            {
                "time": "2026-03-14T09:26:53.589Z",
                "severity_number": 13,
                "scope_name": "net.shop.loading.Config",
                "body": "no card",
            },
        ),
        Sample(
            "[14Mar2026 09:26:54.001] [Server thread/ERROR]: Encountered an unexpected exception\n"
            "java.lang.IllegalStateException: no till\n\tat net.shop.Till.tick(Till.java:7)",
            {"severity_number": 17},
        ),
        Sample("[14Mar2026 09:26:55 INFO]: Starting server", {"severity_number": 9, "body": "Starting server"}),
    ),
)
