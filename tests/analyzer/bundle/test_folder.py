"""A folder is read without following or opening what is not a file."""

from __future__ import annotations

import os

from analyzer.settings import Limits

LOG = b"2026-03-14 09:26:53 ERROR disk full\n"


def test_links_fifos_and_odd_names(tmp_path, opened):
    folder = tmp_path / "case"
    (folder / "sub").mkdir(parents=True)
    (folder / "sub/good.log").write_bytes(LOG)
    (folder / os.fsdecode(b"\xff\x1b.log")).write_bytes(LOG)
    (folder / "passwd").symlink_to("/etc/passwd")
    (folder / "loop").symlink_to(".")
    os.mkfifo(folder / "pipe")
    found = opened(folder)
    assert found.content == {"case/sub/good.log": LOG, r"case/\xff\x1b.log": LOG}
    assert sorted(problem.source for problem in found.problems) == ["case/loop", "case/passwd", "case/pipe"]
    assert found.kinds() == {"special"}
    assert found.size == 2 * len(LOG)


def test_files_come_in_natural_order_and_up_to_the_limit(tmp_path, opened):
    for number in range(12):
        (tmp_path / f"part{number}.txt").write_bytes(LOG)
    names = [source.path.split("/")[-1] for source in opened(tmp_path).sources]
    assert names == [f"part{number}.txt" for number in range(12)]
    found = opened(tmp_path, limits=Limits(members=5))
    assert len(found.sources) == 5
    assert "limit of 5" in found.messages()


def test_an_empty_folder_is_said_to_be_empty(tmp_path, opened):
    found = opened(tmp_path)
    assert found.kinds() == {"empty"}
    assert "holds no files" in found.messages()
