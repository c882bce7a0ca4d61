"""What a user gives is opened: every kind of input, and nothing is left behind."""

from __future__ import annotations

import bz2
import gzip
import hashlib
import lzma
import os
import subprocess
import sys
import tarfile
import tempfile
import zipfile
from datetime import UTC, datetime
from pathlib import Path

import pytest
import zstandard
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from analyzer.bundle import open_bundle
from analyzer.errors import InputError
from analyzer.settings import Limits

LOG = b"2026-03-14 09:26:53 ERROR disk full\n"
FILES = {"var/log/syslog": LOG * 50, "app.log": LOG, "日志.log": b"x\n", "empty": b""}
QUICK = settings(max_examples=40, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])

NAMES = st.lists(
    st.text("abcXYZ019._- é日", min_size=1, max_size=12).filter(lambda part: part.strip(". ") == part),
    min_size=1,
    max_size=3,
).map("/".join)
# Never the magic bytes of an archive: that would be opened, as it should.
CONTENT = st.binary(max_size=3000).map(lambda data: data and b"x" + data)
TREES = st.dictionaries(NAMES, CONTENT, min_size=1, max_size=6)


def zstd(data: bytes) -> bytes:
    return zstandard.ZstdCompressor(write_checksum=True).compress(data)


COMPRESSORS = {"gz": gzip.compress, "bz2": bz2.compress, "xz": lzma.compress, "zst": zstd}


def inside(content: dict[str, bytes]) -> dict[str, bytes]:
    return {path.split("!/", 1)[1]: data for path, data in content.items()}


@QUICK
@given(tree=TREES, method=st.sampled_from([0, 8, 12, 14]))
def test_a_zip_gives_the_files_that_went_in(tmp_path, opened, zip_of, tree, method):
    path = tmp_path / "a.zip"
    path.write_bytes(zip_of(tree, method))
    found = opened(path)
    assert inside(found.content) == tree
    assert found.kinds() <= {"empty"}


@QUICK
@given(
    tree=TREES,
    form=st.sampled_from([tarfile.GNU_FORMAT, tarfile.PAX_FORMAT]),
    ext=st.sampled_from(["", *COMPRESSORS]),
)
def test_a_tar_gives_the_files_that_went_in(tmp_path, opened, tar_of, tree, form, ext):
    path = tmp_path / "a.bin"
    data = tar_of(tree, form)
    path.write_bytes(COMPRESSORS[ext](data) if ext else data)
    found = opened(path)
    assert inside(found.content) == tree
    assert found.kinds() <= {"empty"}
    assert found.kind == (f"tar.{ext}" if ext else "tar")


@QUICK
@given(data=st.data())
@pytest.mark.parametrize("kind", ["zip", "zip0", "tar", "tar.gz", "tar.xz", "tar.zst", "gz", "bz2"])
def test_a_cut_archive_never_fails_and_never_invents_bytes(tmp_path, opened, zip_of, tar_of, kind, data):
    tree = {"a.log": bytes(range(256)) * 8, "b/c.log": LOG * 40, "d.log": LOG}
    whole = {
        "zip": lambda: zip_of(tree),
        "zip0": lambda: zip_of(tree, zipfile.ZIP_STORED),
        "tar": lambda: tar_of(tree),
        "tar.gz": lambda: gzip.compress(tar_of(tree), mtime=0),
        "tar.xz": lambda: lzma.compress(tar_of(tree)),
        "tar.zst": lambda: zstd(tar_of(tree)),
        "gz": lambda: gzip.compress(tree["b/c.log"], mtime=0),
        "bz2": lambda: bz2.compress(tree["b/c.log"]),
    }[kind]()
    cut = data.draw(st.integers(20, len(whole) - 1))
    path = tmp_path / "cut"
    path.write_bytes(whole[:cut])
    found = opened(path)
    # So little may be left that the tar, or even the compression, cannot be told.
    alone = whole if found.kind == "file" else tar_of(tree) if "tar" in kind else tree["b/c.log"]
    originals = {**tree, "cut": alone}
    for name, content in found.content.items():
        assert originals[name.split("!/")[-1]].startswith(content)
    if kind != "tar" and found.kind != "file":  # a tar may lose some of the padding at its end
        assert found.problems


