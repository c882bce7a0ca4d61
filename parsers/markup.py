"""Logs on pages: what a browser saved, or somebody copied from one, has tags and entities between the words of a log.

`<pre>2026-03-14 ... ERROR &lt;null&gt;` is read as what the page shows. Only lines of a log count: configuration in XML
stays XML.
"""

from __future__ import annotations

import re
from html import unescape

from .time_layout import find_kind

_LINES = 120
_ENTITY = re.compile(rb"&(?:lt|gt|amp|quot|apos|nbsp|#39|#x27|#34|#160);")
_ENTITIES = re.compile(rb"&(?:[a-z]{2,8}|#[0-9]{1,5}|#x[0-9A-Fa-f]{1,5});")
# What sets text out in lines or colours; a message may hold "<null>", which is no tag of a page.
_NAMES = (
    rb"a|b|body|br|code|dd|div|dl|dt|em|font|h[1-6]|head|hr|html|i|li|link|meta|ol|p|pre|samp|script|small|span|strong|style|table|tbody|td|th|thead|title|"
    rb"tr|tt|u|ul|wbr"
)
_TAG = re.compile(
    rb"(?i)</?(?:" + _NAMES + rb")(?:[ \t/][^<>\n]{0,2000})?>|<!(?:--[^\n]{0,2000}?--|DOCTYPE[^<>\n]{0,200})>"
)
_PAGE = re.compile(
    rb"(?i)^\s*(?:<!doctype html|<html[ >]|<head[ >]|<body[ >]|<pre[ >])|<(?:pre|br)(?: [^<>\n]{0,200})?/? ?>"
)

HTML, ENTITIES = "html", "entities"


def markup_of(head: bytes) -> str:
    """What stands between the words of a log in the head of a file: HTML, ENTITIES, or "" nothing."""
    page = b"<" in head and _PAGE.search(head) is not None
    if not page and (b"&" not in head or _ENTITY.search(head) is None):
        return ""
    lines = [line for line in head.split(b"\n", _LINES)[:_LINES] if line.strip()]
    if page:
        shown = [text for line in lines if (text := without_markup(line, HTML).strip())]
        return HTML if _is_log(shown) else ""
    # An XML document has entities, too: its lines are elements.
    tagged = sum(line.lstrip().startswith(b"<") for line in lines)
    return ENTITIES if tagged * 5 < len(lines) and _is_log(lines) else ""


def _is_log(lines: list[bytes]) -> bool:
    """Whether lines begin with times, several and not just here and there."""
    texts = [line[:200].decode("utf-8", "replace") for line in lines]
    kind = find_kind(texts) if len(texts) > 1 else None
    if kind is None:
        return False
    begin = sum((time := kind.regex.search(text)) is not None and time.start() < 12 for text in texts)
    return begin > 1 and begin * 5 >= len(texts)


def without_markup(text: bytes, markup: str) -> bytes:
    """A text as a page shows it; the number of its lines stays."""
    if markup == HTML and b"<" in text:
        text = _TAG.sub(b"", text)
    return _ENTITIES.sub(_character, text) if b"&" in text else text


def _character(match: re.Match[bytes]) -> bytes:
    shown = unescape(match.group().decode("ascii"))
    return b" " if shown in ("\n", "\r", "\xa0") else shown.encode("utf-8", "replace")
