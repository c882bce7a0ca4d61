from __future__ import annotations

import io
import json
import os
import pty
import re
import struct
import subprocess
import sys
import zipfile
from collections.abc import Callable
from pathlib import Path

import pytest

Command = Callable[..., "subprocess.CompletedProcess[str]"]
HEALTHY_LOG = "Mar 14 09:26:53 db-1 cron[7]: job done\n"
RULE = 'id: mine.beep\ntitle: It beeps\nseverity: medium\ndetection: {a: {body|contains: "beep beep"}}\n'


@pytest.fixture
def log(tmp_path: Path) -> Path:
    path = tmp_path / "app.log"
    path.write_text("2026-03-14 09:26:53 ERROR beep beep said the sensor\n")
    return path


@pytest.fixture
def rules(tmp_path: Path) -> Path:
    path = tmp_path / "mine.yaml"
    path.write_text(RULE)
    return path


@pytest.mark.parametrize(
    ("arguments", "code"),
    [
        ([], 0),
        (["--fail-on", "MEDIUM"], 1),
        (["--fail-on", "high"], 0),
        pytest.param(["--fail-on", "info"], 1, marks=pytest.mark.slow),
        pytest.param(["--fail-on", "never"], 0, marks=pytest.mark.slow),
        (["--fail-on", "sometimes"], 2),
        (["--format", "papyrus"], 2),
        (["--since", "yesterday-ish"], 2),
        (["--limit", "members"], 2),
        (["--limit", "width=5"], 2),
        (["--timezone", "Mars"], 2),
        (["--timezone", "Asia/Shanghai"], 0),
    ],
)
def test_exit_codes(analyze_command: Command, log: Path, rules: Path, arguments: list[str], code: int) -> None:
    done = analyze_command(log, "--rules", rules, *arguments)
    assert done.returncode == code
    assert "Traceback" not in done.stderr
    assert bool(done.stderr) is (code == 2)


