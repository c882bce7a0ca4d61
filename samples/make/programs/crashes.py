"""Programs that end, or nearly end, with a traceback of the interpreter itself.

Usage: crashes.py NAME (without a name: prints the names)
"""

import asyncio
import importlib
import multiprocessing
import os
import resource
import socket
import subprocess
import sys
import threading
import urllib.request
from collections.abc import Callable
from concurrent.futures import ProcessPoolExecutor


def recursion() -> None:
    """Exceed the recursion limit."""
    recursion()


def memory() -> None:
    """Ask for more than the process may have."""
    resource.setrlimit(resource.RLIMIT_AS, (200 << 20, 200 << 20))
    bytearray(1 << 30)


def too_many_files() -> None:
    """Open more files than allowed."""
    resource.setrlimit(resource.RLIMIT_NOFILE, (20, 20))
    kept = [open("/etc/hostname") for _ in range(30)]  # noqa: SIM115, PTH123 (they shall stay open)
    print(len(kept))


def no_threads() -> None:
    """Start more threads than allowed."""
    resource.setrlimit(resource.RLIMIT_NPROC, (4, 4))
    os.setuid(65534)
    for _ in range(10):
        threading.Thread(target=threading.Event().wait, daemon=True).start()


def in_thread() -> None:
    """Fail in a thread."""
    worker = threading.Thread(target=lambda: [].pop(), name="worker-3")
    worker.start()
    worker.join()


def unretrieved() -> None:
    """Lose an asyncio task's exception."""

    async def fail() -> None:
        raise TimeoutError("upstream did not answer within 5 s")

    async def start() -> None:
        task = asyncio.create_task(fail(), name="poller")
        await asyncio.sleep(0)
        await asyncio.sleep(0)
        del task

    asyncio.run(start())


def group() -> None:
    """Fail twice at once."""

    async def fail(number: int) -> None:
        raise ConnectionResetError(104, f"Connection reset by peer (shard {number})")

    async def start() -> None:
        async with asyncio.TaskGroup() as tasks:
            tasks.create_task(fail(1))
            tasks.create_task(fail(2))

    asyncio.run(start())


def killed_worker() -> None:
    """Lose a worker process of a pool."""
    with ProcessPoolExecutor(1, mp_context=multiprocessing.get_context("fork")) as pool:
        pool.submit(os.abort).result()


def child_fails() -> None:
    """Check a child's exit code."""
    subprocess.run(["/bin/sh", "-c", "exit 137"], check=True)


def refused() -> None:
    """Connect to a port that nobody listens on."""
    urllib.request.urlopen("http://127.0.0.1:9/health")


def no_name() -> None:
    """Look up a name without a name server."""
    socket.create_connection(("db.shop.internal", 5432))


def port_taken() -> None:
    """Listen where somebody does already."""
    with socket.create_server(("127.0.0.1", 8099)):
        socket.create_server(("127.0.0.1", 8099))


def no_route() -> None:
    """Talk to a network without a route."""
    socket.create_connection(("10.77.0.1", 5432), timeout=1)


def permission() -> None:
    """Write as nobody where only root may."""
    os.setuid(65534)
    open("/etc/billing.lock", "w")  # noqa: SIM115, PTH123 (it fails)


def no_module() -> None:
    """Import what is not installed."""
    importlib.import_module("billing_plugins")


CRASHES: dict[str, Callable[[], None]] = {
    crash.__name__: crash
    for crash in (
        recursion, memory, too_many_files, no_threads, in_thread, unretrieved, group, killed_worker,
        child_fails, refused, no_name, port_taken, no_route, permission, no_module,
    )
}  # fmt: skip

if __name__ == "__main__":
    if len(sys.argv) > 1:
        CRASHES[sys.argv[1]]()
    else:
        print(*CRASHES)
