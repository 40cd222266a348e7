from __future__ import annotations

from review.case import Case

CASES = (
    Case(
        "data/every-row-deleted",
        "postgresql",
        "CREATE TABLE orders (id serial PRIMARY KEY, state text);",
        bad='op.execute("DELETE FROM orders")',
        good="""
            op.execute("CREATE TABLE kept AS SELECT * FROM orders")
            op.execute("DELETE FROM kept")
        """,
        advised='op.execute("DELETE FROM orders WHERE id = 1")',
    ),
    Case(
        "data/every-row-deleted",
        "postgresql",
        """
        CREATE TABLE users (id serial PRIMARY KEY);
        CREATE TABLE orders (user_id int NOT NULL REFERENCES users ON DELETE CASCADE);
        INSERT INTO users VALUES (1), (2), (3);
        INSERT INTO orders VALUES (1), (1);
        """,
        bad='op.execute("DELETE FROM users WHERE id = 1")',
        good='op.execute("DELETE FROM users WHERE id = 2")',
        advised="""
            # assay: allow every-row-deleted orders -- the test user's
            op.execute("DELETE FROM users WHERE id = 1")
        """,
    ),
    *(
        Case(
            "data/every-row-deleted",
            engine,
            "CREATE TABLE orders (id INTEGER PRIMARY KEY, state VARCHAR(20));",
            bad="""op.execute("DELETE FROM orders")""",
            good="""op.execute("DELETE FROM orders WHERE id = -5")""",
            advised="""op.execute("DELETE FROM orders WHERE id = -6")""",
        )
        for engine in ("mysql", "sqlite")
    ),
)
