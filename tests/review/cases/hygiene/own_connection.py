from __future__ import annotations

from review.case import Case

SETUP = "CREATE TABLE users (id int PRIMARY KEY, nick varchar(9));"

CASES = tuple(
    Case(
        "hygiene/own-connection",
        engine,
        SETUP,
        bad="""
            engine = sa.create_engine(op.get_context().config.get_main_option("sqlalchemy.url"))
            with engine.connect() as connection:
                connection.execute(sa.text("SELECT count(*) FROM users"))
            engine.dispose()
        """,
        good="""
            from sqlalchemy.orm import Session
            with Session(bind=op.get_bind()) as session:
                session.execute(sa.text("UPDATE users SET nick = 'x'"))
                session.flush()
        """,
        advised='op.get_bind().execute(sa.text("SELECT count(*) FROM users"))',
    )
    for engine in ("postgresql", "mysql", "sqlite")
)
