from __future__ import annotations

from review.case import Case

SETUP = """
CREATE TABLE users (id serial PRIMARY KEY, active boolean);
INSERT INTO users (active) VALUES (true), (false), (NULL);
"""
BATCHES = """
with op.get_context().autocommit_block():
    while op.get_bind().execute(sa.text(
        "UPDATE users SET {0} = true WHERE id IN"
        " (SELECT id FROM users WHERE {0} IS DISTINCT FROM true LIMIT 2)")).rowcount:
        pass
"""
RANGES = """
last = op.get_bind().execute(sa.text("SELECT max(id) FROM orders")).scalar() or 0
for low in range(0, last + 1, 1000):
    op.execute("UPDATE orders SET state = 'x' WHERE (state IS NULL OR state <> 'x')"
               f" AND id >= {low} AND id < {low + 1000}")
"""
FIXED = """
for low in (0, 50):
    op.execute("UPDATE orders SET state = 'x' WHERE (state IS NULL OR state <> 'x')"
               f" AND id >= {low} AND id < {low + 50}")
"""
OWN = f"with op.get_context().autocommit_block():{RANGES}".replace("\n", "\n    ")
ADD = 'op.add_column("users", sa.Column("paid", sa.Boolean()))'

CASES = (
    Case(
        "locks/every-row-updated",
        "postgresql",
        SETUP,
        bad=f'{ADD}\nop.execute("UPDATE users SET paid = true")',
        good=f'{ADD}\nop.execute("UPDATE users SET paid = true WHERE active")',
        advised=(ADD, BATCHES.format("paid")),
    ),
    Case(
        "locks/every-row-updated",
        "postgresql",
        SETUP,
        bad='op.execute("UPDATE users SET active = true")',
        good='op.execute("UPDATE users SET active = true WHERE active IS NULL")',
        advised=BATCHES.format("active"),
    ),
    # three rows are all in the first batch
    *(
        Case(
            "locks/every-row-updated",
            engine,
            "CREATE TABLE orders (id INTEGER PRIMARY KEY, state VARCHAR(20));",
            bad=RANGES,
            # as many batches as it says, and rows beyond them
            good=FIXED,
            advised=OWN,
        )
        for engine in ("postgresql", "mysql", "sqlite")
    ),
    # a part of the keys of a table that others refer to, and whose rows are not alike
    Case(
        "locks/every-row-updated",
        "postgresql",
        """
        CREATE TABLE parts (id serial PRIMARY KEY, code varchar(20) UNIQUE, state varchar(20));
        CREATE TABLE uses (id serial PRIMARY KEY, part_id int REFERENCES parts);
        """,
        bad="""op.execute("UPDATE parts SET state = 'x' WHERE id > 0")""",
        good="""op.execute("UPDATE parts SET state = 'x' WHERE id < 50")""",
        advised="""op.execute("UPDATE parts SET state = 'x' WHERE id = 1")""",
    ),
    # a loop, and not over batches: the second column has nothing to be filled
    Case(
        "locks/every-row-updated",
        "postgresql",
        SETUP,
        bad=f"""
            {ADD}
            with op.get_context().autocommit_block():
                for column in ("paid", "id"):
                    op.execute(f"UPDATE users SET {{column}} = DEFAULT WHERE {{column}} IS NULL")
        """,
        good=ADD,
        advised=(ADD, BATCHES.format("paid")),
        same=False,
    ),
    *(
        Case(
            "locks/every-row-updated",
            engine,
            "CREATE TABLE orders (id INTEGER PRIMARY KEY, state VARCHAR(20));",
            bad="""op.execute("UPDATE orders SET state = 'x'")""",
            good="""op.execute("UPDATE orders SET state = 'x' WHERE id = -5")""",
            advised="""op.execute("UPDATE orders SET state = 'x' WHERE id = -6")""",
        )
        for engine in ("mysql", "sqlite")
    ),
)
