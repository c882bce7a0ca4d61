"""What is hidden, and what stays readable, in texts."""

from __future__ import annotations

import re

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from analyzer.redact.engine import Redactor

# Built from parts, so that nobody takes them for keys that were leaked here.
_KEY = "AKIA" + "Z7Q2" * 4


@pytest.mark.parametrize(
    ("line", "hidden"),
    [
        (f"AccessDenied for key {_KEY}", _KEY),
        ("Authorization: Basic YWRtaW46c2VzYW1l", "YWRtaW46c2VzYW1l"),
        ("connecting to postgres://svc:Op3nSesame@db:5432/pay", "Op3nSesame"),
        ('{"db": {"pass": "tiger\\"5!", "host": "h"}}', "tiger"),
        ('msg="{\\"passwd\\":\\"tiger5!\\"}"', "tiger5!"),
        ("Server=sql1;User Id=sa;Password=tiger5!;Encrypt=true", "tiger5!"),
        ("exec: mysql -u root -ptiger5 -e 'select 1'", "tiger5"),
        ("snmp-server community n0tpublic RO", "n0tpublic"),
        ("root:$6$abcdefgh$" + "Ab1./" * 16 + ":19000:0:99999:7:::", "Ab1./Ab1"),
        ('<property name="password" value="tiger5!"/>', "tiger5!"),
        ("user typed password tiger5!x at prompt", "tiger5!x"),
        ("the password for the root account is tiger5!x", "tiger5!x"),
        ("password of user eve has been changed to 'tiger5!x'", "tiger5!x"),
        ("Set-Cookie: PHPSESSID=0123456789abcdef0123; path=/", "0123456789abcdef0123"),
        ("charging card 4111 1111 1111 1111 amount 5", "4111 1111"),
        ("SEPA transfer to DE89370400440532013000", "DE8937"),
        ("mail sent to <anna.k@firma.de>", "anna.k"),
        ("SMS to +49 30 1234567 queued", "1234567"),
        ("applicant SSN 123-45-6789 verified", "123-45-6789"),
        ("from 192.0.2.44:40122", "192.0.2.44"),
        ("client [2001:db8:1:2:3:4:5:6]:443", "2001:db8:1"),
        ("to ::ffff:192.0.2.44:21", "192.0.2.44"),
        ("link/ether 00:1a:2b:3c:4d:5e brd ff:ff:ff:ff:ff:ff", "00:1a:2b"),
        ("Accepted publickey for annak from 10.0.0.9 port 22", "annak"),
        ("open C:\\Users\\annak\\AppData\\app.log", "annak"),
        ("connect to db1.prod.acme.local:5432 refused", "db1.prod"),
        ("Registrant Phone: +49.301234567", "301234567"),
        ("用户登录失败，密码：Abc12345", "Abc12345"),
        ("数据库密码是Qwe!2345x，请勿外传", "Qwe!2345x"),
        ('{"口令":"json9988"}', "json9988"),
        ("Passwort: Geheim#1 wurde gesetzt", "Geheim#1"),
        ("mot de passe: Chien22!", "Chien22!"),
        ("手机号：139-1234-5678 已绑定", "139-1234-5678"),
        ("姓名：张三 已登记", "张三"),
        ("用户名：zhangwei 登录", "zhangwei"),
        ("open C:\\Users\\Maria Huber\\AppData\\app.log", "Huber"),
        ("open C:\\Users\\张伟\\AppData\\app.log", "张伟"),
        ("<login><user>mhuber</user></login>", "mhuber"),
    ],
)
def test_secrets_and_personal_data_are_hidden(line: str, hidden: str) -> None:
    assert hidden in line
    assert hidden not in Redactor().text(line)


