from __future__ import annotations

from review.case import Case

SETUP = """
CREATE TABLE orders (id serial PRIMARY KEY, total int);
CREATE TABLE items (id serial PRIMARY KEY, order_id int CONSTRAINT items_order REFERENCES orders);
CREATE FUNCTION seen() RETURNS trigger LANGUAGE plpgsql AS 'BEGIN RETURN NEW; END';
CREATE TRIGGER look BEFORE INSERT ON orders FOR EACH ROW EXECUTE FUNCTION seen();
CREATE RULE keep AS ON DELETE TO orders DO INSTEAD NOTHING;
"""
PARTITIONED = """
CREATE TABLE orders (year int NOT NULL) PARTITION BY RANGE (year);
CREATE TABLE orders_2019 PARTITION OF orders FOR VALUES FROM (2019) TO (2020);
CREATE FUNCTION seen() RETURNS trigger LANGUAGE plpgsql AS 'BEGIN RETURN NEW; END';
CREATE TRIGGER look BEFORE INSERT ON orders FOR EACH ROW EXECUTE FUNCTION seen();
"""


def _case(table: str, off: str, on: str, good: str, setup: str = SETUP) -> Case:
    alter = f'op.execute("ALTER TABLE {table} {{}}")'.format
    return Case(
        "data/trigger-disabled",
        "postgresql",
        setup,
        bad=alter(off),
        bad_down=alter(on),
        good=good,
        advised=f"{alter(off)}\n{alter(on)}",
        same=False,
    )


CASES = (
    _case(
        "orders",
        "DISABLE TRIGGER look",
        "ENABLE TRIGGER look",
        good='op.execute("ALTER TABLE orders ENABLE ALWAYS TRIGGER look")',
    ),
    _case(
        "orders",
        "ENABLE REPLICA TRIGGER look",
        "ENABLE TRIGGER look",
        good="""
            op.execute("CREATE TRIGGER later BEFORE UPDATE ON orders EXECUTE FUNCTION seen()")
            op.execute("ALTER TABLE orders DISABLE TRIGGER later")
        """,
    ),
    # those of its foreign key as well
    _case(
        "items",
        "DISABLE TRIGGER ALL",
        "ENABLE TRIGGER ALL",
        good='op.drop_constraint("items_order", "items", type_="foreignkey")',
    ),
    _case(
        "orders",
        "DISABLE RULE keep",
        "ENABLE RULE keep",
        good='op.execute("DROP RULE keep ON orders")',
    ),
    _case(
        "orders_2019",
        "DISABLE TRIGGER look",
        "ENABLE TRIGGER look",
        good='op.execute("DROP TRIGGER look ON orders")',
        setup=PARTITIONED,
    ),
)
