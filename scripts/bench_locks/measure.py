"""One upgrade under load: the longest statement of a writer and of a reader that met it."""

from __future__ import annotations

import json
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path

import psycopg
from benching import ran
from forms import alembic

LOAD = Path(__file__).with_name("load.py")
ROLES = ("write", "write", "write", "read")
CALM = 3.0
"""Seconds of load alone before the upgrade: what a statement takes without it."""
LEAST = 1.0
"""Seconds that are looked at from the beginning of an upgrade on, however short it is: in a few
milliseconds a client may have no statement at all."""
LIMIT = 900.0
"""Seconds after which a client ends by itself."""
ATTEMPTS = 30
PAUSE = 1.0
"""Seconds before an upgrade that gave up waiting for its lock is run again."""

Spans = list[tuple[float, float]]


@dataclass(frozen=True)
class Stalls:
    """Milliseconds of the longest statement of each role, with the upgrade and before it.

    :param seconds: from the first statement of the first attempt to the end of the last one.
    :param attempts: how many times ``alembic upgrade head`` was run until it succeeded.
    """

    writer: float
    reader: float
    calm_writer: float
    calm_reader: float
    seconds: float
    attempts: int


def libpq(url: str) -> str:
    """A URL that psycopg takes."""
    return url.replace("postgresql+psycopg://", "postgresql://", 1)


def longest(spans: Spans, begin: float, end: float) -> float:
    """Milliseconds of the longest statement that ran at some time between the two."""
    met = [to - at for at, to in spans if at <= end and to >= begin]
    return max(met, default=0.0) * 1000


def upgrade(
    folder: Path, url: str, rows: int, customers: int, marks: Path, held: float | None
) -> Stalls:
    """Run ``alembic upgrade head`` in a process of its own while the clients work.

    :param held: seconds that a transaction which has read the table stays open; None for none.
    """
    clients = [
        _client(role, url, rows, customers, number) for number, role in enumerate(ROLES, start=1)
    ]
    try:
        for client in clients:
            _ready(client)
        calm = time.monotonic()
        time.sleep(CALM)
        calm_end = time.monotonic()
        with _reader(url, held):
            begin, end, attempts = _until_done(folder, url, marks)
        time.sleep(LEAST + 0.2)
        spans = [_spans(client) for client in clients]
    finally:
        for client in clients:
            client.kill()
            client.wait()
    until = max(end, begin + LEAST)
    by_role: dict[str, Spans] = {"write": [], "read": []}
    for role, found in zip(ROLES, spans, strict=True):
        if not found or found[-1][1] < until:
            raise SystemExit(f"a client ended before the upgrade did ({LIMIT:.0f} s)")
        by_role[role] += found
    return Stalls(
        writer=longest(by_role["write"], begin, until),
        reader=longest(by_role["read"], begin, until),
        calm_writer=longest(by_role["write"], calm, calm_end),
        calm_reader=longest(by_role["read"], calm, calm_end),
        seconds=end - begin,
        attempts=attempts,
    )


def _client(role: str, url: str, rows: int, customers: int, seed: int) -> subprocess.Popen[str]:
    numbers = [str(one) for one in (rows, customers, seed, LIMIT)]
    return subprocess.Popen(
        [sys.executable, str(LOAD), role, libpq(url), *numbers],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
    )


def _ready(client: subprocess.Popen[str]) -> None:
    assert client.stdout is not None
    if client.stdout.readline() != "ready\n":
        raise SystemExit("a client did not start")


def _spans(client: subprocess.Popen[str]) -> Spans:
    out, _ = client.communicate("stop\n")
    if client.returncode:
        raise SystemExit("a client failed")
    found: Spans = json.loads(out)
    return found


@contextmanager
def _reader(url: str, held: float | None) -> Iterator[None]:
    """A transaction that has read ``orders`` and ends by itself."""
    if held is None:
        yield
        return
    with psycopg.connect(libpq(url)) as connection:
        connection.execute("SELECT count(*) FROM (SELECT 1 FROM orders LIMIT 1) AS one")
        timer = threading.Timer(held, connection.rollback)
        timer.start()
        try:
            yield
        finally:
            timer.cancel()
            timer.join()


def _until_done(folder: Path, url: str, marks: Path) -> tuple[float, float, int]:
    """Begin, end and attempts; only waiting for a lock in vain is a reason for another one."""
    begin = None
    for attempt in range(1, ATTEMPTS + 1):
        with suppress(FileNotFoundError):
            marks.unlink()
        done = ran(alembic("upgrade", "head"), folder, BENCH_URL=url, BENCH_MARKS=str(marks))
        if done.returncode and "LockNotAvailable" not in done.stderr:
            raise SystemExit(f"alembic upgrade head failed:\n{done.stderr[-3000:]}")
        began, end = (float(one) for one in marks.read_text().split())
        begin = began if begin is None else begin
        if done.returncode == 0:
            return begin, end, attempt
        time.sleep(PAUSE)
    raise SystemExit(f"alembic upgrade head got no lock in {ATTEMPTS} attempts")
