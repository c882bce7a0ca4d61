"""A warehouse service: stock movements in PostgreSQL, the stock's totals cached in Redis."""

import logging
import sys

import redis
import sqlalchemy
from flask import Flask, Response, jsonify

logging.basicConfig(
    stream=sys.stderr,
    level=logging.INFO,
    format="%(asctime)s.%(msecs)03dZ %(levelname)-8s %(name)s %(message)s",
    datefmt="%Y-%m-%dT%H:%M:%S",
)
app = Flask("erp")
engine = sqlalchemy.create_engine("postgresql://erp:not-a-real-password@erp-db-1/erp", pool_size=4, pool_pre_ping=True)
cache = redis.Redis(host="erp-db-1", socket_timeout=2)
# The scan is made in the database, so that no log line holds 80 kB of it.
INSERT = sqlalchemy.text(
    "INSERT INTO movements (item, note)"
    " SELECT 'pallet', string_agg(md5(random()::text), '') FROM generate_series(1, 2500)"
)


@app.get("/stock")
def stock() -> Response:
    """Answer with the number of movements and remember it."""
    with engine.connect() as connection:
        count = connection.execute(sqlalchemy.text("SELECT count(*) FROM movements")).scalar_one()
    cache.set("stock", count)
    return jsonify(movements=count)


@app.post("/movements")
def add_movement() -> tuple[Response, int]:
    """Store one movement with a scanned delivery note."""
    with engine.begin() as connection:
        connection.execute(INSERT)
    app.logger.info("movement stored")
    return jsonify(stored=True), 201
