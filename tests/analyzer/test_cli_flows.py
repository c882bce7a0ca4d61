from __future__ import annotations

import csv
import io
import json
import subprocess
import zipfile
from collections.abc import Callable
from pathlib import Path

import pytest

Command = Callable[..., "subprocess.CompletedProcess[str]"]
CAPTURES = Path(__file__).resolve().parents[2] / "samples" / "captures"


def listed(done: subprocess.CompletedProcess[str]) -> list[dict[str, object]]:
    assert done.returncode == 0, done.stderr
    found: list[dict[str, object]] = json.loads(done.stdout)["connections"]
    return found


def test_the_worst_come_first(analyze_command: Command) -> None:
    done = analyze_command("flows", CAPTURES / "port_scan.pcap", "--format", "json", "-n", "0")
    scores = [float(str(row["score"])) for row in listed(done)]
    assert len(scores) > 10
    assert scores == sorted(scores, reverse=True)
    assert listed(done)[0]["conn_state"] in ("REJ", "S0")


@pytest.mark.parametrize(
    ("term", "column", "value"), [("state=rej", "conn_state", "REJ"), ("proto=udp", "proto", "udp")]
)
def test_a_filter_keeps_what_fits(analyze_command: Command, term: str, column: str, value: str) -> None:
    folder = [CAPTURES / "port_scan.pcap", CAPTURES / "dns_servfail.pcap"]
    every = listed(analyze_command("flows", *folder, "--format", "json", "-n", "0"))
    kept = listed(analyze_command("flows", *folder, "--format", "json", "-n", "0", "--filter", term))
    assert 0 < len(kept) < len(every)
    assert kept == [row for row in every if row[column] == value]


def test_captures_inside_a_bundle_are_listed_with_their_path(analyze_command: Command, tmp_path: Path) -> None:
    path = tmp_path / "case.zip"
    with zipfile.ZipFile(path, "w") as archive:
        archive.write(CAPTURES / "dns_servfail.pcap", "net/a.pcap")
        archive.writestr("app.log", "2026-03-14 09:26:53 INFO hello\n")
    done = analyze_command("flows", path, "--format", "csv")
    rows = list(csv.DictReader(io.StringIO(done.stdout)))
    assert rows and {row["source"] for row in rows} == {"case.zip!/net/a.pcap"}


def test_the_table_fits_eighty_columns(analyze_command: Command, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("COLUMNS", "80")
    done = analyze_command("flows", CAPTURES / "port_scan.pcap", "-n", "5")
    lines = done.stdout.splitlines()
    assert lines[0].split() == ["frame", "client", "server", "state", "seconds", "out", "in", "trouble"]
    assert max(map(len, lines)) <= 80
    assert "more: --number 0 shows all" in lines[-1]


@pytest.mark.parametrize(
    ("arguments", "code", "words"),
    [
        (["--sort", "colour"], 2, "one of worst, time"),
        (["--filter", "colour=red"], 2, "'colour' is not known"),
        (["--filter", "port=many"], 2, "'many' is no number"),
        (["--filter", "bytes>nan"], 2, "'nan' is no number"),
        (["--filter", "bytes>1day"], 2, "the unit 'day' is not known; one of k, K, M, G"),
        (["--filter", "port"], 2, "write it as name=value"),
        (["--format", "papyrus"], 2, "one of terminal, json, csv"),
    ],
)
def test_what_is_not_understood_is_said(analyze_command: Command, arguments: list[str], code: int, words: str) -> None:
    done = analyze_command("flows", CAPTURES / "port_scan.pcap", *arguments)
    assert (done.returncode, done.stdout) == (code, "")
    assert words in done.stderr


def test_a_bundle_without_captures_is_unusable(analyze_command: Command, tmp_path: Path) -> None:
    path = tmp_path / "a.log"
    path.write_text("2026-03-14 09:26:53 INFO hello\n")
    done = analyze_command("flows", path)
    assert done.returncode == 3
    assert "holds no packet capture" in done.stderr


def test_networks_and_units_are_understood(analyze_command: Command) -> None:
    def kept(*terms: str) -> int:
        options = [word for term in terms for word in ("--filter", term)]
        done = analyze_command("flows", CAPTURES / "port_scan.pcap", "-f", "json", *options)
        return int(json.loads(done.stdout)["total"])

    everything = kept()
    assert kept("host=10.77.0.0/24") == kept("client!=10.99.0.0/16") == everything > 0
    assert kept("server=2001:db8::/32") == kept("bytes>5k") == 0
    done = analyze_command("flows", CAPTURES / "port_scan.pcap", "--filter", "bytes>5k")
    assert (done.returncode, done.stdout) == (0, "No connection fits.\n")
    assert kept("duration>=0ms", "duration<2m") == kept("duration>=0", "duration<120") > 0
    first = listed(analyze_command("flows", CAPTURES / "port_scan.pcap", "-f", "json", "-n", "1"))[0]
    server = f"{first['id_resp_h']}:{first['id_resp_p']}"
    assert 0 < kept(f"server={server}") == everything - kept(f"server!={server}") < everything
    done = analyze_command("flows", CAPTURES / "port_scan.pcap", "--filter", "host=10.0.0.0/99")
    assert (done.returncode, "is no network" in done.stderr) == (2, True)


def test_of_several_captures_each_frame_says_which(analyze_command: Command, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("COLUMNS", "80")
    done = analyze_command("flows", CAPTURES / "tcp_loss.pcap", CAPTURES / "healthy_quic_ipv6.pcap")
    assert max(map(len, done.stdout.splitlines())) <= 80
    assert {"1:1", "2:1"} <= {line.split()[0] for line in done.stdout.splitlines()}
    assert "healthy_quic_ipv6.pcap" in done.stdout.splitlines()[-1]
    assert "retransmitted" in done.stdout


def test_a_capture_without_connections_has_none(analyze_command: Command, wire_of_arp: Path) -> None:
    done = analyze_command("flows", wire_of_arp)
    assert (done.returncode, done.stdout) == (0, "There is no connection in it.\n")


@pytest.fixture
def wire_of_arp(tmp_path: Path) -> Path:
    """A capture of one question of ARP."""
    frame = bytes.fromhex("ffffffffffff020000000001080600010800060400010200000000010a0000010000000000000a000002")
    head = bytes.fromhex("d4c3b2a1020004000000000000000000ffff000001000000")
    size = len(frame).to_bytes(4, "little")
    path = tmp_path / "arp.pcap"
    path.write_bytes(head + (1_773_480_413).to_bytes(4, "little") + bytes(4) + size + size + frame)
    return path
