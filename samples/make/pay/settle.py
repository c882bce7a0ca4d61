"""Asks the payment service for yesterday's settlements, every two seconds for the story's sake."""

import logging
import ssl
import time
import urllib.request

logging.basicConfig(
    filename="/srv/jobs/logs/settle.log",
    level=logging.INFO,
    format="%(levelname)s:%(asctime)s:%(name)s:%(lineno)d: %(message)s",
)
log = logging.getLogger("settle")
context = ssl.create_default_context(cafile="/srv/jobs/ca.pem")

while True:
    try:
        with urllib.request.urlopen("https://api.pay.example.com/settlements", context=context) as answer:
            log.info("settlements: HTTP %d, %d bytes", answer.status, len(answer.read()))
    except OSError:
        log.exception("settlements cannot be fetched")
    time.sleep(2)
