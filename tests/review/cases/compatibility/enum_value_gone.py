from __future__ import annotations

from review.case import Case

SETUP = """
CREATE TYPE mood AS ENUM ('glad', 'sad');
CREATE TABLE users (id int PRIMARY KEY, mood mood);
"""

CASES = (
    Case(
        "compatibility/enum-value-gone",
        "postgresql",
        SETUP,
        bad="op.execute(\"ALTER TYPE mood RENAME VALUE 'sad' TO 'unhappy'\")",
        good="op.execute('ALTER TYPE mood RENAME TO feeling')",
        advised="op.execute(\"ALTER TYPE mood ADD VALUE 'unhappy'\")",
        same=False,
    ),
    Case(
        "compatibility/enum-value-gone",
        "postgresql",
        SETUP,
        bad="""
            op.execute("CREATE TYPE mood2 AS ENUM ('glad')")
            op.execute("ALTER TABLE users ALTER mood TYPE mood2 USING 'glad'::mood2")
        """,
        good="""
            op.execute("CREATE TYPE mood2 AS ENUM ('glad', 'sad', 'mad')")
            op.execute("ALTER TABLE users ALTER mood TYPE mood2 USING mood::text::mood2")
        """,
        advised="op.execute(\"ALTER TYPE mood ADD VALUE 'mad'\")",
        same=False,
    ),
    Case(
        "compatibility/enum-value-gone",
        "mysql",
        "CREATE TABLE users (id int PRIMARY KEY, mood ENUM('glad', 'sad'));\n"
        "INSERT INTO users VALUES (1, 'glad');",
        bad="op.execute(\"ALTER TABLE users MODIFY mood ENUM('glad', 'unhappy')\")",
        good="op.execute(\"ALTER TABLE users MODIFY mood ENUM('glad', 'sad', 'mad')\")",
        advised="op.execute(\"ALTER TABLE users MODIFY mood ENUM('glad', 'sad', 'unhappy')\")",
        same=False,
    ),
)
