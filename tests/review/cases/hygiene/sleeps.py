from __future__ import annotations

from review.case import Case

SETUP = "CREATE TABLE users (id int PRIMARY KEY);"
ASLEEP = {"postgresql": "SELECT pg_sleep(1.2)", "mysql": "SELECT sleep(1.2)"}

CASES = (
    *(
        Case(
            "hygiene/sleeps",
            engine,
            SETUP,
            bad=f'op.execute("{sql}")',
            good='op.execute("SELECT count(*) FROM users")',
            advised="pass",
        )
        for engine, sql in ASLEEP.items()
    ),
    Case(
        "hygiene/sleeps",
        "sqlite",
        SETUP,
        bad="time.sleep(30)",
        good="time.monotonic()",
        advised="pass",
        preamble="import time",
    ),
)
