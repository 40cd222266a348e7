from __future__ import annotations

from review.case import Case

SETUP = """
CREATE TABLE users (id int PRIMARY KEY, email varchar(50), born int);
CREATE INDEX ix ON users (email);
"""
AWAY = 'op.drop_index("ix", "users", postgresql_concurrently=True)\n'
NEW = 'op.create_index("ix2", "users", ["email", "born"], postgresql_concurrently=True)\n'
OTHER = 'op.create_index("ix2", "users", ["born"], postgresql_concurrently=True)\n'


def _at_once(*lines: str) -> str:
    return "with op.in_one_statement():\n    " + "    ".join(lines)


def _online(*lines: str) -> str:
    return "with op.get_context().autocommit_block():\n    " + "    ".join(lines)


CASES = (
    Case(
        "hygiene/index-gap",
        "postgresql",
        SETUP,
        bad=_online(AWAY, NEW),
        good=_online(AWAY, OTHER),
        advised=_online(NEW, AWAY),
    ),
    Case(
        "hygiene/index-gap",
        "mysql",
        SETUP,
        bad=AWAY + NEW.replace("ix2", "ix"),
        good=AWAY + OTHER,
        advised=_at_once(AWAY, NEW.replace("ix2", "ix")),
    ),
    Case(
        "hygiene/index-gap",
        "postgresql",
        SETUP,
        bad=_online(AWAY, NEW),
        # one transaction: nobody sees the table without
        good=(AWAY + NEW).replace(", postgresql_concurrently=True", ""),
        advised=_online(NEW, AWAY),
    ),
)
