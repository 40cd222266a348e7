from __future__ import annotations

from review.case import Case

DROP = 'op.drop_column("users", "nick")'
ADD = 'op.add_column("users", sa.Column("nick", sa.String(20)))'

CASES = tuple(
    Case(
        "hygiene/lossy-downgrade",
        engine,
        "CREATE TABLE users (id int PRIMARY KEY, nick varchar(20));\n"
        "INSERT INTO users VALUES (1, 'a'), (2, 'b');",
        bad=DROP,
        bad_down=ADD,
        good='op.add_column("users", sa.Column("age", sa.Integer()))',
        good_down='op.drop_column("users", "age")',
        advised=f'op.execute("CREATE TABLE nicks AS SELECT id, nick FROM users")\n{DROP}',
        advised_down=f"""
{ADD}
op.execute("UPDATE users SET nick = (SELECT n.nick FROM nicks n WHERE n.id = users.id)")
op.drop_table("nicks")
""",
        same=False,
    )
    for engine in ("postgresql", "mysql", "sqlite")
)
