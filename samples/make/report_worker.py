"""Sums up the orders of every region every second.

Release 2.3.0 skips a report when nothing is new, and that early return forgets to give the connection back.
"""

import logging
import sys
import time
from concurrent.futures import ThreadPoolExecutor

import psycopg2

logging.basicConfig(
    filename="/var/log/reports/worker.log",
    level=logging.INFO,
    format="%(asctime)s %(levelname)s [%(process)d] %(name)s: %(message)s",
)
log = logging.getLogger("reports.worker")

DSN = "host=shop-db-1 dbname=shop user=reports password=not-a-real-password application_name=report-worker"
REGIONS = ("north", "east", "south", "west", "islands", "abroad")


class RegionReport:
    """The report of one region, rebuilt whenever orders came in."""

    def __init__(self, region: str, release: str) -> None:
        """Take the region's name and the worker's release, which decides whether the bug is in."""
        self.region = region
        self.leaks = release == "2.3.0"
        self.orders = -1
        self.forgotten: list[psycopg2.extensions.connection] = []

    def build(self) -> None:
        """Ask the database and write the report's line; a failure is logged and tried again next time."""
        try:
            connection = psycopg2.connect(DSN)
        except psycopg2.Error:
            log.exception("report for region %s failed", self.region)
            return
        with connection.cursor() as cursor:
            cursor.execute(
                "SELECT count(*), coalesce(sum(cents), 0) FROM orders WHERE id %% 6 = %s",
                (REGIONS.index(self.region),),
            )
            orders, cents = cursor.fetchone()
        if self.leaks and orders == self.orders:
            log.info("region %s: no new orders, report skipped", self.region)
            # Python would close what nothing refers to; a real pool or cache keeps such references.
            self.forgotten.append(connection)
            return
        self.orders = orders
        log.info("region %s: %d orders, %.2f EUR", self.region, orders, cents / 100)
        connection.close()


def main() -> None:
    """Run until killed; the argument is the release."""
    release = sys.argv[1]
    log.info("report worker %s started", release)
    reports = [RegionReport(region, release) for region in REGIONS]
    with ThreadPoolExecutor(len(reports)) as executor:
        while True:
            list(executor.map(RegionReport.build, reports))
            time.sleep(1)


if __name__ == "__main__":
    main()
