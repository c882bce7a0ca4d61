import pytest

from analyzer.rulefile import Mark, Node, read_documents

TEXT = """\
name: value
quoted: "one two"
folded: >
  one
  two
list:
- first
- {key: 'inner'}
"""


@pytest.fixture
def document() -> Node:
    return read_documents(TEXT.encode(), "x.yaml")[0]


def test_plain_data_is_text_lists_and_mappings(document: Node) -> None:
    assert document.plain() == {
        "name": "value",
        "quoted": "one two",
        "folded": "one two\n",
        "list": ["first", {"key": "inner"}],
    }


@pytest.mark.parametrize(
    ("path", "offset", "mark"),
    [
        ((), None, Mark(1, 1)),
        (("name",), None, Mark(1, 1)),
        (("name",), 0, Mark(1, 7)),
        (("name",), 2, Mark(1, 9)),
        (("quoted",), 4, Mark(2, 14)),
        (("folded",), 4, Mark(3, 9)),
        (("list", 0), None, Mark(7, 3)),
        (("list", 1, "key"), None, Mark(8, 4)),
        (("list", 1, "key"), 1, Mark(8, 11)),
        (("list", 9, "nosuch"), None, Mark(6, 1)),
        (("nosuch", "name"), None, Mark(1, 1)),
    ],
)
def test_finds_the_place_of_a_path(document: Node, path: tuple[str | int, ...], offset: int | None, mark: Mark) -> None:
    assert document.find(path, offset) == mark


def test_columns_count_characters_not_bytes() -> None:
    node = read_documents("{磁盘: 已满, b: c}".encode(), "x.yaml")[0]
    assert node.find(("b",), 0) == Mark(1, 13)
