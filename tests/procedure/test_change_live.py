"""Step 6: the real database is touched when it is what it should be, and is whole afterwards."""

from __future__ import annotations

import json

import pytest

from helpers import Laid

EMAIL = 'Column("email", String(100), unique=True)'


@pytest.mark.parametrize(
    ("statement", "named"),
    [
        ("ALTER TABLE users ADD COLUMN hand INTEGER", "users.hand"),
        ("CREATE TABLE hand (id INTEGER)", "hand"),
        ("CREATE INDEX ix_hand ON users (name)", "ix_hand"),
        ("ALTER TABLE users DROP COLUMN nick", "users.nick"),
    ],
    ids=["column", "table", "index", "dropped"],
)
def test_a_drifted_database_is_not_touched(app: Laid, statement: str, named: str) -> None:
    app.sql(statement)
    before = app.dump
    app.column(EMAIL)
    ran = app.change("email", code=1)
    assert max(ran.statuses) in (6, 7)
    assert 8 not in ran.statuses
    assert named.rpartition(".")[2] in json.dumps(ran.document)
    assert app.dump == before
    assert named in json.dumps(app.json("check", "--live", code=1).document)


def test_drift_on_postgresql_is_named_and_continue_goes_on(app_postgresql: Laid) -> None:
    app = app_postgresql
    app.sql("CREATE INDEX ix_hand ON users (lower(name))")
    app.column(EMAIL)
    ran = app.change("email", code=1)
    assert ran.statuses[6] == "stopped"
    (found,) = ran.step("apply")["drift"]
    assert (found["kind"], found["change"]) == ("index", "added")
    app.sql("DROP INDEX ix_hand")
    assert app.go_on(code=0).statuses[6] == "passed"


def test_duplicates_are_caught_on_the_copy(app: Laid) -> None:
    app.sql("UPDATE users SET nick = 'same'")
    app.model('Column("nick", String(50))', 'Column("nick", String(50), unique=True)')
    before = app.dump
    ran = app.change("unique nick", code=1)
    assert ran.statuses[7] == "stopped"
    assert ran.step("reverse")["shadow"]["reverses"]
    assert "UNIQUE" in ran.step("reverse")["copy"]["raised"]["message"]
    assert app.dump == before


def test_sqlite_is_put_back_when_only_the_real_upgrade_fails(app: Laid) -> None:
    app.settings("copy_limit_mb = 0")
    app.sql("UPDATE users SET nick = 'same'")
    app.model('Column("nick", String(50))', 'Column("nick", String(50), unique=True)')
    app.column('Column("first", Integer)')
    before = app.dump
    ran = app.change("unique nick", code=1)
    assert ran.step("reverse")["no_copy_because"]
    assert ran.statuses[6] == "stopped"
    assert "put back" in ran.step("apply")["restored"]
    assert app.dump == before
    state = app.state
    assert state is not None
    assert (state["stopped_at"], state["backup"], state["reached"]) == (6, "", False)
    app.json("change", "--abort", code=0)
    assert app.json("status", code=0).step("database")["status"] == "passed"


def test_postgresql_rolls_back_when_only_the_real_upgrade_fails(app_postgresql: Laid) -> None:
    app = app_postgresql
    app.settings("copy_limit_mb = 0")
    app.sql("UPDATE users SET nick = 'same'")
    app.model('Column("nick", String(50))', 'Column("nick", String(50), unique=True)')
    app.column('Column("first", Integer)')
    (at,) = app.at
    ran = app.change("unique nick", code=1)
    assert ran.statuses[6] == "stopped"
    assert "rolled it back" in ran.step("apply")["restored"]
    assert app.at == [at]
    assert app.sql("SELECT count(*) FROM information_schema.columns WHERE column_name='first'") == [
        (0,)
    ]
    app.sql("UPDATE users SET nick = name")
    assert app.go_on(code=0).statuses[8] == "passed"


def test_apply_alone(app: Laid) -> None:
    app.column(EMAIL)
    app.change("email", "--no-apply", code=0)
    (app.root / ".assay/state.json").unlink()
    before = app.at
    assert app.json("check", "--live", code=1).step("live")["status"] == "stopped"
    assert app.json("apply", "--to", before[0], code=0).step("apply")["status"] == "passed"
    assert app.at == before
    ran = app.json("apply", code=0)
    assert app.at == ran.step("apply")["applied"]
    assert app.json("check", "--live", code=0).step("live")["status"] == "passed"
    assert "already" in app.json("apply", code=0).document["summary"]
    assert app.json("apply", "--to", "nope", code=2).document["next_step"]


def test_apply_refuses_an_empty_slot(app: Laid) -> None:
    app.column('Column("email", String(100), nullable=False)')
    app.change("email", code=3)
    before = app.dump
    assert "slot" in app.json("apply", code=3).document["summary"]
    assert app.dump == before


def test_a_stamp_that_the_chain_does_not_have(app: Laid) -> None:
    app.sql("UPDATE alembic_version SET version_num = 'feedfeedfeed'")
    status = app.json("status", code=0)
    assert "feedfeedfeed" in status.step("database")["summary"]
    assert status.document["next_step"]
    app.column(EMAIL)
    ran = app.change("email", code=1)
    assert "feedfeedfeed" in ran.step("apply")["summary"]


def test_a_database_made_by_create_all_without_a_stamp(app: Laid) -> None:
    app.sql("DROP TABLE alembic_version")
    before = app.dump
    ran = app.run("apply", code=1)
    assert "stamped with no revision" in ran.out
    assert app.dump == before


def test_looking_makes_no_database(laid: Laid) -> None:
    for arguments, code in (
        (("status",), 0),
        (("check",), 1),
        (("check", "--live"), 1),
        (("generate", "-m", "x"), 0),
        (("review",), 0),
        (("prove",), 0),
        (("status",), 0),
        (("change", "--abort"), 0),
    ):
        laid.json(*arguments, code=code)
        assert not (laid.root / "dev.db").exists(), arguments
