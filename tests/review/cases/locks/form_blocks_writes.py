from __future__ import annotations

from review.case import Case

SETUP = "CREATE TABLE orders (id INT PRIMARY KEY, total INT);"

CASES = (
    Case(
        "locks/form-blocks-writes",
        "mysql",
        "CREATE TABLE orders (id CHAR(36) PRIMARY KEY, total INT);",
        bad='op.execute("ALTER TABLE orders ADD no INT AUTO_INCREMENT UNIQUE")',
        good='op.execute("ALTER TABLE orders ADD no INT UNIQUE")',
        advised="pass",
        same=False,
    ),
    Case(
        "locks/form-blocks-writes",
        "mysql",
        SETUP,
        bad='op.execute("ALTER TABLE orders ADD COLUMN note TEXT, LOCK=EXCLUSIVE")',
        good='op.execute("ALTER TABLE orders ADD COLUMN note TEXT")',
        advised='op.execute("ALTER TABLE orders ADD COLUMN note TEXT, LOCK=NONE")',
    ),
)
