"""Hostile and damaged input: limits hold, what is sound is kept, what is not is named."""

from __future__ import annotations

import gzip
import io
import lzma
import os
import re
import struct
import tarfile
import zipfile
import zlib

import pytest
import zstandard

from analyzer.bundle import open_bundle
from analyzer.settings import MIB, Limits

LOG = b"2026-03-14 09:26:53 ERROR disk full\n"
SMALL = Limits(ratio_floor=4 * MIB, member_bytes=16 * MIB, total_bytes=64 * MIB, members=100)


def tar_record(name: bytes, size: int = 0, kind: bytes = b"0", link: bytes = b"") -> bytes:
    number = b"%011o\0" % size if size >= 0 else size.to_bytes(12, "big", signed=True)
    record = name.ljust(100, b"\0") + b"0000644\0" + b"0000000\0" * 2 + number + b"%011o\0" % 1_773_480_413
    record += b" " * 8 + kind + link.ljust(100, b"\0") + b"ustar\x0000" + bytes(247)
    return record[:148] + b"%06o\0 " % sum(record) + record[156:]


def tar_file(name: bytes, data: bytes, kind: bytes = b"0") -> bytes:
    return tar_record(name, len(data), kind) + data + bytes(-len(data) % 512)


TAR_END = bytes(1024)
GOOD = tar_file(b"good.log", LOG)


@pytest.fixture
def look(tmp_path, opened):
    def look(data: bytes, limits: Limits = SMALL):
        path = tmp_path / "x"
        path.write_bytes(data)
        return opened(path, limits=limits)

    return look


@pytest.mark.parametrize("method", [zipfile.ZIP_DEFLATED, zipfile.ZIP_BZIP2, zipfile.ZIP_LZMA])
def test_a_bomb_in_a_zip_costs_itself_and_nothing_else(look, zip_of, method):
    found = look(zip_of({"bomb": bytes(15 * MIB), "good.log": LOG}, method))
    assert found.content == {"x!/good.log": LOG}
    assert "ratio limit of 200:1" in found.messages()


@pytest.mark.parametrize(
    "compress", [gzip.compress, lzma.compress, zstandard.ZstdCompressor().compress], ids=["gz", "xz", "zst"]
)
def test_a_bomb_of_one_stream_is_cut(look, compress):
    found = look(compress(b"A" * 15 * MIB))
    assert 4 * MIB - 1 <= len(found.content["x"]) <= 5 * MIB
    assert "ratio limit" in found.messages()


def test_zeros_take_no_room_on_the_disk(tmp_path, zip_of):
    path = tmp_path / "x.zip"
    path.write_bytes(zip_of({"core": bytes(30 * MIB) + b"end"}))
    with open_bundle([str(path)]) as bundle:
        assert bundle.sources[0].size == 30 * MIB + 3
        assert bundle.sources[0].file.stat().st_blocks * 512 < MIB


@pytest.mark.parametrize(
    ("limits", "words"),
    [
        (Limits(member_bytes=MIB), r"limit on one member \(1 MiB, --limit member_bytes\)"),
        (Limits(total_bytes=MIB), r"limit on expanded bytes in all \(1 MiB, --limit total_bytes\)"),
        (Limits(members=1), "limit of 1 allows .--limit members"),
    ],
)
def test_each_limit_is_named_with_its_value(look, zip_of, limits, words):
    data = os.urandom(2 * MIB)
    found = look(zip_of({"a": data, "b": LOG}), limits)
    assert data.startswith(found.content["x!/a"])
    assert found.kinds() == {"limit"}
    assert re.search(words, found.messages())


def test_depth_is_limited(look, zip_of):
    data = zip_of({"deep.log": LOG})
    for _ in range(8):
        data = zip_of({"in.zip": data, "here.log": LOG})
    found = look(data)
    assert len(found.content) == SMALL.depth
    assert "depth limit of 6" in found.messages()


def test_layers_of_compression_count_as_depth(look):
    data = LOG
    for _ in range(6):
        data = gzip.compress(data)
    assert look(data).content == {"x": LOG}
    found = look(gzip.compress(data))
    assert not found.content
    assert "depth limit" in found.messages()


def test_a_decoder_that_wants_too_much_memory_is_refused(look):
    xz = lzma.compress(LOG, filters=[{"id": lzma.FILTER_LZMA2, "dict_size": 256 * MIB}])
    zst = b"\x28\xb5\x2f\xfd\x00\xf8" + bytes(20)
    for data in (xz, zst):
        found = look(data)
        assert not found.content
        assert "limit on decoders allows (128 MiB, --limit decoder_window)" in found.messages()


def test_members_that_share_bytes_are_refused(look, zip_of):
    data = zip_of({"a.log": LOG, "b.log": LOG})
    entry = data.rindex(b"PK\x01\x02")
    found = look(data[: entry + 42] + struct.pack("<I", 0) + data[entry + 46 :])
    assert not found.content
    assert "overlap" in found.messages()


def test_a_zip_without_its_directory_is_searched(look, zip_of):
    data = zip_of({"a.log": LOG * 9, "b.log": LOG})
    found = look(data[: data.index(b"PK\x01\x02")])
    assert found.content == {"x!/a.log": LOG * 9, "x!/b.log": LOG}
    assert found.kinds() == {"truncated"}


