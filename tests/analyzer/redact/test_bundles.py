"""`analyze redact`: what is written, what is left out, and that the findings are the same."""

from __future__ import annotations

import gzip
import io
import json
import tarfile
import zipfile
from dataclasses import replace
from functools import cache
from pathlib import Path

import pytest

from analyzer.cli import run
from analyzer.finding import Report
from analyzer.pipeline import Options, analyze
from analyzer.redact import redact_report
from analyzer.rule import Rule
from analyzer.rulebook import load_indexed, rules_dir
from parsers.contract import Source
from parsers.packets.framing import read_frames

ROOT = Path(__file__).resolve().parents[3]
BUNDLES = sorted(path for path in (ROOT / "samples" / "bundles").iterdir() if path.suffix != ".md")
CAPTURES = sorted((ROOT / "samples" / "captures").glob("*.pcap*"))


@cache
def _rules() -> list[Rule]:
    return list(load_indexed(rules_dir()))


def _report(path: Path) -> Report:
    return analyze([str(path)], _rules(), Options(jobs=1))


def _found(report: Report) -> list[tuple[str, int]]:
    return sorted((finding.rule.id, finding.count) for finding in report.findings)


@pytest.mark.slow
@pytest.mark.parametrize("bundle", BUNDLES, ids=lambda path: path.name)
def test_findings_of_bundles_survive(bundle: Path, tmp_path: Path) -> None:
    clean = tmp_path / bundle.name
    assert run(["redact", str(bundle), "-o", str(clean)]) == 0
    before, after = _report(bundle), _report(clean)
    assert _found(after) == _found(before)
    assert after.bundle.files == before.bundle.files


@pytest.mark.slow
@pytest.mark.parametrize("capture", CAPTURES, ids=lambda path: path.name)
def test_findings_of_captures_survive(capture: Path, tmp_path: Path) -> None:
    clean = tmp_path / capture.name
    assert run(["redact", str(capture), "-o", str(clean)]) == 0
    assert _found(_report(clean)) == _found(_report(capture))
    before, after = (read_frames(Source(path.name, path, path.stat().st_size, b"")) for path in (capture, clean))
    assert (before.time == after.time).all()
    assert (before.captured == after.captured).all()


def test_captures_hold_no_login_and_no_address(tmp_path: Path) -> None:
    capture, clean = ROOT / "samples" / "captures" / "cleartext_credentials.pcap", tmp_path / "clean.pcap"
    assert run(["redact", str(capture), "-o", str(clean)]) == 0
    data = clean.read_bytes()
    assert len(data) == capture.stat().st_size
    assert b"PASS secret-" in data
    assert b"Authorization: Basic secret-" in data
    assert bytes([198, 18, 0, 1]) in data


def test_nested_archives_encodings_and_names(tmp_path: Path) -> None:
    line = "2026-03-14 09:26:53 ERROR user=annak from 192.0.2.7 Übel\r\n"
    inner = io.BytesIO()
    with tarfile.open(fileobj=inner, mode="w:gz") as archive:
        for name, data in (
            ("wide.log", b"\xff\xfe" + (line * 3).encode("utf-16-le")),
            ("old.log", line.encode("cp1252") * 3),
        ):
            info = tarfile.TarInfo(name)
            info.size = len(data)
            archive.addfile(info, io.BytesIO(data))
    case = tmp_path / "case.zip"
    with zipfile.ZipFile(case, "w") as archive:
        archive.writestr("home/annak/app.log", line * 2)
        archive.writestr("syslog.2.gz", gzip.compress(line.encode()))
        archive.writestr("inner.tar.gz", inner.getvalue())
        archive.writestr("tool.bin", b"\x7fELF" + bytes(range(256)) * 8)
    clean = tmp_path / "clean.zip"
    assert run(["redact", str(case), "-o", str(clean)]) == 0
    wanted = line.replace("annak", "user-1").replace("192.0.2.7", "ip-1")
    with zipfile.ZipFile(clean) as archive:
        assert sorted(archive.namelist()) == ["home/user-1/app.log", "inner.tar.gz", "syslog.2.gz"]
        assert archive.read("home/user-1/app.log").decode() == wanted * 2
        assert gzip.decompress(archive.read("syslog.2.gz")).decode() == wanted
        with tarfile.open(fileobj=io.BytesIO(archive.read("inner.tar.gz"))) as nested:
            wide, old = nested.extractfile("wide.log"), nested.extractfile("old.log")
            assert wide is not None and wide.read().decode("utf-16") == wanted * 3
            assert old is not None and old.read().decode("cp1252") == wanted * 3


