"""One client that works at points of the tables until its standard input says something.

    python load.py write|read URL ROWS CUSTOMERS SEED SECONDS

Says "ready", works at most so many seconds, then writes a JSON list of [begin, end] of its
statements, seconds of the machine's monotonic clock, which is one for all processes.
"""

from __future__ import annotations

import json
import random
import select
import sys
import time

import psycopg

PAUSE = 0.003
"""Seconds between two statements: enough load to notice a stall, not so much that it is one."""

STATEMENTS = {
    "write": (
        "UPDATE orders SET amount = amount + 1 WHERE number = %s",
        "UPDATE customers SET visits = visits + 1 WHERE id = %s",
    ),
    "read": (
        "SELECT amount, note FROM orders WHERE number = %s",
        "SELECT name, visits FROM customers WHERE id = %s",
    ),
}


def work(role: str, url: str, rows: int, customers: int, seed: int, limit: float) -> None:
    """Two statements of three meet ``orders``, one meets ``customers``."""
    chosen = random.Random(seed)
    on_orders, on_customers = STATEMENTS[role]
    spans: list[tuple[float, float]] = []
    with psycopg.connect(url, autocommit=True) as connection:
        print("ready", flush=True)
        deadline = time.monotonic() + limit
        while time.monotonic() < deadline and not select.select([sys.stdin], [], [], PAUSE)[0]:
            on_parent = len(spans) % 3 == 2
            statement = on_customers if on_parent else on_orders
            point = chosen.randrange(customers if on_parent else rows)
            begin = time.monotonic()
            cursor = connection.execute(statement, (point,))
            if role == "read":
                cursor.fetchall()
            spans.append((begin, time.monotonic()))
    json.dump(spans, sys.stdout)


if __name__ == "__main__":
    role, url, *numbers = sys.argv[1:]
    work(role, url, *(int(one) for one in numbers[:3]), float(numbers[3]))
