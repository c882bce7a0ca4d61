"""Makes thumbnails; one customer's picture is far larger than the machine."""

import logging
import sys
import time

logging.basicConfig(stream=sys.stderr, level=logging.INFO, format="%(levelname)s %(name)s: %(message)s")
log = logging.getLogger("thumbnailer")

PICTURES_MB = (2, 4, 3, 2, 5, 400)

log.info("ready, %d pictures in the queue", len(PICTURES_MB))
for number, size in enumerate(PICTURES_MB, start=1):
    log.info("picture %d: decoding %d MB", number, size)
    pixels = bytearray()
    while len(pixels) < size << 20:
        pixels += b"\x7f" * (1 << 20)
        time.sleep(0.01)
    log.info("picture %d: done", number)
    time.sleep(1)