def test_a_plain_file_is_used_in_place(tmp_path, opened):
    path = tmp_path / "app.log"
    path.write_bytes(LOG)
    with open_bundle([str(path)]) as bundle:
        assert bundle.sources[0].file == path
        assert (bundle.kind, bundle.name, bundle.size) == ("file", "app.log", len(LOG))
        assert bundle.sha256 == hashlib.sha256(LOG).hexdigest()
    assert path.read_bytes() == LOG


def test_several_paths_are_one_bundle(tmp_path, opened):
    for folder in ("node1", "node2"):
        (tmp_path / folder).mkdir()
        (tmp_path / folder / "app.log").write_bytes(folder.encode())
    found = opened(tmp_path / "node1/app.log", tmp_path / "node2", tmp_path / "node1/app.log")
    assert sorted(found.content.values()) == [b"node1", b"node2"]
    assert found.kind == "several"
    assert found.name.endswith("and 1 more")
    assert found.sha256 is None


def test_archives_inside_archives_are_opened_and_shown(tmp_path, opened, zip_of, tar_of):
    inner = zip_of({"app.log.xz": lzma.compress(LOG)})
    path = tmp_path / "case.zip"
    path.write_bytes(zip_of({"node1.tar.gz": gzip.compress(tar_of({"logs/inner.zip": inner}))}))
    found = opened(path)
    assert found.content == {"case.zip!/node1.tar.gz!/logs/inner.zip!/app.log.xz": LOG}
    assert not found.problems


def test_rotated_logs_come_oldest_first_as_one_stream(tmp_path, opened, zip_of):
    path = tmp_path / "case.zip"
    path.write_bytes(
        zip_of(
            {
                "syslog": b"4",
                "syslog.1": b"3",
                "syslog.10.gz": gzip.compress(b"1"),
                "syslog.2.gz": gzip.compress(b"2"),
                "auth.log": b"0",
            }
        )
    )
    found = opened(path)
    assert list(found.content.values()) == [b"0", b"1", b"2", b"3", b"4"]
    assert [source.path for source in found.sources][1] == "case.zip!/syslog.10.gz"
    assert {source.stream for source in found.sources[1:]} == {"case.zip!/syslog"}


def test_stdin_is_read_whatever_it_is(tmp_path, zip_of):
    script = (
        "from analyzer.bundle import open_bundle\n"
        "with open_bundle(['-']) as bundle:\n"
        "    print(bundle.kind, bundle.name, bundle.size, bundle.sha256)\n"
        "    for source in bundle.sources: print(source.path, source.open().read())\n"
    )
    for data, path in (
        (LOG, "stdin"),
        (gzip.compress(LOG), "stdin"),
        (zip_of({"a.log": LOG}), "stdin!/a.log"),
    ):
        run = subprocess.run([sys.executable, "-c", script], input=data, capture_output=True, check=True)
        first, second = run.stdout.decode().splitlines()
        assert first == f"stdin stdin {len(data)} {hashlib.sha256(data).hexdigest()}"
        assert second == f"{path} {LOG!r}"


def test_nothing_on_stdin_is_said(tmp_path):
    script = "from analyzer.cli import main; main()"
    run = subprocess.run([sys.executable, "-c", script, "-"], input=b"", capture_output=True, check=False)
    assert run.returncode == 3
    assert "stdin is empty" in run.stdout.decode()


def test_an_address_is_not_fetched():
    with pytest.raises(InputError, match="Download it"), open_bundle(["https://host/case.zip"]):
        pass


def test_a_pipe_that_the_user_names_is_read(tmp_path):
    script = (
        "import sys\nfrom analyzer.bundle import open_bundle\n"
        "with open_bundle(sys.argv[1:]) as bundle: print(bundle.sources[0].size)"
    )
    run = subprocess.run(
        ["bash", "-c", '"$0" -c "$1" <(printf 12345)', sys.executable, script],
        capture_output=True,
        check=True,
    )
    assert run.stdout == b"5\n"


