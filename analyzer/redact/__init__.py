"""Takes secrets and personal data out of reports and bundles, and puts stable pseudonyms in their place.

    pseudonyms.py   the same value gets the same name: ip-7, user-2, secret-31
    detector.py     how something is found: a pattern, what it captures, what speaks against it
    credentials.py, personal.py, addresses.py    what is looked for
    engine.py       the detectors over a text
    report.py       a report that may leave the house
    files.py, captures.py, bundle.py             files, captures, bundles
    keymap.py       the encrypted way back

What is no secret stays readable: commit ids, request ids, versions, addresses in traces, class names, times.
"""

from __future__ import annotations

from analyzer.redact.report import redact_report

__all__ = ["redact_report"]
