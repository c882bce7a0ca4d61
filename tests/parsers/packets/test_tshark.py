"""Captures that nobody has seen before, read by tshark and by this: both must say the same of each frame.

The captures are made on the spot with a seed that is printed and that `--seed` repeats. `--tshark` runs these tests.
"""

from __future__ import annotations

import random
import subprocess
import sys
from collections import Counter
from collections.abc import Callable, Iterator
from pathlib import Path
from types import SimpleNamespace

import numpy as np
import polars as pl
import pytest

from parsers.contract import Source
from parsers.packets.capture import Capture, read_capture
from parsers.packets.tcp import FLAGS

pytestmark = pytest.mark.tshark

MAKER = Path(__file__).with_name("lossy_link.py")
SAMPLES = sorted((Path(__file__).resolve().parents[3] / "samples" / "captures").glob("*.pcap*"))
SHAPES = ("short", "bulk", "windows", "apps", "queue")
FIN, SYN, RST, PSH, ACK = 1, 2, 4, 8, 16
CASES = 50  # of a flag, below which a share says nothing
FLAGS_AGREE, ERRORS_AGREE = 0.995, 0.99


@pytest.fixture(scope="module")
def seed(request: pytest.FixtureRequest) -> int:
    given = request.config.getoption("--seed")
    return random.SystemRandom().randrange(1, 1 << 30) if given is None else int(given)


@pytest.fixture(scope="module")
def lines(seed: int, tmp_path_factory: pytest.TempPathFactory) -> list[Path]:
    """A capture of every shape of real traffic; none where no namespaces can be made."""
    folder = tmp_path_factory.mktemp("lines")
    can = subprocess.run([sys.executable, MAKER, "--available"], check=False).returncode == 0
    made = []
    for shape in SHAPES if can else ():
        path = folder / f"{shape}-{seed}.pcap"
        subprocess.run([sys.executable, MAKER, shape, str(seed), "5", path], check=True, timeout=60)
        made.append(path)
    return made


def tell(line: str) -> None:
    sys.stdout.write(line + "\n")


def read_file(path: Path) -> Capture:
    return read_capture(Source(path.name, path, path.stat().st_size, b""))


def tshark(path: Path, wanted: str, *fields: str) -> Iterator[list[str]]:
    """The fields of frames, each with all that a frame holds of it, separated by commas."""
    command = ["tshark", "-r", str(path), "-Y", wanted, "-T", "fields", "-E", "separator=|"]
    command += [part for field in fields for part in ("-e", field)]
    told = subprocess.run(command, capture_output=True, check=True, text=True).stdout
    return (line.split("|") for line in told.splitlines())


def compare_flags(path: Path, totals: dict[str, Counter[str]]) -> None:
    capture = read_file(path)
    theirs = {flag: np.zeros(len(capture.packets), np.bool_) for flag in FLAGS}
    for number, *values in tshark(path, "tcp.analysis", "frame.number", *(f"tcp.analysis.{flag}" for flag in FLAGS)):
        for flag, value in zip(FLAGS, values, strict=True):
            theirs[flag][int(number) - 1] = bool(value)
    for flag in FLAGS:
        mine = getattr(capture.analysis, flag)
        totals[flag]["hits"] += int((mine & theirs[flag]).sum())
        totals[flag]["alarms"] += int((mine & ~theirs[flag]).sum())
        totals[flag]["misses"] += int((~mine & theirs[flag]).sum())


def judge(totals: dict[str, Counter[str]], seed: int) -> None:
    tell(f"seed {seed}")
    wrong = []
    for flag, count in totals.items():
        recall = count["hits"] / max(count["hits"] + count["misses"], 1)
        precision = count["hits"] / max(count["hits"] + count["alarms"], 1)
        tell(f"{flag:25} {count['hits'] + count['misses']:7,} recall {recall:.4f} precision {precision:.4f}")
        if count["hits"] + count["misses"] > CASES and min(recall, precision) < FLAGS_AGREE:
            wrong.append((flag, dict(count)))
    assert not wrong, f"seed {seed}: {wrong}"


def test_flags_of_real_traffic_over_bad_lines(seed: int, lines: list[Path]) -> None:
    totals = {flag: Counter[str]() for flag in FLAGS}
    for path in lines:
        compare_flags(path, totals)
    judge(totals, seed)
    assert not lines or totals["retransmission"]["hits"] > CASES


def test_flags_of_packets_that_make_little_sense(seed: int, tmp_path: Path, wire: SimpleNamespace) -> None:
    dice = random.Random(seed)
    totals = {flag: Counter[str]() for flag in FLAGS}
    for number in range(4):
        path = tmp_path / f"{number}.pcap"
        packets = [packet for connection in range(300) for packet in stagger(dice, wire.Talk, 20_000 + connection)]
        path.write_bytes(wire.pcap(sorted(packets, key=lambda packet: packet[0])))
        compare_flags(path, totals)
    judge(totals, seed)
    assert all(totals[flag]["hits"] > CASES for flag in ("retransmission", "zero_window_probe", "keep_alive"))


