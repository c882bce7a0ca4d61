"""People at work: requests at a steady rate from several addresses, whatever the answers are.

Usage: clients.py URL SECONDS REQUESTS_PER_SECOND "GET /path POST /path ..." ADDRESS...
"""

import http.client
import random
import sys
import threading
import time
import urllib.parse

AGENTS = (
    "Mozilla/5.0 (Windows NT 10.0; Win64; x64; rv:131.0) Gecko/20100101 Firefox/131.0",
    "Mozilla/5.0 (iPhone; CPU iPhone OS 17_6 like Mac OS X) AppleWebKit/605.1.15 Version/17.6",
    "okhttp/4.12.0",
    "curl/7.88.1",
)


def request(host: str, port: int, address: str, method: str, path: str, agent: str) -> None:
    """Make one request; an answer that does not come is the story's business, not an error here."""
    connection = http.client.HTTPConnection(host, port, timeout=20, source_address=(address, 0))
    try:
        connection.request(method, path, headers={"User-Agent": agent})
        connection.getresponse().read()
    except (OSError, http.client.HTTPException) as error:
        print(f"{address} {method} {path}: {error}", file=sys.stderr)
    finally:
        connection.close()


def main() -> None:
    """Start one thread a request, so that slow answers do not lower the rate."""
    url = urllib.parse.urlsplit(sys.argv[1])
    seconds, rate, addresses = float(sys.argv[2]), float(sys.argv[3]), sys.argv[5:]
    words = sys.argv[4].split()
    requests = list(zip(words[::2], words[1::2], strict=True))
    pick = random.Random(7)
    end = time.monotonic() + seconds
    threads = []
    while time.monotonic() < end:
        who = pick.randrange(len(addresses))
        method, path = pick.choice(requests)
        arguments = (url.hostname, url.port or 80, addresses[who], method, path, AGENTS[who % len(AGENTS)])
        threads.append(threading.Thread(target=request, args=arguments))
        threads[-1].start()
        time.sleep(1 / rate)
    for thread in threads:
        thread.join()


if __name__ == "__main__":
    main()
