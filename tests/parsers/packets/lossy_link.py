"""Real traffic of the kernel's TCP over a bad line, captured at the client's end of it.

    python lossy_link.py SHAPE SEED SECONDS FILE

Two network namespaces are joined by a relay in this process that loses, delays, reorders and doubles packets. It needs
Linux, /dev/net/tun, the program `ip` and the right to make namespaces; nothing leaves them. The seed decides what is
sent and what the line does to it, the scheduler decides the rest.
"""

from __future__ import annotations

import ctypes
import fcntl
import heapq
import os
import random
import select
import signal
import socket
import struct
import subprocess
import sys
import threading
import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

CLIENT, SERVER = "10.77.0.1", "10.77.0.2"
_NEW_NETWORK = 0x40000000  # CLONE_NEWNET
_ANSWER, _HELLO = bytes.fromhex("15030300020228"), bytes.fromhex("16030100050100000100")


@dataclass(frozen=True)
class Line:
    """What the line does: seconds of delay and of jitter, shares of packets, bits a second, packets that may wait."""

    delay: float
    jitter: float
    loss: float
    doubled: float
    reordered: float
    rate: float
    waiting: int


SHAPES = {
    "short": Line(0.004, 0.006, 0.01, 0.005, 0.02, 40e6, 400),
    "bulk": Line(0.012, 0.015, 0.02, 0.02, 0.06, 40e6, 300),
    "windows": Line(0.006, 0.004, 0.005, 0.0, 0.01, 30e6, 400),
    "apps": Line(0.002, 0.002, 0.01, 0.01, 0.01, 20e6, 400),
    "queue": Line(0.020, 0.001, 0.0, 0.0, 0.0, 8e6, 25),
}


def available() -> bool:
    """Whether namespaces with a relay can be made here."""
    probe = "import ctypes, sys; sys.exit(ctypes.CDLL(None).unshare(0x40000000) != 0)"
    if not Path("/dev/net/tun").exists() or subprocess.run([sys.executable, "-c", probe], check=False).returncode:
        return False
    return any((Path(folder) / "ip").exists() for folder in ("/sbin", "/usr/sbin", "/bin", "/usr/bin"))


def _tun(name: str, address: str) -> int:
    handle = os.open("/dev/net/tun", os.O_RDWR | os.O_NONBLOCK)
    fcntl.ioctl(handle, 0x400454CA, struct.pack("16sH22s", name.encode(), 0x1001, b""))
    for command in (f"addr add {address}/24 dev {name}", f"link set {name} up txqueuelen 5000", "link set lo up"):
        subprocess.run(["ip", *command.split()], check=True)
    return handle


def _new_network() -> None:
    if ctypes.CDLL(None, use_errno=True).unshare(_NEW_NETWORK):
        raise OSError(ctypes.get_errno(), "no new network namespace")


def relay(near: int, far: int, line: Line, dice: random.Random, until: float, file: Path) -> None:
    """Carry packets until a moment, and write those that the near end sees."""
    packets: list[tuple[int, bytes]] = []
    queue: list[tuple[float, int, int, bytes, int]] = []
    free = {near: 0.0, far: 0.0}
    waiting = {near: 0, far: 0}
    number = 0
    while (now := time.time()) < until:
        ready, _, _ = select.select([near, far], [], [], max(0.0, queue[0][0] - now) if queue else 0.1)
        for end in ready:
            try:
                data = os.read(end, 70000)
            except BlockingIOError:
                continue
            moment = time.time_ns()
            if end == near:
                packets.append((moment, data))
            if waiting[end] > line.waiting or dice.random() < line.loss:
                continue
            free[end] = max(free[end], moment / 1e9) + len(data) * 8 / line.rate
            late = dice.random() * line.jitter if dice.random() < line.reordered else 0.0
            other = far if end == near else near
            for copy in range(1 + (dice.random() < line.doubled)):
                number += 1
                waiting[end] += 1
                heapq.heappush(queue, (free[end] + line.delay + late + copy * 1e-4, number, other, data, end))
        while queue and queue[0][0] <= time.time():
            _, _, other, data, end = heapq.heappop(queue)
            waiting[end] -= 1
            if other == near:
                packets.append((time.time_ns(), data))
            os.write(other, data)
    with file.open("wb") as out:
        out.write(struct.pack("<IHHiIII", 0xA1B23C4D, 2, 4, 0, 0, 262144, 101))
        for moment, data in packets:
            out.write(struct.pack("<IIII", *divmod(moment, 1_000_000_000), len(data), len(data)) + data)


