from __future__ import annotations

from review.case import Case

SETUP = "CREATE TABLE users (id int PRIMARY KEY, nick varchar(20));"
PREAMBLE = """
import os
import tempfile
from pathlib import Path

NICKS = Path(__file__).with_name("nicks.csv")
"""
ASIDE = 'op.execute("CREATE TABLE nicks AS SELECT id, nick FROM users")'

CASES = (
    *(
        Case(
            "hygiene/writes-files",
            engine,
            SETUP,
            bad='NICKS.write_text("1,Al")',
            # only read, nothing, gone by itself
            good="""
                Path(__file__).read_text()
                with open(os.devnull, "w") as nothing:
                    nothing.write("x")
                with tempfile.TemporaryFile() as file:
                    file.write(b"1,Al")
            """,
            advised=ASIDE,
            same=False,
            preamble=PREAMBLE,
        )
        for engine in ("postgresql", "mysql", "sqlite")
    ),
    Case(
        "hygiene/writes-files",
        "sqlite",
        SETUP,
        bad='op.add_column("users", sa.Column("age", sa.Integer()))',
        bad_down="""
            with open(NICKS, mode="a") as file:
                file.write("1,Al")
        """,
        good='op.add_column("users", sa.Column("age", sa.Integer()))',
        good_down="""
            with open(__file__, "rb") as file:
                file.read()
        """,
        advised='op.add_column("users", sa.Column("age", sa.Integer()))',
        preamble=PREAMBLE,
    ),
)
