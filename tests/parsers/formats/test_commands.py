"""What commands print: the sentences that rules and people see."""

from __future__ import annotations

import pytest

from parsers.formats.commands import FORMAT


def sentences(text: str) -> list[str]:
    return [body.split("\n")[0] for body in FORMAT.records(text.splitlines()).body]


def test_several_commands_may_stand_in_one_file() -> None:
    text = (
        "Filesystem     1K-blocks     Used Available Use% Mounted on\n"
        "/dev/mapper/very-long-name-of-a-volume\n"
        "                41152736 41152736         0 100% /var\n"
        "\n"
        "Filesystem      Inodes   IUsed   IFree IUse% Mounted on\n"
        "/dev/sda1      2621440 2621440       0  100% /\n"
        "\n"
        "NAME    STATUS     ROLES    AGE   VERSION\n"
        "node1   NotReady   <none>   40d   v1.27.3\n"
    )
    assert sentences(text) == [
        "file system /var (/dev/mapper/very-long-name-of-a-volume) is 100 % full: 41152736 of 41152736 used, 0 available",
        "inodes of file system / (/dev/sda1) are 100 % used: 2621440 of 2621440 used, 0 available",
        "node node1 is NotReady",
    ]


@pytest.mark.parametrize(
    ("status", "severity"),
    [("Up 3 hours", 9), ("Up 3 hours (unhealthy)", 17), ("Exited (0) 2 days ago", 9), ("Restarting (1) 5 s ago", 17)],
)
def test_the_state_of_a_container(status: str, severity: int) -> None:
    header = "CONTAINER ID   IMAGE     COMMAND     CREATED      STATUS                    PORTS     NAMES"
    row = f'4f1c2d3e4a5b   shop:2    "/run.sh"   2 days ago   {status:26}          shop-1'
    found = FORMAT.records([header, row])
    assert found.body[0].startswith(f"container shop-1 (shop:2) is {status}\n")
    assert found.severity == [severity]


def test_rows_that_are_none_are_kept() -> None:
    text = "  UNIT LOAD ACTIVE SUB DESCRIPTION\n0 loaded units listed."
    assert sentences(text) == ["0 loaded units listed."]