@pytest.mark.slow
def test_a_limit_that_was_hit_is_named_as_one_sets_it(analyze_command: Command, tmp_path: Path) -> None:
    """What is said is enough to change it: each is hit, then raised by what was said."""
    inner = io.BytesIO()
    with zipfile.ZipFile(inner, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("app.log", "2026-03-14 09:26:53 ERROR " + "beep " * 2000)
    with zipfile.ZipFile(tmp_path / "case.zip", "w") as archive:
        archive.writestr("inner.zip", inner.getvalue())
    hit = ["total_bytes=5000", "member_bytes=5000", "members=1", "depth=1", "line_bytes=100"]
    for limit in [*hit, "ratio=2,ratio_floor=1"]:
        options = [word for change in limit.split(",") for word in ("--limit", change)]
        report = json.loads(analyze_command(tmp_path / "case.zip", *options, "--format", "json").stdout)
        said = [problem["message"] for problem in report["problems"] if problem["kind"] == "limit"]
        assert any(f"--limit {limit.partition('=')[0]}" in message for message in said), (limit, said)


def test_an_empty_path_is_not_the_current_folder(analyze_command: Command) -> None:
    done = analyze_command("")
    assert (done.returncode, done.stdout) == (3, "")
    assert done.stderr == "analyze: A path is empty: give a file, a folder, or - for stdin.\n"


def test_a_span_of_time_without_records_is_said_to_be_one(analyze_command: Command, log: Path, tmp_path: Path) -> None:
    done = analyze_command(log, "--since", "2027-01-01")
    assert (done.returncode, done.stderr) == (0, "")
    assert done.stdout.startswith(
        "No record is of the time asked for: they are from 2026-03-14 09:26:53 to\n2026-03-14"
    )
    (tmp_path / "old.log").write_text("2020-03-14 09:26:53 ERROR boop\n")
    (tmp_path / "void.bin").write_bytes(bytes(range(256)))
    report = json.loads(analyze_command(tmp_path, "--since", "2026-01-01", "--format", "json").stdout)
    assert report["verdict"].endswith("1 file has no record of the time asked for. 1 file was not read.")
    (old,) = (entry for entry in report["coverage"] if entry["source"].endswith("old.log"))
    assert old["problem"] == "outside of the time asked for: from 2020-03-14 09:26:53 to 2020-03-14 09:26:53"


def test_a_span_of_time_that_ends_before_it_begins_is_refused(analyze_command: Command, log: Path) -> None:
    done = analyze_command(log, "--since", "2026-03-15", "--until", "2026-03-14T10:00:00+08:00")
    assert (done.returncode, done.stdout) == (2, "")
    assert done.stderr == "analyze: --since 2026-03-15T00:00:00+0000 is later than --until 2026-03-14T10:00:00+0800.\n"


def test_no_color_is_for_the_progress_bar_too(installed: Path, log: Path) -> None:
    command = [sys.executable, "-P", "-c", "from analyzer.cli import main; main()", str(log), "--no-color"]
    environment = {"PATH": "/usr/bin:/bin", "PYTHONPATH": str(installed), "LANG": "C.UTF-8", "TERM": "xterm-256color"}
    ours, theirs = pty.openpty()
    done = subprocess.run(command, stdout=subprocess.PIPE, stderr=theirs, env=environment, check=False)
    os.close(theirs)
    shown = os.read(ours, 1 << 20)
    os.close(ours)
    assert done.returncode == 0
    assert b"reading" in shown
    assert re.search(rb"\x1b\[[0-9;]*m", shown) is None


def test_a_capture_without_packets_is_read_and_said_to_be_empty(analyze_command: Command, tmp_path: Path) -> None:
    (tmp_path / "x.pcap").write_bytes(struct.pack("<IHHiIII", 0xA1B2C3D4, 2, 4, 0, 0, 65535, 1))
    done = analyze_command(tmp_path / "x.pcap")
    assert done.returncode == 0
    assert "The capture is empty: it holds no packet." in done.stdout


def test_what_cannot_be_used_is_said_in_a_sentence_with_code_3(analyze_command: Command, tmp_path: Path) -> None:
    missing = analyze_command(tmp_path / "no.zip")
    assert (missing.returncode, missing.stdout) == (3, "")
    assert "no.zip" in missing.stderr
    (tmp_path / "core").write_bytes(bytes(range(256)) * 20)
    binary = analyze_command(tmp_path / "core")
    assert binary.returncode == 3
    assert "Nothing could be analysed" in binary.stderr


def test_a_broken_rule_file_is_said_with_its_place(analyze_command: Command, log: Path, tmp_path: Path) -> None:
    bad = tmp_path / "bad.yaml"
    bad.write_text("id: a.b\ntitle: T\nseverty: high\ndetection: {a: {body|contains: beep}}\n")
    done = analyze_command(log, "--rules", bad)
    assert done.returncode == 2
    assert f"{bad}:3:1" in done.stderr
    assert "severity" in done.stderr


def test_the_report_goes_to_stdout_or_to_a_file(
    analyze_command: Command, log: Path, rules: Path, tmp_path: Path
) -> None:
    shown = analyze_command(log, "--rules", rules, "--format", "json")
    written = tmp_path / "report.json"
    done = analyze_command(log, "--rules", rules, "-o", written)
    assert done.stdout == ""
    first, second = json.loads(shown.stdout), json.loads(written.read_text(encoding="utf-8"))
    for report in (first, second):
        report["stats"].pop("seconds")
    assert first == second
    assert first["findings"][0]["id"] == "mine.beep"
    assert "medium: It beeps" in analyze_command(log, "--rules", rules, "-f", "markdown").stdout


def test_standard_input_and_several_paths(analyze_command: Command, log: Path, rules: Path) -> None:
    piped = analyze_command("-", "--rules", rules, "-q", stdin=log.read_bytes())
    assert "medium[mine.beep]" in piped.stdout
    both = analyze_command(log, rules, "--rules", rules, "--format", "json")
    assert len(json.loads(both.stdout)["coverage"]) == 2


def test_a_path_that_is_called_like_a_command(analyze_command: Command, tmp_path: Path) -> None:
    (tmp_path / "rules").mkdir()
    (tmp_path / "rules" / "app.log").write_text(HEALTHY_LOG)
    assert "No known issue" in analyze_command("./rules", cwd=tmp_path).stdout
    assert "disk.full" in analyze_command("rules", "list", cwd=tmp_path).stdout


def test_quiet_is_the_verdict_and_a_line_a_finding(analyze_command: Command, log: Path, rules: Path) -> None:
    done = analyze_command(log, "--rules", rules, "-q")
    assert done.stdout.splitlines() == [
        "1 known issue; most likely: It beeps at 2026-03-14 09:26:53 UTC.",
        "medium[mine.beep]: It beeps",
    ]


def test_min_severity_leaves_findings_out_but_not_the_exit_code(
    analyze_command: Command, log: Path, rules: Path
) -> None:
    done = analyze_command(log, "--rules", rules, "--min-severity", "high", "--fail-on", "medium", "--format", "json")
    assert json.loads(done.stdout)["findings"] == []
    assert done.returncode == 1


def test_help_names_options_and_commands(analyze_command: Command) -> None:
    text = analyze_command("--help").stdout
    for word in ("--format", "--fail-on", "--rules", "--save", "--limit", "rules", "formats"):
        assert word in text
    assert analyze_command("--version").stdout.startswith("bundle-analyzer ")


def test_help_and_lists_load_no_heavy_module() -> None:
    import sys

    code = (
        "import sys\nfrom analyzer.cli import run\n"
        "for arguments in (['--help'], ['rules', 'list']):\n"
        "    assert run(arguments) == 0\n"
        "print(*(name for name in ('polars', 'scapy', 'drain3', 'pyarrow', 'numpy') if name in sys.modules), 'none')"
    )
    root = Path(__file__).resolve().parents[2]
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, cwd=root, check=True)
    assert done.stdout.splitlines()[-1] == "none"


