"""Small servers of joins.sh that fail in the way that is asked for.

python3 servers.py mail      SMTP on port 25: refuses recipients who are called nobody or spam
python3 servers.py web       HTTP on port 8080: /cut, /chunk-cut, /reset, /hangup, /trickle, /ok
python3 servers.py snmp      answers questions of SNMP on port 161; "snmp ask HOST" asks them
"""

import socket
import struct
import sys
import threading
import time
from collections.abc import Callable

REFUSED = {
    b"nobody": b"550 5.1.1 <nobody@example.com>: Recipient address rejected: User unknown in local recipient table\r\n",
    b"spam": b"554 5.7.1 Service unavailable; Client host [10.91.0.2] blocked using zen.spamhaus.org\r\n",
}


def mail(client: socket.socket) -> None:
    """Talk SMTP."""
    lines = client.makefile("rwb", buffering=0)
    lines.write(b"220 mail.example ESMTP\r\n")
    for line in lines:
        word = line[:4].upper().strip()
        refused = next((answer for name, answer in REFUSED.items() if name in line), b"")
        if word == b"RCPT" and refused:
            lines.write(refused)
        elif word == b"DATA":
            lines.write(b"354 End data with <CR><LF>.<CR><LF>\r\n")
        elif word == b"QUIT":
            lines.write(b"221 2.0.0 Bye\r\n")
            break
        elif word in (b"EHLO", b"HELO", b"MAIL", b"RCPT", b"RSET", b"."):
            lines.write(b"250 2.0.0 Ok\r\n")
    lines.close()


def web(client: socket.socket) -> None:
    """Answer one request."""
    asked = b""
    while b"\r\n\r\n" not in asked and (more := client.recv(4000)):
        asked += more
    path = asked.split()[1] if asked else b""
    head = b"HTTP/1.1 200 OK\r\nServer: shop\r\nContent-Type: text/plain\r\n"
    if path == b"/cut":
        client.sendall(head + b"Content-Length: 50000\r\n\r\n" + b"x" * 12_000)
    elif path == b"/chunk-cut":
        client.sendall(head + b"Transfer-Encoding: chunked\r\n\r\n5\r\nhello\r\n")
    elif path == b"/chunk":
        client.sendall(head + b"Transfer-Encoding: chunked\r\n\r\n5\r\nhello\r\n0\r\n\r\n")
    elif path == b"/reset":
        client.sendall(head + b"Content-Length: 50000\r\n\r\n" + b"x" * 2000)
        time.sleep(0.2)
        client.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
    elif path == b"/trickle":
        client.sendall(head + b"Content-Length: 240000\r\n\r\n")
        for _ in range(40):
            client.sendall(b"x" * 6000)
            time.sleep(0.2)
    elif path == b"/old":
        client.sendall(b"HTTP/1.0 200 OK\r\n\r\n" + b"x" * 3000)
    elif path == b"/head":
        client.sendall(head + b"Content-Length: 3000\r\nConnection: close\r\n\r\n")
    elif path != b"/hangup":
        client.sendall(head + b"Content-Length: 2\r\n\r\nok")


def serve(port: int, talk: Callable[[socket.socket], None]) -> None:
    """Talk to each client in a thread of its own."""

    def one(client: socket.socket) -> None:
        with client:
            talk(client)

    server = socket.create_server(("0.0.0.0", port))
    while True:
        threading.Thread(target=one, args=(server.accept()[0],), daemon=True).start()


# sysName.0 and its value, version 2c, community "m0nitor".
ASK = bytes.fromhex("302a02010104076d306e69746f72a01c020401020304020100020100300e300c06082b060102010105000500")
SAY = bytes.fromhex(
    "302f02010104076d306e69746f72a2210204010203040201000201003013301106082b06010201010500040573772d3031"
)


def snmp(host: str) -> None:
    """Ask a server for its name, or be one."""
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as wire:
        if host:
            wire.settimeout(1)
            for _ in range(3):
                wire.sendto(ASK, (host, 161))
                wire.recvfrom(1500)
                time.sleep(0.3)
            return
        wire.bind(("0.0.0.0", 161))
        while True:
            wire.sendto(SAY, wire.recvfrom(1500)[1])


match sys.argv[1]:
    case "mail":
        serve(25, mail)
    case "web":
        serve(8080, web)
    case "snmp":
        snmp(sys.argv[3] if len(sys.argv) > 3 else "")
