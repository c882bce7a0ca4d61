"""The shop of the story in net-trouble.sh: orders from PostgreSQL, refunds through a payment service."""

import json
import logging
import sys
import threading
import urllib.request
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import psycopg2

DATABASE, PAYMENT, LOG = sys.argv[1:4]
logging.basicConfig(
    filename=LOG, level=logging.INFO, format="%(asctime)s %(levelname)s [%(threadName)s] %(name)s: %(message)s"
)
log = logging.getLogger("shop")
LOCAL = threading.local()


def query(sql: str) -> list[tuple[object, ...]]:
    """Ask the database on the connection of this thread, as pools of this size do."""
    if getattr(LOCAL, "connection", None) is None:
        LOCAL.connection = psycopg2.connect(DATABASE, connect_timeout=3)
    with LOCAL.connection, LOCAL.connection.cursor() as cursor:
        cursor.execute(sql)
        return cursor.fetchall()


class Shop(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"

    def do_GET(self) -> None:
        self.answer(lambda: {"orders": len(query("select id from orders"))})

    def do_POST(self) -> None:
        body = self.rfile.read(int(self.headers.get("Content-Length", 0)))
        self.answer(lambda: self.refund(body))

    def refund(self, body: bytes) -> dict[str, object]:
        # The payment service wants the whole history of the order.
        request = urllib.request.Request(PAYMENT, data=body + b"#" * 400_000, method="POST")
        with urllib.request.urlopen(request, timeout=10) as response:
            return {"refund": response.status}

    def answer(self, work) -> None:
        host, port = self.client_address
        try:
            status, data = 200, work()
        except Exception:
            log.exception("request %s %s failed", self.command, self.path)
            status, data = 500, {"error": "sorry"}
        log.info("%s:%d %s %s %d", host, port, self.command, self.path, status)
        text = json.dumps(data).encode()
        self.send_response(status)
        self.send_header("Content-Length", str(len(text)))
        self.send_header("Connection", "close")
        self.end_headers()
        self.wfile.write(text)

    def log_message(self, *_) -> None:
        pass


log.info("listening on port 8000")
ThreadingHTTPServer(("", 8000), Shop).serve_forever()
