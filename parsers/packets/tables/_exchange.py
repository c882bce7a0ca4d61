"""Requests and responses of HTTP in a stream, whatever the version."""

from __future__ import annotations

from dataclasses import dataclass, field

from ..protocols.http import Head


@dataclass(slots=True)
class Message:
    """A head, the stream offset at which it begins, that behind its body, and the packets of both.

    missing: bytes of the body behind the end of the stream; 0 where only the last chunk is, None where nothing is.
    """

    head: Head
    offset: int
    end: int
    row: int
    last_row: int
    missing: int | None = None


@dataclass(frozen=True, slots=True)
class Reset:
    """That a side of HTTP/2 broke off a stream, or with GOAWAY the connection: why, in which words, by which packet."""

    error: str
    text: str
    by_client: bool
    row: int
    goaway: bool = False


@dataclass(slots=True)
class Transaction:
    """A request and its response; depth counts the requests of a connection from 1."""

    depth: int
    request: Message | None
    response: Message | None = None
    weird: list[str] = field(default_factory=list)
    reset: Reset | None = None