@pytest.mark.parametrize(
    "line",
    [
        "build from commit 3f786850e387550fdab836ed7e6dc881de23001b",
        "X-Request-Id: 7f1e4a52-53a1-4c4e-9d9e-0c8f6f5d2b11",
        "traceparent: 00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01",
        "image digest sha256:" + "ab12" * 16 + " pulled",
        "agent version 1.2.3.4 on Chrome/120.0.0.0",
        "密码错误，请重试；密码不能为空；密码: 错误；口令已过期；密码：null；密码长度是8位",
        "Passwort: falsch, das Passwort ist abgelaufen",
        "the password for this account is expired; password for host web01 was sent to gw1-a",
        "ntpd[612]: time reset +62.120011 s, drift +15.9876543",
        "打开手机应用 12 次，电话会议 2026-05-04，姓名长度 3",
        "C:\\Users\\Public\\Documents and more",
        "2026-03-14 09:26:53,123 ERROR [http-nio-8080-exec-5] com.example.pay.CardService failed",
        "#3 0x00007f3a2b4c5d6e in foo () at foo.c:12",
        "listening on 127.0.0.1 port 5432 and ::1",
        "password=<redacted> password: ******** token expired at #12",
        "password authentication failed; Password must be changed",
        "Session: 30546354_3359594 initialized by client WindowsUpdateAgent.",
        "GET https://registry-1.docker.io/v2/ 503",
        "std::vector<int>::at at 12:34:56 took 1.500 s",
        "order 1234567890123456 accepted",
        "systemd[1]: postgresql@15-main.service: Failed with result 'exit-code'.",
    ],
)
def test_what_is_no_secret_stays(line: str) -> None:
    assert Redactor().text(line) == line


def test_the_same_value_has_the_same_name_everywhere() -> None:
    redactor = Redactor()
    first = redactor.text("peer 192.0.2.1 left, peer 192.0.2.2 stays")
    redactor.start("other.log")
    assert first == "peer ip-1 left, peer ip-2 stays"
    assert redactor.text("peer 192.0.2.2 left") == "peer ip-2 left"
    assert redactor.names.counts == {("", "ip"): 2, ("other.log", "ip"): 1}


def test_a_private_key_goes_but_its_lines_stay() -> None:
    body = ["MIIEpAIBAAKCAQEA" + "aB3/" * 12, "c4D+" * 16, "Zz09=="]
    text = "\n".join(["before", "-----BEGIN RSA PRIVATE KEY-----", *body, "-----END RSA PRIVATE KEY-----", "after"])
    lines = Redactor().text(text).split("\n")
    assert len(lines) == 7
    assert (lines[0], lines[-1]) == ("before", "after")
    assert not any(line in "\n".join(lines) for line in body)


def test_json_stays_json() -> None:
    import json

    redacted = Redactor().text('{"pan": 4111111111111111, "n": 7}')
    assert json.loads(redacted) == {"pan": "card-1", "n": 7}


def test_large_texts_are_redacted_as_small_ones() -> None:
    lines = [
        f"AccessDenied for key {_KEY}",
        "Failed password for invalid user annak from 192.0.2.9 port 22 ssh2",
        "mail to anna@firma.de via mx1.firma.de, password=tiger5!",
        "nothing here",
        "src=fd00::1 fd00:1:2:3:4:5:6:7 00:1a:2b:3c:4d:5e lat,lng=52.520008, 13.404954",
    ]
    text = "\n".join(lines * 1000)
    assert Redactor().text(text) == "\n".join([Redactor().text("\n".join(lines))] * 1000)


_SYSLOG = "Mar 14 09:26:53 {host} app[7]: cannot reach cache-2, {host} and mail stay\n"


@pytest.mark.parametrize("repeats", [1, 500])
def test_a_host_that_a_header_names_is_hidden_wherever_it_stands(repeats: int) -> None:
    redactor = Redactor()
    redactor.learn_hosts(["cache-2"])
    text = "".join(_SYSLOG.format(host=host) for host in ["db-prod-7", "LabSZ", "mail"]) * repeats
    lines = redactor.text(text).splitlines()
    assert len(lines) == 3 * repeats
    assert not any(name in line for line in lines for name in ("db-prod-7", "LabSZ", "cache-2"))
    # "mail" is a word as well: only where it must be a host it is one.
    assert lines[2].startswith("Mar 14 09:26:53 host-")
    assert lines[2].endswith("mail and mail stay")