@pytest.mark.parametrize(
    ("words", "offered"),
    [
        (("--f",), {"--format", "--fail-on", "--forbid"}),
        (("app.log", "--format", "ma"), {"markdown"}),
        (("--format", "ma"), {"markdown"}),
        (("--explain", "disk.fu"), {"disk.full"}),
        (("ru",), {"rules"}),
        (("rules", "show", "postgres.too_many"), {"postgres.too_many_connections"}),
        (("flows", "x.pcap", "--so"), {"--sort"}),
    ],
)
def test_the_shell_completes_options_and_their_values(
    analyze_command: Command, words: tuple[str, ...], offered: set[str]
) -> None:
    asked = {"_ANALYZE_COMPLETE": "complete_bash", "COMP_WORDS": f"analyze {' '.join(words)}"}
    done = analyze_command(more={**asked, "COMP_CWORD": str(len(words))})
    assert set(done.stdout.split()) == offered


def test_formats_are_listed(analyze_command: Command) -> None:
    text = analyze_command("formats").stdout
    assert "syslog_rfc3164" in text
    assert "RFC 5424" in text


def test_hostile_names_and_lines_do_not_reach_the_terminal_raw(analyze_command: Command, tmp_path: Path) -> None:
    path = tmp_path / "a\x1b[2Jb.log"
    path.write_text("2026-03-14 09:26:53 ERROR \x1b]0;pwn\x07 \u202egpj.exe [red]x[/red] [/]\n")
    for form in ("terminal", "json", "markdown"):
        done = analyze_command(path, "-f", form)
        assert done.returncode == 0
        assert not [char for char in done.stdout + done.stderr if char in "\x1b\x07\u202e\x9b"]
    assert "[red]x[/red] [/]" in analyze_command(path).stdout


def test_a_reader_that_stops_early_is_no_error(log: Path) -> None:
    import sys

    root = Path(__file__).resolve().parents[2]
    command = f"'{sys.executable}' -c 'from analyzer.cli import main; main()' rules list | head -1"
    done = subprocess.run(
        ["bash", "-o", "pipefail", "-c", command], capture_output=True, text=True, cwd=root, check=False
    )
    assert done.stderr == ""


def test_an_invalid_expression_of_a_rule_is_named_with_its_place(
    analyze_command: Command, log: Path, tmp_path: Path
) -> None:
    path = tmp_path / "mine.yaml"
    path.write_text('id: mine.beep\ntitle: T\nseverity: low\ndetection:\n  a:\n    body|re: "beep ("\n')
    for arguments in ([log, "--rules", path], ["rules", "check", path]):
        done = analyze_command(*arguments)
        assert done.returncode == 2
        assert f"{path}:5:3: the regular expression 'beep (' is not valid: unclosed group" in done.stderr


def test_a_page_that_was_saved_instead_of_an_archive_is_said_to_be_one(
    analyze_command: Command, tmp_path: Path
) -> None:
    page, log = tmp_path / "bundle.zip", tmp_path / "app.log.gz"
    page.write_text("<!DOCTYPE html>\n<html><head><title>Sign in</title></head><body>Please sign in.</body></html>\n")
    done = analyze_command(page)
    assert done.returncode == 3
    assert "Named .zip, but it is text that begins with '<!DOCTYPE html>'" in " ".join(done.stdout.split())
    log.write_text("2026-03-14 09:26:53 ERROR disk: No space left on device\n")
    assert "disk.full" in analyze_command(log, "-q").stdout
