from __future__ import annotations

from collections.abc import Callable

import pytest

from analyzer.finding import Report
from parsers import identify
from parsers.contract import Source

CONF = "# raise it when the log says: too many open files\nLimitNOFILE = 65536\n[Service]\nRestart = always\n# end\n"
CODE = "import os\n\n\ndef main():\n    raise OSError('too many open files')\n"
LOG = "2026-03-14 09:26:53 ERROR accept: too many open files\n"
PROSE = (
    "When a program has as many files open as it may, the\nkernel refuses the next one and says that there are too many open\n"
    "files in the process, which is a limit that you can raise if the\nprogram needs more of them than it was given when the\n"
)
CHANGES = "shop (1.4-2) unstable; urgency=medium\n\n  * Too many open files is handled.\n\n -- A <a@b.org>  Sat, 14 Mar 2026 09:26:53 +0000\n"
LISTING = "USER         PID %CPU %MEM    VSZ   RSS TTY      STAT START   TIME COMMAND\nroot 7 0.0 0.0 7 7 ? Ss 09:26 0:00 too many open files\n"
CODE_WITHOUT_NAME = (
    "const pay = (order) => {\n  if (!order.open) {\n    throw new Error('too many open files')\n  }\n  return bank.charge(order.sum)\n}\n"
    "module.exports = { pay }\n"
) * 5
NEWS = (
    "Shop 1.4\n========\n\n* When there are too many open files, the shop waits until\n  some of them are closed, and goes on with what it did before\n"
    "  that.\n\n* Orders that were refused are shown to the one who\n  made them, as they should have been from the beginning.\n\n"
    "* The log says more of what happened while the\n  shop was waiting for the bank and for those that deliver.\n"
)
PROBES = "This file contains any messages produced by compilers while\nrunning configure, to aid debugging if configure makes a mistake.\n\nconftest.c:7: too many open files\n"
TRACE = "Traceback (most recent call last):\n  File \"a.py\", line 1\nOSError: [Errno 24] Too many open files: 'x'\n"
RUBY = "Source: a\nTarget: b\n" + "a.rb:7:in `b': too many open files (Errno::EMFILE)\n" + "\tfrom a.rb:9:in `c'\n" * 6
DUMP = "status:\n  conditions:\n  - lastTransitionTime: x\n    message: too many open files\n"


@pytest.mark.parametrize(
    ("name", "text", "document"),
    [
        ("app.conf", CONF, True),
        ("without-ending", CONF, True),
        ("server.py", CODE, True),
        ("README.md", "Errors such as too many open files are explained here.\n", True),
        ("manual", PROSE * 4, True),
        ("manual.gz", LOG * 8 + PROSE * 4, False),
        ("changelog.Debian.gz", CHANGES, True),
        ("changes", CHANGES, True),
        ("ps_auxwww", LISTING, True),
        ("pay.py", "import os\n" + LOG + CODE * 3, True),
        ("run", "#!/bin/sh\necho 'too many open files'\n", True),
        ("pay.1", ".TH PAY 1\n.SH NAME\npay \\- says: too many open files\n", True),
        (
            "page",
            "PAY(1)                 User Commands                PAY(1)\n\nNAME\n    pay: too many open files\n",
            True,
        ),
        (
            "metrics",
            "# HELP open_total How often there were too many open files.\n# TYPE open_total counter\nopen_total 0\n",
            True,
        ),
        ("statements", CODE_WITHOUT_NAME, True),
        ("news", NEWS, True),
        ("config.log", PROBES, True),
        ("history.log", LOG * 3, False),
        ("notes.md", LOG * 3, False),
        ("steps", "* connect: too many open files\n* gave up after 3 tries, code 7\n* exit\n" * 3, False),
        ("app.conf", LOG * 3, False),
        ("app.py", TRACE, False),
        ("out", RUBY, False),
        ("pod.yaml", DUMP, False),
        ("out", "curl: (60) SSL certificate problem: too many open files\n" * 6, False),
        ("notes", "the server said: too many open files\nwe restarted it\n", False),
    ],
)
def test_what_is_no_log_is_told_by_its_lines_and_its_name(
    make_source: Callable[..., Source], name: str, text: str, document: bool
) -> None:
    assert (identify(make_source(text, name)).parser.name == "document") is document


def test_faults_are_not_looked_for_in_documents(report_on: Callable[..., Report]) -> None:
    rule = 'id: t.files\ntitle: T\nseverity: high\ndetection: {a: {body|contains: "too many open files"}}\n'
    report = report_on({"app.conf": CONF, "server.py": CODE, "app.log": LOG}, rule)
    (finding,) = report.findings
    assert [source.rsplit("/")[-1] for source in finding.sources] == ["app.log"]
    assert {entry.parser for entry in report.coverage} == {"document", "log4j"}
    only = report_on({"app.conf": CONF, "server.py": CODE, "app.log": b""}, rule)
    assert only.verdict.startswith("2 files are configuration, code or text, and no log.")
