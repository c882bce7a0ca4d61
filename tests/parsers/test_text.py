from __future__ import annotations

import py_compile
from collections.abc import Callable
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from parsers.contract import HEAD_BYTES, Source
from parsers.excerpt import head_lines, quote, tail_lines
from parsers.plan import Encoding, Slice
from parsers.text import detect_encoding, is_binary, read_slice, slices

MakeSource = Callable[..., Source]
CHINESE = "2026-03-14 09:26:53 ERROR 支付失败：账户余额不足，订单已取消\n" * 3


def all_lines(source: Source, size: int = 1 << 24, encoding: Encoding | None = None) -> list[str]:
    encoding = encoding or detect_encoding(source.head)
    out: list[str] = []
    for piece in slices(source, encoding, size=size):
        text = read_slice(source, piece, encoding).text.decode()
        out += text.split("\n")[:-1]
    return out


@pytest.mark.parametrize(
    ("codec", "text"),
    [
        ("utf-8", CHINESE),
        ("utf-8-sig", CHINESE),
        ("gb18030", CHINESE),
        ("utf-16", CHINESE),
        ("utf-16-le", CHINESE),
        ("utf-16-be", CHINESE),
        ("utf-32", CHINESE),
        ("shift_jis", "2026-03-14 決済に失敗しました。もう一度お試しください\n" * 4),
        ("euc-kr", "2026-03-14 결제에 실패했습니다 다시 시도하십시오\n" * 4),
        ("cp1252", "2026-03-14 Überweisung für Müller fehlgeschlagen – später\n" * 4),
        ("koi8-r", "2026-03-14 Ошибка платежа, повторите попытку позже\n" * 4),
    ],
)
def test_text_in_any_common_encoding_is_read(make_source: MakeSource, codec: str, text: str) -> None:
    assert all_lines(make_source(text.encode(codec))) == text.splitlines()


def test_a_line_in_another_encoding_does_not_turn_the_file(make_source: MakeSource) -> None:
    good = "2026-03-14 09:26:53 INFO für alle\n"
    data = (
        good.encode() * 50 + "2026-03-14 09:26:54 WARN 支付失败：账户余额不足\n".encode("gb18030") + good.encode() * 50
    )
    source = make_source(data)
    lines = all_lines(source)
    assert lines[0] == good.strip()
    assert lines[50] == "2026-03-14 09:26:54 WARN 支付失败：账户余额不足"
    (problem,) = read_slice(source, Slice(0, source.size), detect_encoding(source.head)).problems
    assert problem.kind == "encoding"
    assert problem.message.startswith("1 line is not valid UTF-8; it was read as")


# Ends of lines, escapes, and blanks that no program writes into a log.
NOT_KEPT = "\r\n\0\x1b\x9b\u00a0\u2007\u202f\u200b\u200c\u200e\u200f\u2060\u202a\u202c\ufeff"


@given(
    lines=st.lists(st.text(st.characters(exclude_characters=NOT_KEPT, exclude_categories=["Cs"]), max_size=40)),
    size=st.integers(1, 200),
    codec=st.sampled_from(["utf-8", "utf-16-le", "utf-16-be", "utf-32-le"]),
)
def test_the_size_of_slices_does_not_change_the_lines(
    make_source: MakeSource, lines: list[str], size: int, codec: str
) -> None:
    source = make_source("".join(line + "\n" for line in lines).encode(codec))
    encoding = Encoding(codec, newline="\n".encode(codec))
    assert all_lines(source, size, encoding) == lines


@given(data=st.binary(max_size=400), size=st.integers(1, 100))
def test_any_bytes_can_be_read_and_every_line_has_its_offset(make_source: MakeSource, data: bytes, size: int) -> None:
    source = make_source(data)
    encoding = Encoding()
    offsets = [
        int(offset)
        for piece in slices(source, encoding, size=size)
        for offset in read_slice(source, piece, encoding).offsets
    ]
    starts = [0, *(i + 1 for i, byte in enumerate(data) if byte == 10)]
    assert offsets == [start for start in starts if start < len(data)]


