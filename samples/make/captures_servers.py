"""The other end of the traffic in samples/captures: small servers that fail in the way that is asked for.

    python3 captures_servers.py KIND [ARGUMENT]

Listens on 10.77.0.2 until it is killed; captures_app.py starts it inside a network namespace of its own. "knock" is the
other way round: it sends a datagram and ends.
"""

import http.server
import socket
import struct
import sys
import threading
import time

HERE = "10.77.0.2"


def dns(kind: str) -> None:
    """Answer DNS questions: servfail, slow, names without an x only (some), or nothing at all (drop)."""
    server = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
    server.bind((HERE, 53))
    while True:
        question, client = server.recvfrom(2000)
        if kind == "drop" or (kind == "some" and b"x" in question[12:20]):
            continue
        if kind == "slow":
            time.sleep(0.8)
        rcode = 2 if kind == "servfail" else 0
        end = question.index(b"\0", 12) + 5
        head = question[:2] + struct.pack(">HHHHH", 0x8180 | rcode, 1, int(rcode == 0), 0, 0)
        answer = b"\xc0\x0c" + struct.pack(">HHIH", 1, 1, 60, 4) + bytes([10, 77, 0, 2]) if rcode == 0 else b""
        server.sendto(head + question[12:end] + answer, client)


class Web(http.server.BaseHTTPRequestHandler):
    """Answer with the status that the path names; /slow thinks first."""

    protocol_version = "HTTP/1.1"

    def do_GET(self) -> None:
        """Answer a request."""
        word = self.path.strip("/")
        if word == "slow":
            time.sleep(1.6)
        code = int(word) if word.isdigit() else 200
        body = b"here you are\n"
        self.send_response(code)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)


def web(_: str) -> None:
    """Serve HTTP on port 8080."""
    http.server.ThreadingHTTPServer((HERE, 8080), Web).serve_forever()


def deaf(_: str) -> None:
    """Accept connections on port 8443 and never say a word."""
    server = socket.create_server((HERE, 8443))
    kept = []
    while True:
        kept.append(server.accept()[0])


def ntp(_: str) -> None:
    """Answer as a server whose clock was never set: leap 3, stratum 16."""
    server = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
    server.bind((HERE, 123))
    while True:
        asked, client = server.recvfrom(100)
        now = int((time.time() + 2_208_988_800) * 2**32)
        head = struct.pack(">BBbbII4sQ", 0xE4, 16, 6, -20, 0, 0, b"INIT", 0)
        server.sendto(head + asked[40:48] + struct.pack(">QQ", now, now), client)


def talk(greeting: str, answers: dict[str, str], port: int) -> None:
    """Serve a protocol of lines: the answer to a command by its first word."""

    def serve(client: socket.socket) -> None:
        with client, client.makefile("rb") as lines:
            client.sendall(greeting.encode() + b"\r\n")
            for line in lines:
                word = line.split()[0].decode().upper() if line.split() else ""
                client.sendall(answers.get(word, "502 Command not implemented").encode() + b"\r\n")
                if word == "QUIT":
                    return

    server = socket.create_server((HERE, port))
    while True:
        threading.Thread(target=serve, args=(server.accept()[0],), daemon=True).start()


def smtp(_: str) -> None:
    """Refuse every recipient."""
    answers = {
        "EHLO": "250-mail.example\r\n250 SIZE 10240000",
        "HELO": "250 mail.example",
        "MAIL": "250 2.1.0 Ok",
        "RCPT": "550 5.1.1 <nobody@mail.example>: Recipient address rejected: User unknown",
        "RSET": "250 2.0.0 Ok",
        "QUIT": "221 2.0.0 Bye",
    }
    talk("220 mail.example ESMTP", answers, 25)


def ftp(kind: str) -> None:
    """Let nobody in, or everybody (open)."""
    answers = {"USER": "331 Please specify the password.", "QUIT": "221 Goodbye."}
    answers["PASS"] = "230 Login successful." if kind == "open" else "530 Login incorrect."
    talk("220 (files 1.0)", answers, 21)


def sip(_: str) -> None:
    """Answer every call with 503."""
    server = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
    server.bind((HERE, 5060))
    while True:
        request, client = server.recvfrom(4000)
        kept = [
            line
            for line in request.decode().split("\r\n")
            if line.split(":")[0] in ("Via", "From", "To", "Call-ID", "CSeq")
        ]
        if not request.startswith(b"ACK"):
            answer = ["SIP/2.0 503 Service Unavailable", *kept, "Retry-After: 120", "Content-Length: 0", "", ""]
            server.sendto("\r\n".join(answer).encode(), client)


def sink(_: str) -> None:
    """Take datagrams on port 4000, at every address of the host."""
    server = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
    server.bind(("", 4000))
    while True:
        server.recv(65536)


def knock(address: str) -> None:
    """Send one datagram to somebody."""
    socket.socket(socket.AF_INET, socket.SOCK_DGRAM).sendto(b"hello", (address, 4000))


if __name__ == "__main__":
    {
        "dns": dns,
        "web": web,
        "deaf": deaf,
        "ntp": ntp,
        "smtp": smtp,
        "ftp": ftp,
        "sip": sip,
        "sink": sink,
        "knock": knock,
    }[sys.argv[1]](sys.argv[2] if len(sys.argv) > 2 else "")
