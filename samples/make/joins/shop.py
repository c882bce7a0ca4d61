"""The application of joins.sh: a request by its path calls another service, and the log says what came of it.

    python3 shop.py LOG

Listens on port 8000. /tls, /name/HOST, /mail/RECIPIENT and /hang do what they say; all else is answered at once.
"""

import http.server
import logging
import smtplib
import sys
import time
import urllib.request

LOG = logging.getLogger("shop.app")


class Shop(http.server.BaseHTTPRequestHandler):
    """Answer 200, or 500 where the other service failed."""

    protocol_version = "HTTP/1.1"

    def log_message(self, form: str, *values: object) -> None:
        """Write the access log into the log of the application."""
        LOG.info("%s %s", self.client_address[0], form % values)

    def do_GET(self) -> None:
        """Call what the path names."""
        _, what, *rest = self.path.split("/")
        status = 200
        try:
            if what == "tls":
                urllib.request.urlopen("https://api.example:8443/", timeout=5)
            elif what == "name":
                urllib.request.urlopen(f"http://{rest[0]}/", timeout=9)
            elif what == "mail":
                with smtplib.SMTP("mail.example", 25, local_hostname="app-1.example", timeout=5) as server:
                    server.sendmail("shop@example.com", [rest[0]], "Subject: order\r\n\r\nThank you.")
            elif what == "hang":
                time.sleep(20)
        except Exception:
            LOG.exception("request %s failed", self.path)
            status = 500
        self.send_response(status)
        self.send_header("Content-Length", "3")
        self.end_headers()
        self.wfile.write(b"ok\n")


logging.basicConfig(filename=sys.argv[1], level=logging.INFO, format="%(asctime)s %(levelname)s %(name)s: %(message)s")
http.server.ThreadingHTTPServer(("0.0.0.0", 8000), Shop).serve_forever()
