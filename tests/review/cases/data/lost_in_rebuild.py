from __future__ import annotations

from review.case import Case

BATCH = """
with op.batch_alter_table("users") as batch_op:
    batch_op.alter_column("age", existing_type=sa.Integer(), type_=sa.BigInteger())
"""
PLAIN = "CREATE TABLE users (id INTEGER PRIMARY KEY, nick TEXT, age INTEGER);"
TRIGGER = "CREATE TRIGGER tr AFTER UPDATE ON users BEGIN SELECT 1; END;"
EXPRESSION = "CREATE INDEX low ON users (lower(nick));"


def _again(statement: str) -> str:
    return f"{BATCH}op.execute({statement.rstrip(';')!r})"


def _case(setup: str, good: str, advised: str, bad: str = BATCH) -> Case:
    return Case(
        "data/lost-in-rebuild", "sqlite", setup, bad=bad, good=good, advised=advised, same=False
    )


REBUILT = """
op.rebuild_table("users", sa.Column("id", sa.Integer(), primary_key=True),
    sa.Column("nick", sa.Text(collation="NOCASE")), sa.Column("age", sa.BigInteger()))
"""
CHECKED = """
op.rebuild_table("users", sa.Column("id", sa.Integer(), primary_key=True),
    sa.Column("nick", sa.Text()), sa.Column("age", sa.BigInteger()),
    sa.CheckConstraint("age > -1000000"))
"""

CASES = (
    _case(f"{PLAIN}\n{TRIGGER}", 'op.execute("DROP TRIGGER tr")\n' + BATCH, _again(TRIGGER)),
    _case(f"{PLAIN}\n{EXPRESSION}", 'op.drop_index("low", "users")\n' + BATCH, _again(EXPRESSION)),
    _case(
        PLAIN.replace("nick TEXT", "nick TEXT COLLATE NOCASE"),
        'with op.batch_alter_table("users") as batch_op:\n    batch_op.drop_column("nick")',
        REBUILT,
    ),
    _case(
        PLAIN.replace("age INTEGER", "age INTEGER CHECK (age > -1000000)"),
        'with op.batch_alter_table("users") as batch_op:\n    batch_op.drop_column("age")',
        CHECKED,
    ),
    _case(
        PLAIN.replace("age INTEGER", "age INTEGER CHECK (age > -1000000)"),
        REBUILT,
        CHECKED,
    ),
)
