"""Facts of the system that a bundle is from: versions of programs and names of hosts, as the logs themselves say.

A fact is a pattern for the line in which a program names itself; it is looked for in one line a shape.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import TYPE_CHECKING

import numpy as np
import polars as pl

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from parsers.batch import Batch

_VERSION = r"([0-9][0-9A-Za-z.+~_-]*[0-9A-Za-z])"
# Group 1 is what is shown. Rust's regex syntax.
PATTERNS: Mapping[str, str] = {
    "Apache httpd": rf"\bApache/{_VERSION}",
    "containerd": rf"\bstarting containerd\b.*\bversion=v?{_VERSION}",
    "Docker": rf"\bDocker (?:Engine|daemon)\b.*\bversion[= ]v?{_VERSION}",
    "Elasticsearch": r"\bversion\[([0-9][0-9A-Za-z.-]*)\], pid\[",
    "HAProxy": rf"\bHAProxy version {_VERSION}",
    "Java": rf"(?:\b(?:openjdk|java) version \"{_VERSION}|\busing Java {_VERSION})",
    "Kafka": rf"\bKafka version: {_VERSION}",
    "Kernel": rf"\bLinux version {_VERSION}",
    "Kubernetes": rf"(?:\bkubeletVersion=\"v|\bKubernetes version: v?){_VERSION}",
    "MySQL or MariaDB": rf"\bmysqld \((?:mysqld )?{_VERSION}\)|\bmariadbd \(server {_VERSION}\)",
    "nginx": rf"\bnginx/{_VERSION}",
    "Node.js": rf"\bNode\.js v{_VERSION}",
    "OpenSSH": rf"\bOpenSSH_{_VERSION}",
    "Operating system": r"^PRETTY_NAME=\"?([^\"\r\n]+)",
    "PostgreSQL": rf"\bstarting PostgreSQL {_VERSION}",
    "Python": rf"\bC?Python[/ ]{_VERSION}",
    "RabbitMQ": rf"\bStarting RabbitMQ {_VERSION}",
    "Redis": rf"\bRedis version=v?{_VERSION}",
    "systemd": rf"\bsystemd {_VERSION} running in ",
    "ZooKeeper": rf"\bzookeeper\.version={_VERSION}",
}
# No group captures here: finding whether any pattern is there is many times faster than capturing.
_ANY = "|".join(f"(?:{re.sub(r'[(](?![?])', '(?:', pattern)})" for pattern in PATTERNS.values())
# Records of a slice whose header is looked at for the name of the host.
_SAMPLED = 64
HOSTS = "Hosts"
Facts = dict[str, set[str]]


def facts_of(batch: Batch, shapes: NDArray[np.int64], hosts: bool = True) -> Facts:
    """What a slice says about its system.

    Args:
        batch: the slice.
        shapes: those that were not looked at before.
        hosts: whether its format may name the host of a record.
    """
    found: Facts = {}
    texts = batch.shapes.gather(shapes)
    texts = texts.filter(texts.str.contains(_ANY))
    if len(texts):
        for name, pattern in PATTERNS.items():
            groups = texts.str.extract_groups(pattern).struct.unnest()
            values = groups.select(pl.coalesce(pl.all())).to_series().drop_nulls()
            if len(values):
                found[name] = set(values.to_list())
    heads = len(batch.heads)
    if heads and hosts:
        sample = np.unique(np.linspace(0, heads - 1, min(_SAMPLED, heads)).astype(np.int64))
        frame = batch.extract(batch, sample, ("host_name",))
        if "host_name" in frame.columns:
            names = {name for name in frame.get_column("host_name").drop_nulls().to_list() if name.strip(" -")}
            if names:
                found[HOSTS] = names
    return found


def merge(into: Facts, more: Facts) -> None:
    """Add facts to others."""
    for name, values in more.items():
        into.setdefault(name, set()).update(values)