def test_the_account_names_what_is_left_out_and_no_value(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    folder = tmp_path / "case"
    folder.mkdir()
    (folder / "app.log").write_text("password=tiger5!\npassword=tiger5!\nfrom 192.0.2.7\n")
    (folder / "core").write_bytes(b"\x7fELF" + bytes(range(256)) * 8)
    assert run(["redact", str(folder), "-o", str(tmp_path / "clean"), "--format", "json"]) == 0
    said = capsys.readouterr().out
    account = json.loads(said)
    assert account["written"] == ["app.log"]
    assert account["replaced"] == {"app.log": {"secret": 2, "ip": 1}}
    assert [item["kind"] for item in account["left_out"]] == ["binary"]
    assert "tiger" not in said
    assert (tmp_path / "clean" / "app.log").read_text() == "password=secret-1\npassword=secret-1\nfrom ip-1\n"


def test_the_map_leads_back_with_the_passphrase_only(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    log, way_back = tmp_path / "app.log", tmp_path / "map.json"
    log.write_text("password=tiger5!\n")
    monkeypatch.setenv("ANALYZE_MAP_PASSPHRASE", "correct horse")
    assert run(["redact", str(log), "-o", str(tmp_path / "clean.log"), "--map", str(way_back)]) == 0
    assert "tiger" not in way_back.read_text()
    assert way_back.stat().st_mode & 0o077 == 0
    capsys.readouterr()
    assert run(["redact", str(way_back), "--read-map"]) == 0
    assert capsys.readouterr().out == 'secret-1\t"tiger5!"\n'
    monkeypatch.setenv("ANALYZE_MAP_PASSPHRASE", "wrong horse")
    assert run(["redact", str(way_back), "--read-map"]) == 3


def test_the_input_is_never_overwritten(tmp_path: Path) -> None:
    log = tmp_path / "app.log"
    log.write_text("from 192.0.2.7\n")
    assert run(["redact", str(log), "-o", str(log)]) == 2
    assert run(["redact", str(tmp_path), "-o", str(tmp_path / "inside.zip")]) == 2
    assert log.read_text() == "from 192.0.2.7\n"


def test_a_report_leaves_without_secrets(tmp_path: Path) -> None:
    log = tmp_path / "auth.log"
    lines = [
        f"Mar 14 09:26:{n:02d} web1 sshd[7]: Failed password for annak from 192.0.2.7 port 4{n:03d} ssh2\n"
        for n in range(40)
    ]
    log.write_text("".join(lines))
    report = _report(log)
    clean = redact_report(report)
    assert any("192.0.2.7" in evidence.text for finding in report.findings for evidence in finding.evidence)
    assert "192.0.2.7" not in repr((clean.findings, clean.unknown, clean.network, clean.facts, clean.problems))
    for old, new in zip(report.findings, clean.findings, strict=True):
        assert (old.rule, old.count, old.fingerprint) == (new.rule, new.count, new.fingerprint)
        for evidence in new.evidence:
            assert all(0 <= start < end <= len(evidence.text) for start, end in evidence.highlights)


@pytest.mark.parametrize(
    ("form", "shown"),
    [("terminal", {"password", "address"}), ("json", {"address"}), ("jsonl", {"address"}), ("csv", set())],
)
def test_who_reads_a_report_decides_what_it_hides(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], form: str, shown: set[str]
) -> None:
    log = tmp_path / "pay.log"
    log.write_text(
        "2026-03-14 09:27:00,000 ERROR [db] - postgres://svc:tiger-Five-55@10.20.30.40/pay: connect: connection refused\n"
        "2026-03-14 09:27:01,000 ERROR [db] - postgres://svc:tiger-Five-55@10.20.30.40/pay: connect: connection refused\n"
    )
    run([str(log), "--format", form, "--verbose"])
    told = capsys.readouterr().out
    assert ("tiger-Five-55" in told) == ("password" in shown)
    assert ("10.20.30.40" in told) == ("address" in shown)
    run([str(log), "--format", form, "--verbose", "--no-redact"])
    assert "tiger-Five-55" in capsys.readouterr().out


def test_a_quiet_account_is_one_line(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    log = tmp_path / "a.log"
    log.write_text("peer 192.0.2.1 left\n")
    assert run(["redact", str(log), "-o", str(tmp_path / "b.log"), "-q"]) == 0
    assert capsys.readouterr().out.count("\n") == 1


@pytest.mark.parametrize(("host", "shown"), [("web1", "host-1"), ("oracle", "host-1"), ("web1.firma.lan", "host-1")])
def test_a_host_has_the_same_name_in_the_facts_and_in_the_lines(tmp_path: Path, host: str, shown: str) -> None:
    log = tmp_path / "auth.log"
    log.write_text("".join(f"Mar 14 09:26:{n:02d} {host} app[7]: error: no answer\n" for n in range(20)))
    clean = redact_report(_report(log))
    assert clean.facts["Hosts"] == [shown]
    assert all(f" {shown} app[7]" in error.example.text for error in clean.unknown)
    assert clean.unknown


def test_short_names_of_network_tables_are_hidden(tmp_path: Path) -> None:
    report = replace(
        _report_of_nothing(tmp_path), network={"DHCP": [{"host_name": "annas-laptop", "message": "DISCOVER"}]}
    )
    assert redact_report(report).network == {"DHCP": [{"host_name": "host-1", "message": "DISCOVER"}]}


def _report_of_nothing(tmp_path: Path) -> Report:
    (tmp_path / "a.log").write_text("2026-03-14 09:26:53 INFO ready\n")
    return _report(tmp_path / "a.log")


@pytest.mark.parametrize("output", ["-", "clean.rar", "clean.7z"])
def test_what_cannot_be_written_is_said(
    tmp_path: Path, output: str, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    (tmp_path / "app.log").write_text("2026-03-14 09:26:53 INFO from 192.0.2.44\n")
    assert run(["redact", "app.log", "-o", output]) == 2
    assert f"-o {output}: " in capsys.readouterr().err
    assert [path.name for path in tmp_path.iterdir()] == ["app.log"]