def test_slices_end_before_a_record(make_source: MakeSource) -> None:
    text = "".join(f"2026 event {i}\n\tat a.B.c(B.java:{i})\n\tat d.E.f(E.java:{i})\n" for i in range(50))
    source = make_source(text)
    for piece in slices(source, Encoding(), lambda line: line.startswith("2026"), size=100):
        assert read_slice(source, piece, Encoding()).text.startswith(b"2026")


def test_colours_nul_bytes_and_old_line_ends_go(make_source: MakeSource) -> None:
    assert all_lines(make_source("\x1b[31mred\x1b[0m \x1b]0;title\x07x\na\0b\n")) == ["red x", "ab"]
    assert all_lines(make_source("one\rtwo\rthree\r")) == ["one", "two", "three"]


@given(
    st.lists(
        st.sampled_from(
            [
                "\x1b",
                "\x1b[",
                "\x1b]",
                "\x1bP",
                "\x9b",
                "\x9c",
                "\x9d",
                "\x07",
                "m",
                "0;",
                "\u4e1c",
                "\u070c",
                "é",
                "\xa0",
            ]
        )
    )
)
def test_what_escape_sequences_leave_is_text(make_source: MakeSource, parts: list[str]) -> None:
    source = make_source("a" + "".join(parts) + "\n")
    assert read_slice(source, Slice(0, source.size), Encoding()).text.decode().startswith("a")


def test_a_hole_of_nul_bytes_is_reported(make_source: MakeSource) -> None:
    source = make_source(b"before\n" + bytes(5000) + b"after\n")
    (problem,) = read_slice(source, Slice(0, source.size), Encoding()).problems
    assert problem.kind == "binary"
    assert "5,000 NUL bytes" in problem.message


@pytest.mark.parametrize("size", [1000, 1 << 24])
def test_a_line_over_the_limit_is_cut_and_the_next_one_is_whole(make_source: MakeSource, size: int) -> None:
    source = make_source(b"a\n" + b"x" * (3 << 20) + b"\nnext\n")
    lines: list[str] = []
    problems = []
    for piece in slices(source, Encoding(), size=size):
        read = read_slice(source, piece, Encoding())
        lines += read.text.decode().split("\n")[:-1]
        problems += read.problems
    assert [line for line in lines if len(line) < 10] == ["a", "next"]
    assert max(map(len, lines)) <= (1 << 20) + size
    assert [problem.kind for problem in problems] == ["limit"]
    assert "3,145,7" in problems[0].message or "truncated" in problems[0].message


def test_compiled_python_is_binary_however_much_text_it_holds(tmp_path: Path) -> None:
    source = tmp_path / "a.py"
    source.write_text(f"HELP = {'an error that is no error ' * 40!r}\n")
    assert is_binary(Path(py_compile.compile(str(source), str(tmp_path / "a.pyc"), doraise=True)).read_bytes())


@pytest.mark.parametrize(
    ("data", "binary"),
    [
        (b"2026-03-14 ok\n" * 10, False),
        (CHINESE.encode("gb18030"), False),
        (CHINESE.encode("utf-16-le"), False),
        (b"\x1b[31mcolour\x1b[0m\n" * 5, False),
        (bytes(range(256)) * 8, True),
        (b"\x7fELF\x02\x01\x01" + bytes(60), True),
        (bytes(1000), True),
        (b"", False),
    ],
)
def test_binary_data_is_told_from_text(data: bytes, binary: bool) -> None:
    assert is_binary(data) is binary


def test_head_and_tail_are_whole_lines(make_source: MakeSource) -> None:
    lines = [f"line {i} " + "x" * 50 for i in range(5000)]
    source = make_source("\n".join(lines) + "\n")
    assert source.size > 2 * HEAD_BYTES
    head = head_lines(source, 10_000)
    assert list(head) == lines[: len(head)]
    assert tail_lines(source, Encoding(), 3) == lines[-3:]


@pytest.mark.parametrize("codec", ["utf-8", "utf-16-le", "gb18030"])
def test_a_line_is_quoted_from_its_offset(make_source: MakeSource, codec: str) -> None:
    first = "第一行\n".encode(codec)
    source = make_source(first + "\x1b[31m第二行\x1b[0m\r\n".encode(codec) + "三\n".encode(codec))
    encoding = Encoding(codec, newline="\n".encode(codec))
    assert quote(source, len(first), encoding) == "第二行"
