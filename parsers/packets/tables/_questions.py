"""DNS questions and their answers, paired by connection and number."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field

import numpy as np

from ..columns import Array, Bools, Ints, Rows
from ..protocols.dns import Message

_NO_QUESTION = ("", 0)


@dataclass(frozen=True, slots=True)
class Messages:
    """The messages of a capture in the order of their packets; all arrays have one element a message.

    Attributes:
        row: packet. kind: index into `kinds`. number: of the transaction. connection: row in the connections table.
        service: number of the service. tcp: whether it came in a stream.
        kinds: distinct messages; their own numbers say nothing.
    """

    row: Rows
    kind: Ints
    number: Ints
    connection: Ints
    service: Array
    tcp: Bools
    kinds: Sequence[Message]


@dataclass(frozen=True, slots=True)
class Transactions:
    """Questions with their answers, in the order of their first messages; all arrays have one element a transaction.

    Attributes:
        at: index of the first message. question, answer: index into the kinds of messages, -1 none.
        answer_row: packet of the answer, -1 none. attempts: how often it was asked.
        weird: names of what is odd; weird_code: index into it.
    """

    at: Ints
    question: Ints
    answer: Ints
    answer_row: Rows
    attempts: Ints
    weird: list[list[str]]
    weird_code: Ints


@dataclass(slots=True)
class _Transaction:
    at: int
    question: int = -1
    answer: int = -1
    answer_row: int = -1
    attempts: int = 1
    weird: list[str] = field(default_factory=list)


def paired(messages: Messages, dns: int, mdns: int) -> Transactions:
    """Pair messages.

    Most numbers of a connection have a question, or a question and its answer: those are paired all at once, what
    else there is one by one.

    Args:
        messages: of a capture.
        dns: the service of which answers without a question are odd.
        mdns: the service that asks many, is answered by anybody, and often unasked (RFC 6762).
    """
    responds = np.array([kind.response for kind in messages.kinds], np.bool_)
    numbers = {_NO_QUESTION: 0}
    names = ((kind.query.lower(), kind.qtype) for kind in messages.kinds)
    question = np.array([numbers.setdefault(name, len(numbers)) for name in names], np.int64)
    key = messages.connection << 16 | messages.number
    order = np.argsort(key, kind="stable")
    start = np.flatnonzero(np.diff(key[order], prepend=key[order][:1] - 1))
    size = np.diff(np.append(start, len(order)))
    opener, last = order[start], order[start + size - 1]
    asks = ~responds[messages.kind[opener]]
    answered = asks & (size == 2) & responds[messages.kind[last]] & (messages.service[last] != mdns)
    answered &= question[messages.kind[opener]] == question[messages.kind[last]]
    simple = answered | (asks & (size == 1))
    others = np.sort(order[np.repeat(~simple, size)])
    one_by_one = list(_followed(messages, others, question, dns, mdns))
    opener, last, answered = opener[simple], last[simple], answered[simple]
    kind, answer = messages.kind[opener], np.where(answered, messages.kind[last], -1)
    odd = np.array([bool(each.weird) for each in messages.kinds] + [False], np.bool_)
    weird: list[list[str]] = [[]]
    weird_code = np.zeros(len(kind), np.int64)
    for place in np.flatnonzero(odd[kind] | odd[answer]).tolist():
        weird_code[place] = len(weird)
        more = messages.kinds[answer[place]].weird if answer[place] >= 0 else []
        weird.append([*messages.kinds[kind[place]].weird, *more])
    fields = [(each.at, each.question, each.answer, each.answer_row, each.attempts) for each in one_by_one]
    rest = np.array(fields, np.int64).reshape(-1, 5).T
    rest_code = np.arange(len(one_by_one)) + len(weird)
    weird += [each.weird for each in one_by_one]
    alone = (opener, kind, answer, np.where(answered, messages.row[last], -1), np.ones(len(kind), np.int64), weird_code)
    columns = [np.concatenate(pair) for pair in zip(alone, (*rest, rest_code), strict=True)]
    order = np.argsort(columns[0])
    at, asked, replied, answer_row, attempts, code = (column[order] for column in columns)
    return Transactions(at, asked, replied, answer_row, attempts, weird, code)


def _followed(messages: Messages, chosen: Ints, question: Ints, dns: int, mdns: int) -> Iterator[_Transaction]:
    """The transactions of messages that are followed one by one; complete only when all are read.

    Args:
        messages: of a capture.
        chosen: all messages of some connections and numbers, in their order.
        question: of each kind of message the number of what it asks; 0 nothing.
        dns: as for paired.
        mdns: as for paired.
    """
    open_: dict[tuple[int, int, int], _Transaction] = {}
    columns = (messages.connection, messages.number, messages.kind, messages.service, messages.row)
    for at, connection, number, kind, service, row in zip(
        chosen.tolist(), *(column[chosen].tolist() for column in columns), strict=True
    ):
        message = messages.kinds[kind]
        key = (connection, number, int(question[kind]))
        known = None if service == mdns else open_.get(key)
        new = _Transaction(at)
        if not message.response:
            if known is not None and known.answer < 0 and known.question >= 0:
                known.attempts += 1
                continue
            new.question = kind
        elif known is not None:
            if known.answer < 0:
                known.answer, known.answer_row = kind, row
                known.weird += message.weird
            elif messages.kinds[known.answer].rcode != message.rcode:  # a second answer that says something else
                new.answer, new.answer_row = kind, row
                new.weird += ["dns_unmatched_reply", *message.weird]
                yield new
            continue
        else:
            new.answer, new.answer_row = kind, row
            if service == dns:
                new.weird.append("dns_unmatched_reply")
        new.weird += message.weird
        # Who refuses need not repeat the question: the number alone tells then.
        open_[key] = open_[connection, number, 0] = new
        yield new
