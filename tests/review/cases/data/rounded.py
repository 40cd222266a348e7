from __future__ import annotations

from review.case import Case

SETUP = """
CREATE TABLE orders (id serial PRIMARY KEY, price numeric(12, 2), at timestamp, w double precision);
"""


def _case(column: str, bad: str, good: str, engine: str = "postgresql") -> Case:
    change = "op.execute('ALTER TABLE orders ALTER {} TYPE {}')"
    return Case(
        "data/rounded",
        engine,
        SETUP,
        bad=change.format(column, bad),
        good=change.format(column, good),
        advised=f"op.execute('ALTER TABLE orders ADD COLUMN {column}_new {bad}')",
        same=False,
    )


CASES = (
    _case("price", "numeric(11, 1)", "numeric(13, 3)"),
    _case("price", "int", "numeric"),
    _case("at", "date", "timestamptz"),
    _case("w", "real", "numeric"),
    Case(
        "data/rounded",
        "mysql",
        "CREATE TABLE orders (id INT PRIMARY KEY, price DECIMAL(12, 2));",
        bad='op.execute("ALTER TABLE orders MODIFY price DECIMAL(11, 1)")',
        good='op.execute("ALTER TABLE orders MODIFY price DECIMAL(13, 3)")',
        advised='op.add_column("orders", sa.Column("price_new", sa.Numeric(11, 1)))',
        same=False,
    ),
)
