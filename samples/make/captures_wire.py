"""The wire and the servers of captures_tcp.py: a cable that loses, delays, repeats or forges what passes.

    python3 captures_wire.py wire KIND     forward frames between w0 (client) and w1 (server)
    python3 captures_wire.py serve         servers on 10.77.0.2: see `serve`

Both run until they are killed. The kinds of wire are the functions of `KINDS`.
"""

import heapq
import select
import socket
import struct
import sys
import threading
import time
from collections.abc import Callable
from dataclasses import dataclass

SERVER = "10.77.0.2"
FIN, SYN, RST, PSH, ACK = 1, 2, 4, 8, 16
# What is to leave the wire: after how many seconds, towards the server or not, the frame.
Out = list[tuple[float, bool, bytes]]


@dataclass
class Segment:
    """A TCP segment in an Ethernet frame."""

    frame: bytes
    to_server: bool
    sport: int
    dport: int
    seq: int
    ack: int
    flags: int
    size: int

    @property
    def data(self) -> bool:
        """Whether it carries data to the client."""
        return self.size > 0 and not self.to_server

    def reset(self, ttl: int) -> bytes:
        """A reset to its sender in the name of its receiver."""
        head = struct.pack(">HHIIHHHH", self.dport, self.sport, self.ack, 0, 5 << 12 | RST, 0, 0, 0)
        ends = self.frame[30:34] + self.frame[26:30]
        check = checksum(ends + struct.pack(">HH", 6, 20) + head)
        head = head[:16] + struct.pack(">H", check) + head[18:]
        ip = struct.pack(">BBHHHBBH", 0x45, 0, 40, 0x1234, 0, ttl, 6, 0) + ends
        ip = ip[:10] + struct.pack(">H", checksum(ip)) + ip[12:]
        return self.frame[6:12] + self.frame[:6] + b"\x08\x00" + ip + head


def checksum(data: bytes) -> int:
    """The checksum of RFC 1071."""
    total = sum(struct.unpack(f">{len(data) // 2}H", data))
    while total >> 16:
        total = (total & 0xFFFF) + (total >> 16)
    return ~total & 0xFFFF


def segment(frame: bytes, to_server: bool) -> Segment | None:
    """The TCP segment of a frame."""
    if frame[12:14] != b"\x08\x00" or frame[23] != 6:
        return None
    at = 14 + (frame[14] & 15) * 4
    sport, dport, seq, ack, word = struct.unpack_from(">HHIIH", frame, at)
    size = struct.unpack_from(">H", frame, 16)[0] - (at - 14) - (word >> 12) * 4
    return Segment(frame, to_server, sport, dport, seq, ack, word & 63, size)


class Wire:
    """What the kinds remember between frames."""

    def __init__(self) -> None:
        """Nothing seen yet."""
        self.count = 0
        self.kept: list[Segment] = []
        self.seen: dict[int, int] = {}
        self.last = time.monotonic()

    def plain(self, one: Segment, delay: float = 0.001) -> Out:
        """Pass everything, after a millisecond."""
        return [(delay, one.to_server, one.frame)]

    def _first_time(self, one: Segment) -> bool:
        self.seen[one.seq] = self.seen.get(one.seq, 0) + 1
        return self.seen[one.seq] == 1

    def every(self, one: Segment, number: int) -> Out:
        """Lose each nth new segment with data to the client."""
        if one.data and self._first_time(one):
            self.count += 1
            if self.count % number == 0:
                return []
        return self.plain(one, 0.008)  # a line of some length

    def loss(self, one: Segment) -> Out:
        """Lose 6 %."""
        return self.every(one, 18)

    def heavy(self, one: Segment) -> Out:
        """Lose 14 %."""
        return self.every(one, 7)

    def rare(self, one: Segment) -> Out:
        """Lose 1 % of what is not repeated."""
        return self.every(one, 110)

    def reorder(self, one: Segment) -> Out:
        """Let each tenth segment with data be overtaken by the next one."""
        if one.data and self._first_time(one):
            self.count += 1
            if self.count % 10 == 0:
                self.kept.append(one)
                return []
            if self.kept:
                return [*self.plain(one), *self.plain(self.kept.pop())]
        return self.plain(one)

    def no_acks(self, one: Segment) -> Out:
        """Lose the acknowledgements of the client for 0.1 s after each message."""
        if one.data and self._first_time(one):
            self.last = time.monotonic()
        late = self.seen and time.monotonic() - self.last < 0.1
        return [] if one.to_server and late and not one.size else self.plain(one)

    def stall(self, one: Segment) -> Out:
        """Lose the last segment of an answer, and its first three repetitions."""
        if one.data and one.flags & PSH:
            self._first_time(one)
            if self.seen[one.seq] <= 4:
                return []
        return self.plain(one)

    def firewall(self, one: Segment) -> Out:
        """Drop what goes to port 443."""
        return [] if one.dport == 443 else self.plain(one)

    def no_way_back(self, one: Segment) -> Out:
        """Drop the answers to SYNs."""
        return [] if one.flags & SYN and one.flags & ACK else self.plain(one)

    def narrow(self, one: Segment) -> Out:
        """Drop frames of more than 1000 bytes and say nothing."""
        return [] if len(one.frame) > 1000 else self.plain(one)

    def forgetful(self, one: Segment) -> Out:
        """A firewall that forgets connections after 30 s and resets what comes later; 64 is the server's TTL, too."""
        idle, self.last = time.monotonic() - self.last, time.monotonic()
        if idle > 30 and not one.flags & SYN:
            return [(0.0005, False, one.reset(64))]
        return self.plain(one)

    def censor(self, one: Segment) -> Out:
        """A box that resets connections in which a word occurs."""
        if one.to_server and b"forbidden" in one.frame:
            return [(0.0005, False, one.reset(255))]
        return self.plain(one)


