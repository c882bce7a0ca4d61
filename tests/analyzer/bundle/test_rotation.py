"""Which files are parts of one log, and in which order they were written."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from analyzer.bundle.rotation import natural_key, stream_of


@pytest.mark.parametrize(
    ("stream", "oldest_first"),
    [
        ("var/log/syslog", ["syslog.10.gz", "syslog.2.gz", "syslog.1", "syslog"]),
        ("var/log/app.log", ["app.log-20260313.gz", "app.log-20260314", "app.log"]),
        ("var/log/app.log", ["app.2026-03-13.log", "app.2026-03-14.log", "app.log"]),
        ("var/log/app.log", ["app-2026-03-13.9.log.gz", "app-2026-03-13.10.log.gz", "app-2026-03-14.0.log"]),
        ("var/log/0.log", ["0.log.20260313-235959.gz", "0.log.20260314-000001.gz", "0.log"]),
        ("var/log/access", ["access-1773400000", "access-1773480413", "access"]),
        ("var/log/Xorg.log", ["Xorg.log.old", "Xorg.log"]),
    ],
)
def test_parts_of_a_log_are_one_stream_in_order_of_time(stream, oldest_first):
    parts = [stream_of(f"var/log/{name}") for name in oldest_first]
    assert {name for name, _ in parts} == {stream}
    keys = [key for _, key in parts]
    assert keys == sorted(keys)
    assert len(set(keys)) == len(keys)


@pytest.mark.parametrize(
    "name", ["app.log", "10.0.0.1", "2026-03-14.log", "node-12.log", "app-1.2.3.jar", "case.zip!/a.d/x", ".1"]
)
def test_other_names_are_streams_of_their_own(name):
    assert stream_of(name)[0] == name


@given(st.text("ab.-_0129/!:é", max_size=60))
def test_any_name_has_a_stream_in_its_own_folder(path):
    stream, key = stream_of(path)
    assert stream.rpartition("/")[0] == path.rpartition("/")[0]
    assert key < (4,)
    assert natural_key(path) == natural_key(path)


def test_numbers_sort_as_numbers():
    assert sorted(["a10", "a9", "b1", "a" + "9" * 5000], key=natural_key)[:2] == ["a9", "a10"]
