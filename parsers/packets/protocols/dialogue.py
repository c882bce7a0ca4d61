"""Protocols in which a client writes command lines and a server answers by status lines: SMTP, FTP, POP3, IMAP.

SMTP: RFC 5321. FTP: RFC 959. POP3: RFC 1939. IMAP: RFC 9051.
"""

from __future__ import annotations

import base64
import binascii
import re
from collections import deque
from dataclasses import dataclass, field

_MAX_LINE = 4096
_MAX_OPEN = 64  # commands that wait for an answer
_CODE = re.compile(r"([1-5][0-9]{2})([ -]|$)(.*)", re.DOTALL)
_TAGGED = re.compile(r"([A-Za-z0-9.]{1,32}) (OK|NO|BAD)\b ?(.*)", re.DOTALL)
HIDDEN = "<hidden>"
# SMTP answers twice to what comes in two parts: 354 and 334 ask for the rest.
_INTERMEDIATE = {"smtp": (334, 354)}


@dataclass(slots=True)
class Exchange:
    """A status line of a server with the command that it answers.

    Attributes:
        command: upper case, "" for the greeting. argument: passwords are HIDDEN.
        code: number of SMTP and FTP, 0 elsewhere. status: "550", "OK", "-ERR", "NO"; "" without an answer.
        text: of the status line.
        asked, answered: marks that came with the lines, None where there is no such line.
        user: name of the login so far. secret: this command carried a password in the clear.
    """

    command: str
    argument: str
    asked: int | None
    code: int = 0
    status: str = ""
    text: str = ""
    answered: int | None = None
    user: str = ""
    secret: bool = False


@dataclass(slots=True)
class Dialogue:
    """One connection: feed it the bytes of both sides in the order in which they came.

    Attributes:
        service: smtp, ftp, pop3 or imap.
        exchanges: what was answered so far.
        finished: the rest is encrypted or not of this kind.
    """

    service: str
    exchanges: list[Exchange] = field(default_factory=list)
    finished: bool = False
    user: str = ""
    _open: deque[Exchange] = field(default_factory=deque)
    _tail: dict[bool, bytes] = field(default_factory=lambda: {True: b"", False: b""})
    _body: bool = False  # the client sends a mail or the answer to a challenge, not commands
    _login: str = ""

    def feed(self, data: bytes, client: bool, mark: int) -> None:
        """Take bytes of one side; `mark` says where they came from."""
        if self.finished or (client and self._body and self._login != "AUTH"):
            return
        *lines, tail = (self._tail[client] + data).split(b"\n")
        self._tail[client] = tail[:_MAX_LINE]
        for raw in lines:
            line = raw[:_MAX_LINE].rstrip(b"\r").decode("utf-8", "replace")
            if self.finished:
                return
            if client:
                self._command(line, mark)
            else:
                self._status(line, mark)

    def close(self) -> list[Exchange]:
        """All exchanges, those without an answer last."""
        self.exchanges += self._open
        self._open.clear()
        return self.exchanges

    def _command(self, line: str, mark: int) -> None:
        if self._body:
            if self._open and self._login == "AUTH":
                self._open[-1].secret = True
            return
        tag, rest = line.split(" ", 1) if self.service == "imap" and " " in line else ("", line)
        verb, _, argument = rest.partition(" ")
        verb = verb.upper()
        if not verb.isascii() or not verb.isalnum() or len(verb) > 16:
            return
        exchange = Exchange(verb, argument.strip(), mark, status=tag)
        self._credentials(exchange)
        exchange.user = self.user
        if len(self._open) < _MAX_OPEN:
            self._open.append(exchange)

    def _credentials(self, exchange: Exchange) -> None:
        """Note the name of a login and hide its password."""
        words = exchange.argument.split(" ")
        if exchange.command == "USER":
            self.user = words[0][:64]
        elif exchange.command == "PASS" and exchange.argument:
            exchange.argument, exchange.secret = HIDDEN, True
        elif exchange.command == "LOGIN" and self.service == "imap" and len(words) > 1:
            self.user = words[0].strip('"')[:64]
            exchange.argument, exchange.secret = f"{self.user} {HIDDEN}", True
        elif exchange.command in ("AUTH", "AUTHENTICATE", "APOP") and len(words) > 1:
            plain = words[0].upper() in ("PLAIN", "LOGIN")
            if plain and words[0].upper() == "PLAIN":
                self.user = _plain_user(words[1]) or self.user
            exchange.argument, exchange.secret = f"{words[0]} {HIDDEN}", plain

    def _status(self, line: str, mark: int) -> None:
        if self.service in ("smtp", "ftp"):
            found = _CODE.match(line)
            if found and found[2] != "-":
                self._numbered(int(found[1]), found[3], mark)
        elif self.service == "pop3":
            for word in ("+OK", "-ERR"):
                if line.startswith(word):
                    self._answer(self._open.popleft() if self._open else None, word, line[len(word) :].strip(), mark)
        elif found := _TAGGED.match(line):
            # Until it is answered, `status` holds the tag of an IMAP command.
            known = next((exchange for exchange in self._open if exchange.status == found[1]), None)
            if known is not None:
                self._open.remove(known)
                self._answer(known, found[2], found[3], mark)
        elif line.startswith("* BYE") or (line.startswith("* OK") and not self.exchanges):
            self._answer(None, line[2:5].strip(), line[6:].strip(), mark)

    def _numbered(self, code: int, text: str, mark: int) -> None:
        if code in _INTERMEDIATE.get(self.service, ()):
            self._body = True
            self._login = self._open[0].command if self._open else ""
            if self._login == "AUTH" and self._open[0].argument.upper() not in ("PLAIN", "LOGIN"):
                self._login = ""  # a challenge: what answers it is no password
            return
        preliminary = self.service == "ftp" and code < 200
        self._body = False
        exchange = self._open[0] if self._open else None
        if exchange is not None and not preliminary:
            self._open.popleft()
        if exchange is not None and preliminary:
            exchange = Exchange(exchange.command, exchange.argument, exchange.asked, user=exchange.user)
        self._answer(exchange, str(code), text, mark, code)

    def _answer(self, exchange: Exchange | None, status: str, text: str, mark: int, code: int = 0) -> None:
        exchange = exchange or Exchange("", "", None)
        exchange.status, exchange.text, exchange.answered, exchange.code = status, text.strip()[:512], mark, code
        exchange.user = exchange.user or self.user
        self.exchanges.append(exchange)
        if (exchange.command in ("STARTTLS", "STLS") and status in ("220", "OK", "+OK")) or (
            exchange.command == "AUTH" and code == 234
        ):
            self.finished = True


def _plain_user(word: str) -> str:
    """The name in an initial response of SASL PLAIN (RFC 4616): authorisation, name, password between zeros."""
    try:
        parts = base64.b64decode(word[:1024]).split(b"\0")
    except (binascii.Error, ValueError):
        return ""
    return parts[1].decode("utf-8", "replace")[:64] if len(parts) == 3 else ""
