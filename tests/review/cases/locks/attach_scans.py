from __future__ import annotations

from review.case import Case

SETUP = """
CREATE TABLE orders (year int NOT NULL, total int) PARTITION BY RANGE (year);
CREATE TABLE orders_2025 (year int NOT NULL CONSTRAINT y CHECK (year >= 2025 AND year < 2026), total int);
CREATE TABLE orders_2026 (year int NOT NULL, total int);
INSERT INTO orders_2026 VALUES (2026, 1), (2026, 2);
"""
DEFAULT = """
CREATE TABLE orders_rest PARTITION OF orders DEFAULT;
INSERT INTO orders VALUES (1999, 1), (1999, 2);
"""
ATTACH = "ALTER TABLE orders ATTACH PARTITION orders_{0} FOR VALUES FROM ({0}) TO ({1})"
OLD, NEW = (
    f'op.execute("{ATTACH.format(2025, 2026)}")',
    f'op.execute("{ATTACH.format(2026, 2027)}")',
)


def _proven(table: str, check: str) -> tuple[str, str]:
    return (
        f'op.create_check_constraint("c", "{table}", "{check}", postgresql_not_valid=True)',
        f'op.execute("ALTER TABLE {table} VALIDATE CONSTRAINT c")',
    )


CASES = (
    Case(
        "locks/attach-scans",
        "postgresql",
        SETUP,
        bad=NEW,
        good=OLD,
        advised=(
            *_proven("orders_2026", "year >= 2026 AND year < 2027"),
            f'{NEW}\nop.drop_constraint("c", "orders_2026")',
        ),
    ),
    Case(
        "locks/attach-scans",
        "postgresql",
        SETUP + DEFAULT,
        bad=OLD,
        good='op.execute("CREATE TABLE orders_2027 (year int NOT NULL, total int)")',
        advised=(
            *_proven("orders_rest", "year < 2025 OR year >= 2026"),
            f'{OLD}\nop.drop_constraint("c", "orders_rest")',
        ),
    ),
)
