"""The shop of the story in slow-query.sh: many quick pages, and a report that compares every order with every other."""

import logging
import sys
import threading
import time

import psycopg2

DATABASE, LOG = sys.argv[1:3]
logging.basicConfig(filename=LOG, level=logging.INFO, format="%(asctime)s %(levelname)s %(name)s: %(message)s")
log = logging.getLogger("shop")
PAGE = "select id, customer from orders where id between {0} and {0} + 20"
REPORT = """select a.customer, count(*) from orders a join orders b on a.customer = b.customer
    and md5(a.note || a.id) < md5(b.note || b.id) where a.id % 2 = {0} and position(b.id::text in a.note || b.note) = 0
    group by a.customer order by 2 desc"""


def ask(connection, name: str, sql: str) -> None:
    begin = time.monotonic()
    with connection.cursor() as cursor:
        cursor.execute(sql)
        rows = cursor.fetchall()
    connection.commit()
    log.info("%s: %d rows in %d ms", name, len(rows), (time.monotonic() - begin) * 1000)


def pages(stop: threading.Event) -> None:
    connection = psycopg2.connect(DATABASE)
    turn = 0
    while not stop.wait(0.15):
        ask(connection, f"page {turn}", PAGE.format(1 + turn * 20))
        turn += 1
    connection.close()


def main() -> None:
    stop = threading.Event()
    visitors = threading.Thread(target=pages, args=(stop,))
    visitors.start()
    connection = psycopg2.connect(DATABASE)
    with connection.cursor() as cursor:
        # As a pool does that was told to spare indexes for a bulk load and never told otherwise.
        cursor.execute("set enable_hashjoin = off")
        cursor.execute("set enable_mergejoin = off")
    for turn in range(3):
        time.sleep(1.5)
        ask(connection, f"report {turn}", REPORT.format(turn % 2))
    connection.close()
    time.sleep(1)
    stop.set()
    visitors.join()


main()