def _serve(port: int, answer: Callable[[socket.socket], None], small: int = 0) -> None:
    listener = socket.socket()
    listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    if small:
        listener.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, small)
    listener.bind((SERVER, port))
    listener.listen(500)

    def handle(peer: socket.socket) -> None:
        with peer:
            try:
                peer.settimeout(20)
                answer(peer)
            except OSError:
                return

    def accept() -> None:
        while True:
            threading.Thread(target=handle, args=(listener.accept()[0],), daemon=True).start()

    threading.Thread(target=accept, daemon=True).start()


def serve(dice: random.Random) -> None:
    """The services of the far end, for ever."""
    blob = dice.randbytes(1 << 16)

    def download(peer: socket.socket) -> None:
        left = int.from_bytes(peer.recv(4))
        while left > 0:
            left -= peer.send(blob[: min(left, len(blob))])

    def swallow(peer: socket.socket) -> None:
        while peer.recv(65536):
            pass

    def dawdle(peer: socket.socket) -> None:
        while peer.recv(dice.choice((500, 8000))):
            time.sleep(dice.choice((0.005, 0.05, 0.3, 1.1)))

    def echo(peer: socket.socket) -> None:
        while got := peer.recv(2000):
            peer.send(got)

    def web(peer: socket.socket) -> None:
        while got := peer.recv(4000):
            for _ in range(got.count(b"\r\n\r\n")):
                code = dice.choice((200, 200, 204, 301, 403, 404, 500, 502, 503))
                size = 0 if code == 204 else dice.choice((0, 10, 900, 4000))
                peer.sendall(b"HTTP/1.1 %d Said\r\nContent-Length: %d\r\n\r\n" % (code, size) + blob[:size])

    def secure(peer: socket.socket) -> None:
        peer.recv(100)
        peer.send(_ANSWER)

    def idle(peer: socket.socket) -> None:
        time.sleep(5)
        peer.recv(10)

    for port, answer in ((1, download), (2, swallow), (3, dawdle), (4, echo), (80, web), (443, secure), (7, idle)):
        _serve(port, answer, 4096 if port == 3 else 0)
    names = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
    names.bind((SERVER, 53))
    while True:
        data, peer = names.recvfrom(2000)
        if dice.random() < 0.95:
            code = dice.choice((0, 0, 0, 2, 3, 5))
            names.sendto(data[:2] + struct.pack(">H", 0x8180 | code) + data[4:], peer)