@pytest.mark.parametrize("path", ["missing.zip", "a\0b", "x/" * 3000, "file/below", "/dev/null"])
def test_a_path_that_cannot_be_read_is_an_input_error(tmp_path, monkeypatch, path):
    monkeypatch.chdir(tmp_path)
    Path("file").write_bytes(b"")
    with pytest.raises(InputError, match=r"Cannot read|is a device"), open_bundle([path]):
        pass


def test_no_path_is_an_input_error():
    with pytest.raises(InputError, match="No input"), open_bundle([]):
        pass


@pytest.mark.parametrize("data", [b"", b"PK\x05\x06" + bytes(18), gzip.compress(b"", mtime=0)])
def test_nothing_in_it_is_said(tmp_path, opened, data):
    path = tmp_path / "thing"
    path.write_bytes(data)
    found = opened(path)
    assert not any(found.content.values())
    assert found.kinds() == {"empty"}
    assert "nothing to analyse" in found.messages()


def test_an_empty_member_stays_a_source(tmp_path, opened, zip_of):
    path = tmp_path / "case.zip"
    path.write_bytes(zip_of(FILES))
    assert inside(opened(path).content) == FILES


def test_nothing_is_left_in_the_temporary_folder(tmp_path, monkeypatch, zip_of):
    spool = tmp_path / "spool"
    spool.mkdir()
    monkeypatch.setattr(tempfile, "tempdir", str(spool))
    path = tmp_path / "case.zip"
    path.write_bytes(zip_of(FILES))
    with pytest.raises(KeyboardInterrupt), open_bundle([str(path)]):
        assert list(spool.iterdir())
        raise KeyboardInterrupt
    assert not list(spool.iterdir())


def test_no_room_for_temporary_files_is_an_input_error(tmp_path, monkeypatch, zip_of):
    monkeypatch.setattr(tempfile, "tempdir", str(tmp_path / "gone"))
    path = tmp_path / "case.zip"
    path.write_bytes(zip_of(FILES))
    with pytest.raises(InputError, match="TMPDIR"), open_bundle([str(path)]):
        pass


def test_progress_adds_up_to_the_size(tmp_path, zip_of):
    path = tmp_path / "case.tar.gz"
    path.write_bytes(gzip.compress(os.urandom(3_000_000)))
    seen: list[int] = []
    with open_bundle([str(path)], on_progress=seen.append) as bundle:
        assert sum(seen) == bundle.size == path.stat().st_size
    assert len(seen) > 1


def test_times_come_from_the_archive(tmp_path, opened, tar_of, zip_of):
    (tmp_path / "a.tar").write_bytes(tar_of({"a.log": LOG}))
    assert opened(tmp_path / "a.tar").sources[0].modified == datetime(2026, 3, 14, 9, 26, 53, tzinfo=UTC)
    info = zipfile.ZipInfo("b.log", (2026, 3, 14, 9, 26, 54))
    with zipfile.ZipFile(tmp_path / "b.zip", "w") as archive:
        archive.writestr(info, LOG)
        archive.writestr(zipfile.ZipInfo("zero.log"), LOG)
        info = zipfile.ZipInfo("exact.log", (2020, 1, 1, 0, 0, 0))
        info.extra = b"UT\x05\x00\x03" + (1_773_480_413).to_bytes(4, "little")
        archive.writestr(info, LOG)
    times = {source.path[7:]: source.modified for source in opened(tmp_path / "b.zip").sources}
    assert times["b.log"] == datetime(2026, 3, 14, 9, 26, 54, tzinfo=UTC)
    assert times["zero.log"] is None
    assert times["exact.log"] == datetime(2026, 3, 14, 9, 26, 53, tzinfo=UTC)


def test_importing_loads_no_heavy_module():
    heavy = ("zstandard", "lzma", "bz2", "charset_normalizer", "polars", "zipfile", "tarfile")
    script = f"import sys, analyzer.bundle\nprint([name for name in {heavy} if name in sys.modules])"
    run = subprocess.run([sys.executable, "-c", script], capture_output=True, check=True)
    assert run.stdout == b"[]\n"


def test_limits_can_be_tight(tmp_path, opened, zip_of):
    path = tmp_path / "case.zip"
    path.write_bytes(zip_of({f"{n}.log": LOG for n in range(9)}))
    found = opened(path, limits=Limits(members=4))
    assert len(found.sources) == 4
    assert "limit of 4" in found.messages()
