from __future__ import annotations

from review.case import Case

UP = 'op.drop_index("ix", "users")\nop.drop_column("users", "nick")'
COLUMN = 'op.add_column("users", sa.Column("nick", sa.String(20)))'

CASES = tuple(
    Case(
        "hygiene/downgrade-differs",
        engine,
        "CREATE TABLE users (id int PRIMARY KEY, nick varchar(20));\nCREATE INDEX ix ON users (nick);",
        bad=UP,
        bad_down=COLUMN,
        good='op.drop_index("ix", "users")',
        good_down='op.create_index("ix", "users", ["nick"])',
        advised=UP,
        advised_down=COLUMN + '\nop.create_index("ix", "users", ["nick"])',
    )
    for engine in ("postgresql", "mysql", "sqlite")
)
