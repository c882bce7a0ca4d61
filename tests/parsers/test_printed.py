"""Messages behind a runtime's prefix: many read together give what each gives alone."""

from __future__ import annotations

from hypothesis import given, settings
from hypothesis import strategies as st

from parsers.printed import Printed, add_message
from parsers.records import Records

_TEXTS = st.sampled_from(
    ["plain text", "", "  at a.B.c(B.java:7)", "\x1b[31mERROR\x1b[0m red", "[0mlost colours", "ends\r",
     "E0314 09:26:53.1 1 a.go:7] no",
     "level=warn msg=slow", 'a="b" severity=error', '{"level":"error","msg":"pay failed","ts":1773480414.9}',
     '  {"msg":"x"}',
     '{"msg":"[31mred"}', '{"broken', "é", "\ud800",
     '10.0.0.7 - - [14/Mar/2026:09:26:57 +0000] "GET / HTTP/1.1" 502 157 "-" "x"',
     "x" * 70_000]
)  # fmt: skip
_AROUND = st.sampled_from(
    [None, {"service_name": "web-1"}, {"service_name": None, "host_name": "h", "severity_text": "warn"}]
)
_TIMES = st.sampled_from([None, "2026-03-14T09:26:53Z"])


@settings(max_examples=150, deadline=None)
@given(st.lists(st.tuples(_TIMES, _TEXTS, st.booleans(), _AROUND), min_size=32, max_size=60))
def test_messages_read_together_are_as_each_alone(
    messages: list[tuple[str | None, str, bool, dict[str, str | None] | None]],
) -> None:
    printed, alone = Printed(), Records()
    for line, (time, text, follows, around) in enumerate(messages):
        printed.add(line, time, text, follows, around)
        add_message(alone, line, time, text, follows and bool(alone.line), around)
    assert printed.so_far() == alone
