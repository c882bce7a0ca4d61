from __future__ import annotations

import numpy as np
import polars as pl
import pytest

from analyzer.cluster import MAX_TEMPLATES, Templates, mask


def mined(messages: list[str]) -> list[str]:
    templates = Templates()
    hashes = pl.Series(messages).hash().to_numpy()
    masked = mask(pl.Series(messages)).to_list()
    ids = templates.assign(hashes, np.arange(len(messages), dtype=np.int32), masked)
    return [templates.template(int(template_id)) for template_id in ids]


@pytest.mark.parametrize(
    ("message", "expected"),
    [
        ("from 10.0.0.7:51966 to 10.0.0.8", "from <*> to <*>"),
        ("request 3f2504e0-4f89-11d3-9a0c-0305e82c3301 done", "request <*> done"),
        ("took 12.5 ms, 87%", "took <*> ms, <*>"),
        ("at 0x7ffd0 in task_12", "at <*> in <*>"),
        ("open /var/log/app.log failed", "open <*> failed"),
        ("GET https://shop.example/cart?id=7 failed", "GET <*> failed"),
        ("block blk_-3587508140051953248 of size 67108864", "block <*> of size <*>"),
        ("read 12 KB", "read <*>"),
        ("jk2_init() Slf4jLogger ssh2", "jk2_init() Slf4jLogger ssh2"),
        ("mac aa:bb:cc:dd:ee:ff up", "mac <*> up"),
    ],
)
def test_what_varies_by_its_form_is_masked(message: str, expected: str) -> None:
    assert mask(pl.Series([message])).to_list() == [expected]


def test_words_that_vary_become_a_parameter() -> None:
    messages = [f"session opened for user {name} by root" for name in ("anna", "ben", "carla", "dora")]
    assert set(mined(messages)) == {"session opened for user <*> by root"}


def test_messages_of_other_words_stay_apart() -> None:
    got = mined(["disk full on sda", "link down on eth", "job finished in time"])
    assert got == ["disk full on sda", "link down on eth", "job finished in time"]


def test_many_unlike_messages_are_bounded_in_number_and_time() -> None:
    words = [f"{a}{b}{c}" for a in "bdfgk" for b in "aeiou" for c in "lmnprst"]
    messages = [" ".join(words[(i * k) % len(words)] for k in (1, 3, 7, 11, 13)) for i in range(20_000)]
    assert len(set(mined(messages))) < MAX_TEMPLATES
