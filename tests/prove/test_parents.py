"""A foreign key added to tables in use: rows made before it refer to rows, as the models say."""

from __future__ import annotations

from pathlib import Path

import pytest

from assay.procedure.chain import prove
from assay.procedure.proving import Examination
from small_project import lay_out, opened, revision, sync_env

MODELS = """
import sqlalchemy as sa
metadata = sa.MetaData()
sa.Table("users", metadata, sa.Column("id", sa.Integer, primary_key=True))
sa.Table(
    "orders", metadata,
    sa.Column("id", sa.Integer, primary_key=True),
    sa.Column("total", sa.Integer),
    sa.Column("user_id", sa.Integer),
    sa.ForeignKeyConstraint(["user_id"], ["users.id"], name="fk"),
)
"""
ENV = sync_env("sa.create_engine(context.config.get_main_option('sqlalchemy.url'))", models=MODELS)
FIRST = """
op.create_table("users", sa.Column("id", sa.Integer, primary_key=True))
op.create_table(
    "orders",
    sa.Column("id", sa.Integer, primary_key=True),
    sa.Column("total", sa.Integer),
    sa.Column("user_id", sa.Integer),
)
"""
UP = """
op.execute("UPDATE orders SET total = 0")
op.create_foreign_key("fk", "orders", "users", ["user_id"], ["id"])
"""
DOWN = 'op.drop_constraint("fk", "orders", type_="foreignkey")'


@pytest.mark.parametrize("engine", ["postgresql", "mysql"])
def test_a_foreign_key_is_proven_on_rows(
    engine: str, tmp_path: Path, request: pytest.FixtureRequest
) -> None:
    fixtures = {"postgresql": "postgresql_server", "mysql": "mariadb_server"}
    url = str(request.getfixturevalue(fixtures[engine]))
    down = "op.drop_table('orders')\nop.drop_table('users')"
    down_of_key = DOWN if engine == "postgresql" else f'{DOWN}\nop.drop_index("fk", "orders")'
    lay_out(
        tmp_path,
        ENV,
        url=url,
        assay=f"[tool.assay.shadow]\n{engine} = {url!r}",
        revisions={
            "a1.py": revision(FIRST, down),
            "a2.py": revision(UP, down_of_key, "a2", "a1"),
        },
    )
    with opened(tmp_path) as session:
        _, review, trace = Examination(session, session.project.history.get("a2"), False).review()
        found = {f.rule for f in review.findings}
        # that real rows may break it is said, and what it does to rows is seen all the same
        assert {"data/rows-break-it", "locks/every-row-updated"} <= found
        assert trace.statements[0].observed.rows["orders"].updated == 3
        (last,) = [s for s in prove(session, "a2", False, 3).steps if s.name == "reverse"]
    assert last.summary == "1 revision: up, down, up on 3 rows a table, every catalog came back."