@pytest.mark.parametrize(
    "line",
    [
        "Mar 14 09:26:53 localhost app[7]: ready",
        "2026-03-14T09:26:53Z INFO main: ready",
        "Mar 14 09:26:53 last message repeated 2 times",
        "Mar 14 09:26:53 3f2a9c1b7d5e app[7]: in a container",
        "hostname: null",
        "Failed to execute /etc/hostname: Exec format error",
        "hostname: Exec format error",
        "CreateProcess(nodeName=string(), x)",
        "pod web-1 on worker-3 was evicted",
    ],
)
def test_what_nothing_calls_a_host_stays(line: str) -> None:
    assert Redactor().text(line) == line


@pytest.mark.parametrize(
    ("path", "text"),
    [
        ("etc/hostname", "db-prod-7\n"),
        ("etc/hosts", "127.0.0.1 localhost\n10.0.0.7 db-prod-7 # primary\n"),
        ("uname", "Linux db-prod-7 6.1.0-13-amd64 #1 SMP x86_64 GNU/Linux\n"),
        ("hostnamectl", "   Static hostname: db-prod-7\n"),
        ("app.log", '{"hostname":"db-prod-7","msg":"up"}\n'),
    ],
)
def test_files_that_name_their_host_are_believed(path: str, text: str) -> None:
    redactor = Redactor()
    redactor.learn(text, path)
    assert (
        redactor.text("sosreport-db-prod-7-2026/db-prod-7.log, DB-PROD-7") == "sosreport-host-1-2026/host-1.log, host-1"
    )


_USERS = st.sampled_from(
    ["user=", "ruser=root", "logname= uid=0", "user=anna", "owner='bob'", '"login": "carl"', "/home/dora", "/home/", "xuser=fred",
     "by eve(uid=0)", "uid=5(fay)", "for user gus", "sudo: hal :", "su: FAILED for ida", "xsu: for ida", "role 'jan'", "of user",
     "C:\\Users\\kim", "session opened for user leo", "web-1", "192.0.2.7", "mx.firma.de", "::ffff:192.0.2.8", "hostname=qa-1"]
)  # fmt: skip
_BESIDE = st.sampled_from(["", "", "(", "@", ".", "-", ",", "; ", "é", "'", "/x", "\t"])


@settings(max_examples=100, deadline=None)
@given(st.lists(st.lists(st.tuples(_USERS, _BESIDE).map("".join), max_size=6).map(" ".join), min_size=1, max_size=6))
def test_what_stands_beside_a_value_counts_the_same_in_large_texts(lines: list[str]) -> None:
    lines = [*lines, "Mar 14 09:26:53 web-1 app[7]: ready"]
    once = Redactor().text("\n".join(lines) + "\n")
    repeats = 1 + 20_000 // len(once)
    assert Redactor().text(("\n".join(lines) + "\n") * repeats) == once * repeats


_PIECES = st.sampled_from(
    ["password=", "://a:b@", "eyJ", "192.0.2.1", "\n", "\r", " ", '"', "\\", "user ", "@x.de", "::", "-----BEGIN PRIVATE KEY-----",
     "a.b.local", "\x00", "\udc80", "é", "1", "token: "]
)  # fmt: skip


@settings(max_examples=150, deadline=None)
@given(st.lists(_PIECES | st.text(max_size=8), max_size=30).map("".join))
def test_lines_are_kept_and_a_second_time_changes_no_address(text: str) -> None:
    once = Redactor().text(text)
    assert once.count("\n") == text.count("\n")
    # Four numbers that are glued to a word are no address.
    assert re.search(r"(?<![\w.~-])192\.0\.2\.1 ", once) is None


@pytest.mark.parametrize(
    "piece",
    [
        "a",
        "eyJaaaaaaaa-",
        "a.",
        "<",
        "csrf",
        "://",
        "password ",
        "1.",
        "ab:",
        "@",
        "+1 ",
        "-----BEGIN PRIVATE KEY-----",
    ],
)
def test_hostile_repetition_takes_no_time(piece: str) -> None:
    import time

    started = time.process_time()
    Redactor().text(piece * (200_000 // len(piece)))
    assert time.process_time() - started < 5
