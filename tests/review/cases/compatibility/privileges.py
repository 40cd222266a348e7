from __future__ import annotations

from review.case import Case

SETUP = """
CREATE TABLE users (id int PRIMARY KEY, nick text);
CREATE FUNCTION f() RETURNS int LANGUAGE sql AS 'SELECT 1';
"""

CASES = (
    Case(
        "compatibility/privileges",
        "postgresql",
        SETUP,
        bad="op.execute('GRANT SELECT, UPDATE ON users TO PUBLIC')",
        good="op.execute('GRANT SELECT ON users TO CURRENT_USER')",
        advised="pass",
    ),
    Case(
        "compatibility/privileges",
        "postgresql",
        SETUP,
        bad="op.execute('REVOKE EXECUTE ON FUNCTION f() FROM PUBLIC')",
        good="op.execute('GRANT EXECUTE ON FUNCTION f() TO PUBLIC')",
        advised="pass",
    ),
    Case(
        "compatibility/privileges",
        "postgresql",
        SETUP,
        bad="op.execute('GRANT SELECT (nick) ON users TO pg_monitor')",
        good="""
            op.create_table("notes", sa.Column("id", sa.Integer(), primary_key=True))
            op.execute("GRANT SELECT ON notes TO pg_monitor")
        """,
        advised="pass",
    ),
)
