from __future__ import annotations

from review.case import Case

SETUP = """
CREATE TABLE users (id int PRIMARY KEY);
CREATE TABLE orders (id int NOT NULL, part int NOT NULL, total int, user_id int,
    CONSTRAINT orders_key PRIMARY KEY (id),
    CONSTRAINT positive CHECK (total > -1000000),
    CONSTRAINT of_user FOREIGN KEY (user_id) REFERENCES users (id));
"""
DROP = 'op.drop_constraint("positive", "orders", type_="check")\n'
MAKE = 'op.create_check_constraint("positive", "orders", "total > -2000000")\n'
AWAY = 'op.drop_constraint("of_user", "orders", type_="foreignkey")\n'
CASCADING = (
    'op.create_foreign_key("of_user", "orders", "users", ["user_id"], ["id"], ondelete="CASCADE")\n'
)
OTHER_KEY = 'op.create_primary_key("orders_key", "orders", ["id", "part"])\n'


def _at_once(*lines: str) -> str:
    return "with op.in_one_statement():\n    " + "    ".join(lines)


def _online(*lines: str) -> str:
    return "with op.get_context().autocommit_block():\n    " + "    ".join(lines)


CASES = (
    Case(
        "hygiene/constraint-gap",
        "postgresql",
        SETUP,
        bad=_online(DROP, MAKE),
        # one transaction: nobody writes in between
        good=DROP + MAKE,
        advised=_online(
            MAKE.replace("positive", "wide").replace(")\n", ", postgresql_not_valid=True)\n"),
            'op.execute("ALTER TABLE orders VALIDATE CONSTRAINT wide")\n',
            DROP,
            'op.execute("ALTER TABLE orders RENAME CONSTRAINT wide TO positive")\n',
        ),
    ),
    Case(
        "hygiene/constraint-gap",
        "postgresql",
        SETUP,
        # the block commits what was before it
        bad=AWAY + _online(CASCADING),
        good=AWAY + _online(CASCADING.replace("of_user", "of_part").replace("user_id", "part")),
        advised=AWAY + CASCADING,
    ),
    Case(
        "hygiene/constraint-gap",
        "postgresql",
        SETUP,
        bad='op.drop_constraint("orders_key", "orders")\n' + OTHER_KEY,
        bad_down=_online(
            'op.drop_constraint("orders_key", "orders")\n',
            'op.create_primary_key("orders_key", "orders", ["id"])\n',
        ),
        # with its column
        good=_online(
            'op.drop_column("orders", "total")\n',
            'op.add_column("orders", sa.Column("total", sa.Integer()))\n',
            MAKE,
        ),
        advised='op.drop_constraint("orders_key", "orders")\n' + OTHER_KEY,
        advised_down=_online(
            'op.create_primary_key_online("orders_key", "orders", ["id"], replaces="orders_key")\n'
        ),
    ),
    Case(
        "hygiene/constraint-gap",
        "mysql",
        SETUP,
        bad=DROP + MAKE,
        good=DROP
        + 'op.create_check_constraint("some_part", "orders", "part > -1000000 or part = 0")\n',
        advised=_at_once(DROP, MAKE),
    ),
    Case(
        "hygiene/constraint-gap",
        "mysql",
        SETUP,
        bad='op.drop_constraint("orders_key", "orders", type_="primary")\n' + OTHER_KEY,
        good='op.drop_constraint("orders_key", "orders", type_="primary")\n',
        advised=_at_once(
            'op.drop_constraint("orders_key", "orders", type_="primary")\n', OTHER_KEY
        ),
    ),
)
