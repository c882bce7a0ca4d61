from __future__ import annotations

import polars as pl
import pytest

from parsers.severity import DEBUG, ERROR, FATAL, INFO, WARN, name_of, number, of_messages


@pytest.mark.parametrize(
    ("word", "expected"),
    [
        ("ERROR", ERROR),
        ("warn", WARN),
        ("W", WARN),
        ("[Info]", INFO),
        ("FATAL:", FATAL),
        ("debug", DEBUG),
        ("x", 0),
        (None, 0),
    ],
)
def test_words_and_letters(word: str | None, expected: int) -> None:
    assert number(word) == expected


@pytest.mark.parametrize(
    ("message", "expected"),
    [
        ("[main] ERROR com.example.Pay - failed", ERROR),
        ("error: Could not load host key", ERROR),
        ("[error] 7#7: *1 open() failed", ERROR),
        ("WARNING: no swap", WARN),
        ("level=warn msg=slow", WARN),
        ('{"severity": "ERROR"}', ERROR),
        ("app[7]: fatal: cannot fork", FATAL),
        ("no error so far, all good", 0),
        ("processed 100 errors page", 0),
        ("Information about the system", 0),
        ("segfault at 0 ip 00007f", ERROR),
        ("Traceback (most recent call last):", ERROR),
        ("Failed to start pre-fails.service - Example", ERROR),
        ("Refusing to start due to insecure SECRET_KEY", ERROR),
        ("Command PhaseScriptExecution failed with a nonzero exit code", ERROR),
        ("FFmpeg exited with code 1", ERROR),
        ("portmanager         error\tFailed to open server port 5223 on *", ERROR),
        ("modulemanager\terror\tUnable to load module 'x'", ERROR),
        ("corp.lan:tls        info\tCertificates loaded, no error", INFO),
        ("EROR connection/connection_setup_sockets Could not create listener socket on port 8000", ERROR),
        ("DBUG fserve/fserve_run no client", DEBUG),
        ("Error creating bridge: Broken pipe.", ERROR),
        ("tdbsam_open: Failed to open/create TDB passwd [/srv/x.tdb]", ERROR),
        ("Poetry could not find a pyproject.toml file in /srv or its parents", ERROR),
        ("CMake Error at CMakeLists.txt:1 (cmake_minimum_required):", ERROR),
        ("Error reporting is on", 0),
        ("nats-server: Parse error on line 4: 'Unexpected EOF processing map.'", ERROR),
        ("Exim configuration error in line 10 of /etc/exim4/exim4.conf:", ERROR),
        ("slapd.conf: line 14: invalid path: No such file or directory", ERROR),
        ("daemon: bind of /run/x failed: No such file or directory (errno=2)", ERROR),
        ("default settings are used where there is no such file or directory yet", 0),
        ("FFmpeg exited with code 0", 0),
        ("zswap: pool creation failed", ERROR),
        ("[ldap] search failed", ERROR),
        ("command '/opt/hook.sh job-abort' failed: exit code 1", ERROR),
        ("iscsi-scst: ***ERROR***: Timeout 30 sec sending data", ERROR),
        ("***** NFS VHD: EXCEPTION <class 'Fault'>, <Fault 401: 'You must log in'>", ERROR),
        ("4711: warning : virSecurityValidateTimestamp:205 : Invalid XATTR timestamp detected", WARN),
        ("App [shop] with id [0] and pid [4711], exited with code [1] via signal [SIGINT]", ERROR),
        ("All tests passed, none failed", 0),
        ("Retry until the command failed", 0),
        ("3 jobs failed", 0),
        ("Generate more informative messages before exiting on failed", 0),
        ("1 Workers (tasks / actors) killed due to memory pressure", ERROR),
        ("exception 'Index_Exception' with message 'Can't lock indexer process.'", ERROR),
        ("requests that failed to parse: 0", 0),
        ("Failed password for root from 203.0.113.9", 0),
        ("java.lang.IllegalStateException: closed", ERROR),
        ("info [cpaneld] 10.0.0.7 - root", INFO),
        ("router.go:7 [E] cannot bind", ERROR),
        ("E! [outputs] refused", ERROR),
        ("E tensorflow/cuda_driver.cc:265] failed", ERROR),
        ("kubelet[7]: E0314 09:26:53.589793 7 pod_workers.go:951] x", ERROR),
        ("vmx| W003: disk is slow", WARN),
        ("(EE) no screens found", ERROR),
        ("system,error,critical login failure", ERROR),
        ("(crmd) \terror: no quorum", ERROR),
        ("web-1 %LINK-3-UPDOWN: Interface Gi0/1, changed state to down", ERROR),
        ("FEHLER Verbindung verloren", ERROR),
        ("[警告] 磁盘空间不足", WARN),
        ("エラー 接続失敗", ERROR),
        ("I opened the file", 0),
        ("Copyright (C) 1999-2022 The project", 0),
        ("Command line: reboot=k panic=1 oops=panic", 0),
        ("Build finished: errors=0 failed=0, warnings: 3", 0),
        ("0 fatal errors, 2 hints", 0),
        ("last_error: none", 0),
        ("the server answers with an error, or not at all", 0),
        ("otherwise you will get an error:", 0),
        ("if a fatal error occurs, the worker is started again", 0),
        ("compiled with --fatal-warnings and /usr/lib/panic.so", 0),
        ("PASS: shop/pay: fatal error is shown", 0),
        ("tests/test_pay.py::test_uncaught PASSED      [ 50%]", 0),
        ("checking for error_at_line... yes", 0),
        ("+ echo fatal", 0),
        ("alter_history   ERROR", 0),
        ("LATIN SMALL LETTER E WITH GRAVE", 0),
        ("GRAVE: connexion perdue", ERROR),
        ("debug1: audit_event: unhandled event 12", DEBUG),
        ("ERROR: no error handler is set", ERROR),
        ("WARNING: the error was ignored", WARN),
        ("An unhandled exception occurred", ERROR),
        ("Process exited with error: 7", ERROR),
        ("test shop::panic ... FAILED", ERROR),
        ("java.lang.Error: boom", ERROR),
    ],
)
def test_a_message_says_its_severity_in_words(message: str, expected: int) -> None:
    assert of_messages(pl.Series([message])).tolist() == [expected]


def test_names_of_ranges() -> None:
    assert [name_of(n) for n in (0, 1, 9, 13, 18, 21)] == ["UNSPECIFIED", "TRACE", "INFO", "WARN", "ERROR", "FATAL"]