def test_a_zip_behind_something_else_is_read(look, zip_of):
    found = look(b"MZ\0\0" + os.urandom(5000) + zip_of({"a.log": LOG}))
    assert found.content == {"x!/a.log": LOG}


def test_wrong_checksums_cost_no_content(look, zip_of):
    data = zip_of({"a.log": LOG}, zipfile.ZIP_STORED).replace(struct.pack("<I", zlib.crc32(LOG)), b"abcd")
    found = look(data)
    assert found.content == {"x!/a.log": LOG}
    assert "checksum" in found.messages()
    packed = gzip.compress(LOG)
    found = look(packed[:-8] + b"abcd" + packed[-4:] + b"junk")
    assert found.content == {"x": LOG}
    assert "checksum" in found.messages() and "trailing" in found.messages()


def test_encrypted_members_are_named(look, zip_of):
    data = bytearray(zip_of({"good.log": LOG, "secret.log": LOG}))
    for signature, flags in ((b"PK\x03\x04", 6), (b"PK\x01\x02", 8)):
        data[data.rindex(signature) + flags] |= 1
    found = look(bytes(data))
    assert found.content == {"x!/good.log": LOG}
    assert found.problems[0].source == "x!/secret.log"
    assert found.kinds() == {"encrypted"}


def test_many_of_a_kind_become_one_problem(look, zip_of):
    found = look(zip_of({f"../{n}.log": LOG for n in range(20)}))
    assert len(found.content) == 20
    assert len(found.problems) == 1
    assert found.problems[0].message.startswith("20 members have an unsafe name")


def test_links_and_special_files_of_a_tar_are_skipped(look):
    kinds = {b"1": "hard link", b"2": "symbolic link", b"3": "device", b"6": "fifo", b"S": "sparse file"}
    for kind, word in kinds.items():
        found = look(GOOD + tar_record(b"odd", kind=kind, link=b"/etc/passwd") + TAR_END)
        assert found.content == {"x!/good.log": LOG}
        assert found.kinds() == {"special"}
        assert word in found.messages()


@pytest.mark.parametrize(
    "middle",
    [
        os.urandom(1024),
        tar_record(b"b.log", -512),
        tar_file(b"b.log", LOG)[:100] + b"?" + tar_file(b"b.log", LOG)[101:],
        tar_file(b"pax", b"13 size=" + b"9" * 30 + b"\n", b"x") + tar_record(b"b.log"),
    ],
    ids=["junk", "negative size", "bad checksum", "absurd pax"],
)
def test_a_damaged_header_costs_its_own_member(look, middle):
    found = look(GOOD + middle + tar_file(b"last.log", LOG) + TAR_END)
    assert found.content["x!/good.log"] == found.content["x!/last.log"] == LOG
    assert found.problems


def test_tars_joined_together_are_read_on(look):
    found = look(GOOD + TAR_END + tar_file(b"more.log", LOG) + TAR_END)
    assert len(found.content) == 2
    assert not found.problems


def test_names_used_twice_are_both_shown(look):
    found = look(GOOD + tar_file(b"good.log", b"2") + tar_file(b"good.log (2)", b"3") + TAR_END)
    assert sorted(found.content.values()) == sorted([LOG, b"2", b"3"])
    assert "x!/good.log (2)" in found.content
    assert found.kinds() == {"name"}


def test_a_huge_pax_header_is_not_kept(look):
    record = b"30 comment=aaaaaaaaaaaaaaaaaa\n"
    found = look(GOOD + tar_file(b"pax", record * 100_000, b"x") + tar_file(b"b.log", LOG) + TAR_END)
    assert found.content["x!/b.log"] == LOG
    assert "over the limit" in found.messages()


@pytest.mark.parametrize("magic", [b"7z\xbc\xaf\x27\x1c\0\4" + bytes(24), b"Rar!\x1a\x07\x01\0" + bytes(24)])
def test_other_archives_are_told_apart(look, magic):
    found = look(magic)
    assert not found.content
    assert "pass the folder" in found.messages()


def test_names_in_old_charsets_are_read(look):
    out = io.BytesIO()
    with tarfile.open(fileobj=out, mode="w", encoding="gb18030", format=tarfile.GNU_FORMAT) as archive:
        info = tarfile.TarInfo("日志.log")
        info.size = len(LOG)
        archive.addfile(info, io.BytesIO(LOG))
    assert look(out.getvalue()).content == {"x!/日志.log": LOG}


@pytest.mark.parametrize("first", ["META-INF/MANIFEST.MF", "[Content_Types].xml", "mimetype"])
def test_programs_and_documents_in_a_bundle_stay_closed(look, zip_of, tar_of, first):
    package = zip_of({first: b"x", "inside.log": LOG})
    for archive in (zip_of({"a.bin": package, "good.log": LOG}), tar_of({"a.bin": package, "good.log": LOG})):
        found = look(archive)
        assert found.content == {"x!/good.log": LOG}
        assert found.kinds() == {"special"}
        assert "x!/a.bin is a" in found.messages() and "not opened" in found.messages()
    assert look(package).content["x!/inside.log"] == LOG