KINDS = [name for name in vars(Wire) if name[0] != "_" and name != "every"]


def forward(kind: str) -> None:
    """Join w0 and w1 by a wire of a kind."""
    ends = []
    for name in ("w0", "w1"):
        end = socket.socket(socket.AF_PACKET, socket.SOCK_RAW, socket.htons(3))
        end.bind((name, 0))
        ends.append(end)
    wire = Wire()
    act: Callable[[Segment], Out] = getattr(wire, kind)
    waiting: list[tuple[float, int, bool, bytes]] = []
    number = 0
    while True:
        pause = max(0.0, waiting[0][0] - time.monotonic()) if waiting else 1.0
        for end in select.select(ends, [], [], pause)[0]:
            frame, address = end.recvfrom(65536)
            if address[2] == 4:  # PACKET_OUTGOING: its own
                continue
            to_server = end is ends[0]
            one = segment(frame, to_server)
            for delay, direction, out in act(one) if one else [(0.001, to_server, frame)]:
                number += 1
                heapq.heappush(waiting, (time.monotonic() + delay, number, direction, out))
        while waiting and waiting[0][0] <= time.monotonic():
            _, _, direction, out = heapq.heappop(waiting)
            ends[direction].send(out)


def converse(client: socket.socket) -> None:
    """Obey one client: each line is a word and a number."""
    with client, client.makefile("rb") as lines:
        for line in lines:
            word, _, number = line.decode().strip().partition(" ")
            if word == "give":
                client.sendall(bytes(int(number)))
            elif word == "words":
                for _ in range(int(number)):
                    client.sendall(b"one more word")
                    time.sleep(0.4)
                return
            elif word == "hang":
                time.sleep(int(number))
                while client.recv(65536):
                    pass
            elif word == "sip":  # drink slowly
                while client.recv(1400):
                    time.sleep(0.004)
            elif word == "die":
                client.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
                return


def listen(port: int, buffer: int, obey: Callable[[socket.socket], None]) -> None:
    """Serve one port."""
    server = socket.socket()
    server.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    if buffer:
        server.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, buffer)
    server.bind((SERVER, port))
    server.listen(20)
    while True:
        client = server.accept()[0]
        threading.Thread(target=obey, args=(client,), daemon=True).start()


def lines(greeting: str, answers: dict[str, str]) -> Callable[[socket.socket], None]:
    """A protocol of lines: the answer to a command by the word that is in it."""

    def obey(client: socket.socket) -> None:
        with client, client.makefile("rb") as asked:
            client.sendall(greeting.encode() + b"\r\n")
            for line in asked:
                text = line.decode().upper()
                tag = line.split()[0].decode()
                answer = next((answer for word, answer in answers.items() if word in text), "BAD")
                client.sendall(answer.replace("TAG", tag).encode() + b"\r\n")
                if "LOGOUT" in text or "QUIT" in text:
                    return

    return obey


def strange_dns() -> None:
    """Answer DNS questions with NOTIMP."""
    server = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
    server.bind((SERVER, 53))
    while True:
        question, client = server.recvfrom(2000)
        server.sendto(question[:2] + b"\x81\x84" + question[4:], client)


def serve() -> None:
    """Port 7000 obeys, 7001 does so with a small buffer, 21 is FTP, 110 POP3, 143 IMAP, 53 a poor DNS server."""
    secure = "Plaintext authentication disallowed on non-secure (SSL/TLS) connections."
    pop3 = {"USER": f"-ERR [AUTH] {secure}", "QUIT": "+OK Logging out"}
    ftp = {"USER": "530 Permission denied.", "QUIT": "221 Goodbye."}
    imap = {
        "CAPABILITY": "* CAPABILITY IMAP4rev1 AUTH=PLAIN\r\nTAG OK done",
        "AUTHENTICATE": f"TAG NO [PRIVACYREQUIRED] {secure}",
        "LOGOUT": "* BYE Logging out\r\nTAG OK done",
    }
    threads = [
        threading.Thread(target=listen, args=(7000, 0, converse)),
        threading.Thread(target=listen, args=(7001, 4096, converse)),
        threading.Thread(target=listen, args=(21, 0, lines("220 (files 1.0)", ftp))),
        threading.Thread(target=listen, args=(110, 0, lines("+OK POP3 ready.", pop3))),
        threading.Thread(target=listen, args=(143, 0, lines("* OK IMAP4 ready.", imap))),
        threading.Thread(target=strange_dns),
    ]
    for thread in threads:
        thread.start()


if __name__ == "__main__":
    if sys.argv[1] == "wire":
        forward(sys.argv[2])
    else:
        serve()