class Traffic:
    """What the near end does, a thread an activity."""

    def __init__(self, dice: random.Random, until: float) -> None:
        """Take the dice."""
        self.dice, self.until = dice, until
        self.blob = dice.randbytes(1 << 16)

    def connect(self, port: int, buffer: int = 0) -> socket.socket:
        peer = socket.socket()
        if buffer:
            peer.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, buffer)
        peer.settimeout(5)
        peer.connect((SERVER, port))
        return peer

    def short(self) -> None:
        with self.connect(4) as peer:
            for _ in range(self.dice.choice((1, 1, 2, 5))):
                peer.send(self.blob[: self.dice.randrange(1, 2000)])
                peer.recv(2000)
            if self.dice.random() < 0.2:
                peer.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))

    def closed(self) -> None:
        time.sleep(0.05)
        self.connect(999)

    def down(self) -> None:
        with self.connect(1) as peer:
            peer.send(self.dice.choice((20_000, 300_000, 3_000_000)).to_bytes(4))
            while peer.recv(65536) and time.time() < self.until:
                pass

    def up(self) -> None:
        with self.connect(2) as peer:
            for _ in range(self.dice.choice((1, 10, 60))):
                peer.sendall(self.blob[: self.dice.randrange(1, 65536)])

    def slow_up(self) -> None:
        with self.connect(3) as peer:
            for _ in range(self.dice.choice((2, 8))):
                peer.sendall(self.blob[:30000])

    def slow_down(self) -> None:
        with self.connect(1, 4096) as peer:
            peer.send((150_000).to_bytes(4))
            pause = self.dice.choice((0.001, 0.02, 0.3, 1.2))
            while peer.recv(4096) and time.time() < self.until:
                time.sleep(pause)

    def alive(self) -> None:
        with self.connect(7) as peer:
            peer.setsockopt(socket.SOL_SOCKET, socket.SO_KEEPALIVE, 1)
            for option in (socket.TCP_KEEPIDLE, socket.TCP_KEEPINTVL):
                peer.setsockopt(socket.IPPROTO_TCP, option, 1)
            peer.send(b"x" * self.dice.choice((1, 100)))
            peer.recv(10)

    def reuse(self) -> None:
        peer = socket.socket()
        peer.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        peer.bind((CLIENT, 33333))
        peer.settimeout(2)
        with peer:
            peer.connect((SERVER, 4))
            peer.send(b"again")
            peer.recv(10)
            peer.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
        time.sleep(0.05)

    def web(self) -> None:
        with self.connect(80) as peer:
            for number in range(self.dice.randrange(1, 20)):
                peer.sendall(b"GET /%d HTTP/1.1\r\nHost: web.example\r\n\r\n" % number)
                while b"\r\n\r\n" not in peer.recv(8000):
                    pass

    def secure(self) -> None:
        with self.connect(443) as peer:
            peer.send(_HELLO)
            peer.recv(100)
        time.sleep(0.02)

    def names(self) -> None:
        with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as peer:
            peer.settimeout(0.1)
            for _ in range(20):
                name = b"%04x" % self.dice.randrange(65536)
                head = struct.pack(">HHHHHH", self.dice.randrange(65536), 0x100, 1, 0, 0, 0)
                peer.sendto(head + b"\x04" + name + b"\x07example\0\0\x01\0\x01", (SERVER, 53))
                peer.recv(500)

    def nobody(self) -> None:
        with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as peer:
            peer.sendto(b"anyone?", (SERVER, self.dice.randrange(2000, 60000)))
        time.sleep(0.2)

    def run(self, shape: str) -> None:
        """Do what belongs to a shape until the time is over."""
        threads = {
            "short": [(self.short, 40), (self.closed, 1), (self.reuse, 1)],
            "bulk": [(self.down, 5), (self.up, 3), (self.short, 2)],
            "windows": [(self.slow_up, 12), (self.slow_down, 12), (self.alive, 8), (self.down, 1), (self.reuse, 1)],
            "apps": [(self.web, 6), (self.secure, 3), (self.names, 4), (self.nobody, 2), (self.closed, 1)],
            "queue": [(self.down, 3), (self.up, 3), (self.short, 3), (self.alive, 2)],
        }[shape]

        def repeat(activity: Callable[[], None]) -> None:
            while time.time() < self.until:
                try:
                    activity()
                except OSError:
                    time.sleep(0.02)

        for activity, many in threads:
            for _ in range(many):
                threading.Thread(target=repeat, args=(activity,), daemon=True).start()
        time.sleep(max(0.0, self.until - time.time()))


def main(shape: str, seed: int, seconds: float, file: Path) -> None:
    """Make one capture."""
    _new_network()
    near = _tun("near", CLIENT)
    ours, theirs = socket.socketpair()
    server = os.fork()
    if not server:
        _new_network()
        socket.send_fds(theirs, [b"x"], [_tun("far", SERVER)])
        serve(random.Random(seed + 1))
    far = socket.recv_fds(ours, 1, 1)[1][0]
    until = time.time() + seconds
    client = os.fork()
    if not client:
        time.sleep(0.2)
        Traffic(random.Random(seed + 2), until - 0.5).run(shape)
        os._exit(0)
    relay(near, far, SHAPES[shape], random.Random(seed), until, file)
    for child in (server, client):
        os.kill(child, signal.SIGKILL)
        os.waitpid(child, 0)


if __name__ == "__main__":
    if sys.argv[1] == "--available":
        sys.exit(not available())
    main(sys.argv[1], int(sys.argv[2]), float(sys.argv[3]), Path(sys.argv[4]))