def stagger(dice: random.Random, talk_type: Callable[..., object], port: int) -> list[tuple[float, bytes]]:
    """A connection whose sides send, repeat, skip, probe and acknowledge as the dice say."""
    base = (dice.choice((1000, 2**32 - 500)), dice.choice((5000, dice.randrange(2**32))))
    talk = talk_type(cport=port, base=base, scale=dice.choice((0, 2, 7)))
    now = dice.random() * 5
    if dice.random() < 0.8:
        talk.open(now)
        now += 0.03
    following, acked, window = {"c": 1, "s": 1}, {"c": 1, "s": 1}, {"c": 64000, "s": 64000}
    sent: dict[str, list[tuple[int, int]]] = {"c": [], "s": []}
    for _ in range(50):
        now += dice.choice((0.0001, 0.0005, 0.002, 0.01, 0.03, 0.25, 2))
        who = dice.choice("cs")
        other = "s" if who == "c" else "c"
        acked[who] = max(acked[who], dice.choice((following[other], following[other], acked[who])))
        if dice.random() < 0.15:
            window[who] = dice.choice((0, 0, 1, 500, 64000))
        deed = dice.choices(("ack", "acks", "probe", "alive", "data", "gap", "again", "fin", "rst"),
                            (20, 8, 12, 8, 25, 7, 18, 1, 1))[0]  # fmt: skip
        if deed in ("ack", "acks"):
            for step in range(1 if deed == "ack" else dice.randrange(2, 5)):
                talk.send(now + step * 0.0002, who, following[who], acked[who], window=window[who])
            now += 0.001
        elif deed == "probe":
            talk.send(now, who, following[who], acked[who], size=1, window=window[who])
            following[who] += window[other] != 0
        elif deed == "alive":
            talk.send(now, who, following[who] - 1, acked[who], size=dice.choice((0, 1)), window=window[who])
        elif deed in ("data", "gap"):
            following[who] += dice.choice((1, 1460)) if deed == "gap" else 0
            size = dice.choice((1, 10, 500, 1460))
            talk.send(now, who, following[who], acked[who], ACK | dice.choice((0, PSH)), size, window[who])
            sent[who].append((following[who], size))
            following[who] += size
        elif deed == "again" and sent[who]:
            start, size = dice.choice(sent[who][-5:])
            talk.send(
                now, who, start, acked[who], size=dice.choice((size, size, max(1, size // 2))), window=window[who]
            )
        elif deed == "fin":
            talk.send(now, who, following[who], acked[who], FIN | ACK, 0, window[who])
            following[who] += 1
        elif deed == "rst":
            talk.send(now, who, following[who], acked[who], RST | dice.choice((0, ACK)), 0, window[who])
    return talk.packets


def dns_errors(path: Path, capture: Capture) -> tuple[Counter[object], Counter[object]]:
    wanted = "dns.flags.response == 1 && dns.flags.rcode > 0 && udp.srcport == 53 && !icmp"
    fields = ("udp.dstport", "dns.id", "dns.flags.rcode")
    theirs = {(int(port), int(number, 0), int(code)) for port, number, code in tshark(path, wanted, *fields)}
    table = capture.tables["dns"].filter((pl.col("rcode") > 0) & (pl.col("id_resp_p") == 53))
    return Counter(theirs), Counter(set(table.select("id_orig_p", "trans_id", "rcode").iter_rows()))


def http_errors(path: Path, capture: Capture) -> tuple[Counter[object], Counter[object]]:
    theirs: Counter[object] = Counter()
    for port, codes in tshark(path, "http.response.code >= 400 && !icmp", "tcp.dstport", "http.response.code"):
        theirs.update((int(port), int(code)) for code in codes.split(",") if int(code) >= 400)
    table = capture.tables["http"].filter(pl.col("status_code") >= 400)
    return theirs, Counter(table.select("id_orig_p", "status_code").iter_rows())


def tls_alerts(path: Path, capture: Capture) -> tuple[Counter[object], Counter[object]]:
    theirs: Counter[object] = Counter()
    fields = ("tcp.stream", "tcp.srcport", "tcp.dstport", "tls.alert_message.desc")
    for stream, sport, dport, said in tshark(path, "tls.alert_message.desc && !icmp", *fields):
        theirs[stream, *sorted((int(sport), int(dport)))] += len(said.split(","))
    table = capture.tables["tls"].filter(pl.col("alerts").list.len() > 0)
    mine: Counter[object] = Counter()
    for first, second, alerts in table.select("id_orig_p", "id_resp_p", "alerts").iter_rows():
        mine[tuple(sorted((first, second)))] += len(alerts)
    by_ports: Counter[object] = Counter()
    for (_, *ports), count in theirs.items():  # type: ignore[misc]
        by_ports[tuple(ports)] += count
    return by_ports, mine


def unreachables(path: Path, capture: Capture) -> tuple[Counter[object], Counter[object]]:
    frames = [int(number) for (number,) in tshark(path, "icmp.type == 3 || icmpv6.type == 1", "frame.number")]
    # The tables leave out what a line or a mirror port doubled; tshark counts both copies.
    theirs = Counter(number for number in frames if not capture.duplicate[number - 1])
    table = capture.tables["icmp"].filter(pl.col("type_name") == "destination_unreachable")
    return Counter(theirs), Counter(table["frame_number"])


@pytest.mark.parametrize("errors", [dns_errors, http_errors, tls_alerts, unreachables])
def test_errors_of_applications(
    errors: Callable[[Path, Capture], tuple[Counter[object], Counter[object]]], seed: int, lines: list[Path]
) -> None:
    found = told = 0
    missing: dict[str, Counter[object]] = {}
    for path in [*SAMPLES, *lines]:
        theirs, mine = errors(path, read_file(path))
        both = theirs & mine
        found, told = found + both.total(), told + theirs.total()
        if theirs - both:
            missing[path.name] = theirs - both
    tell(f"seed {seed}: {found:,} of {told:,}")
    assert told
    assert found >= told * ERRORS_AGREE, f"seed {seed}: {found} of {told}: {missing}"
