"""Keeps shopping carts in Redis; logs JSON lines with structlog."""

import os
import sys
import time
from pathlib import Path

import redis
import structlog

log_file = Path("/srv/cart/logs/cart.jsonl").open("a", buffering=1)  # noqa: SIM115 (open until the end)
structlog.configure(
    processors=[
        structlog.processors.add_log_level,
        structlog.processors.TimeStamper(fmt="iso"),
        structlog.processors.format_exc_info,
        structlog.processors.JSONRenderer(),
    ],
    logger_factory=structlog.WriteLoggerFactory(file=log_file),
)
log = structlog.get_logger(service="cart")
store = redis.Redis(host=sys.argv[1], socket_timeout=2)
replica = redis.Redis(host=sys.argv[2], socket_timeout=2)

cart = 0
while True:
    cart += 1
    try:
        store.set(f"cart:{cart}", os.urandom(30_000))
        found = replica.exists(f"cart:{cart}")
        log.info("cart saved", cart=cart, on_replica=bool(found))
    except redis.RedisError:
        log.exception("cart cannot be saved", cart=cart)
    time.sleep(0.04 if cart < 1600 else 0.25)
