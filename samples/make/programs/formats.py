"""Writes the same few minutes of a service in the formats that Python programs are seen with.

Usage: formats.py FOLDER
"""

import json
import logging
import os
import sys
import time
import warnings
from collections.abc import Callable
from pathlib import Path

import absl.logging
import loguru
import structlog
from pythonjsonlogger import jsonlogger

FORMATS = {
    "basic-default": logging.BASIC_FORMAT,
    "time-name-level": "%(asctime)s - %(name)s - %(levelname)s - %(message)s",
    "level-first": "[%(levelname)s] %(asctime)s %(module)s:%(lineno)d %(message)s",
    "django": "%(levelname)s %(asctime)s %(module)s %(process)d %(thread)d %(message)s",
    "airflow": "[%(asctime)s] {%(filename)s:%(lineno)d} %(levelname)s - %(message)s",
    "openstack": "%(asctime)s.%(msecs)03d %(process)d %(levelname)s %(name)s [-] %(message)s",
    "pipes": "%(asctime)s | %(levelname)-8s | %(name)s:%(funcName)s:%(lineno)d | %(message)s",
}


def faults() -> dict[str, Callable[[], object]]:
    """Calls that fail, each in a way that is met in practice."""
    return {
        "settings are incomplete": lambda: os.environ["DATABASE_URL"],
        "report cannot be read": lambda: Path("/var/lib/billing/report.csv").read_text(encoding="utf-8"),
        "amount is not a number": lambda: int("12,50"),
        "answer is not JSON": lambda: json.loads("<html>502 Bad Gateway</html>"),
        "customer is missing": lambda: None.name,  # type: ignore[attr-defined]
        "name is not UTF-8": lambda: b"M\xfcller".decode("utf-8"),
        "average of nothing": lambda: 0 / 0,
    }


def serve(log: logging.Logger) -> None:
    """A service's life in one page."""
    log.info("billing 2.8.1 starting")
    log.debug("settings read from /etc/billing/settings.toml")
    log.warning("cache is cold, the first requests will be slow")
    for number, (title, fault) in enumerate(faults().items(), start=1):
        log.info("job %d started, tenant=%s", number, f"t-{number:03d}")
        try:
            fault()
        except (KeyError, OSError, ValueError, AttributeError, ZeroDivisionError) as error:
            try:
                raise RuntimeError(title) from error
            except RuntimeError:
                log.exception("job %d failed: %s", number, title)
        time.sleep(0.05)
    warnings.warn("the option 'retry' is deprecated, use 'retries'", DeprecationWarning, stacklevel=1)
    log.critical("no worker left, giving up")


def main() -> None:
    """Write one file a format."""
    folder = Path(sys.argv[1])
    logging.captureWarnings(True)
    warnings.simplefilter("always")
    log = logging.getLogger("billing.jobs")
    root = logging.getLogger()
    root.setLevel(logging.DEBUG)
    formatters: dict[str, logging.Formatter] = {
        name: logging.Formatter(pattern, datefmt="%Y-%m-%d %H:%M:%S" if name == "openstack" else None)
        for name, pattern in FORMATS.items()
    }
    formatters["json-logger"] = jsonlogger.JsonFormatter(
        "%(asctime)s %(levelname)s %(name)s %(message)s", timestamp=True
    )
    formatters["absl"] = absl.logging.PythonFormatter()
    for name, formatter in formatters.items():
        handler = logging.FileHandler(folder / f"{name}.log", encoding="utf-8")
        handler.setFormatter(formatter)
        root.handlers = [handler]
        serve(log)

    loguru.logger.remove()
    # loguru's own default, without its colours; "diagnose" would print variables.
    loguru.logger.add(folder / "loguru.log", diagnose=False)
    loguru.logger.info("billing 2.8.1 starting")
    for title, fault in faults().items():
        with loguru.logger.catch(message=title):
            fault()

    for name, renderer in {
        "structlog-console": structlog.dev.ConsoleRenderer(
            colors=False, exception_formatter=structlog.dev.plain_traceback
        ),
        "structlog-logfmt": structlog.processors.LogfmtRenderer(key_order=["timestamp", "level", "event"]),
        "structlog-json": structlog.processors.JSONRenderer(),
    }.items():
        with (folder / f"{name}.log").open("w", encoding="utf-8") as file:
            exceptions = [] if name == "structlog-console" else [structlog.processors.format_exc_info]
            structlog.configure(
                processors=[
                    structlog.processors.add_log_level,
                    structlog.processors.TimeStamper(fmt="iso"),
                    *exceptions,
                    renderer,
                ],
                logger_factory=structlog.WriteLoggerFactory(file=file),
                cache_logger_on_first_use=False,
            )
            events = structlog.get_logger()
            events.info("billing starting", version="2.8.1", workers=4)
            events.warning("cache is cold", hit_rate=0.0)
            for number, (title, fault) in enumerate([*faults().items()] * 2, start=1):
                events.info("job started", job=number, tenant=f"t-{number:03d}")
                try:
                    fault()
                except (KeyError, OSError, ValueError, AttributeError, ZeroDivisionError):
                    events.exception(title, job=number)


if __name__ == "__main__":
    main()
