"""A change whose safe form takes several revisions, through the eight steps."""

from __future__ import annotations

import json
from itertools import pairwise
from pathlib import Path

from helpers import Laid

EMAIL = 'Column("email", String(100), nullable=False)'
SLOT = "users.email=lower(name)"


def ready(app: Laid) -> Laid:
    """A change that takes three revisions: added, filled, then NOT NULL and UNIQUE."""
    app.settings("online = true")
    app.column(EMAIL)
    app.model('Column("nick", String(50))', 'Column("nick", String(50), unique=True)')
    return app


def mine(app: Laid) -> list[Path]:
    """The files of the change."""
    return [path for path in app.revisions if "part_" in path.name]


def test_all_of_them_are_proven_applied_and_have_receipts(app_postgresql: Laid) -> None:
    app = ready(app_postgresql)
    ran = app.change("email", "--backfill", SLOT, code=0)
    steps = [s["number"] for s in ran.document["steps"]]
    assert steps == [1, 2, 3, 3, 3, 4, 4, 4, 5, 7, 7, 7, 6, 8]
    assert set(ran.statuses.values()) == {"passed"}
    files = ran.document["files"]
    assert {Path(f).name for f in files} == {path.name for path in mine(app)}
    assert len(files) == 3
    assert app.sql("SELECT email FROM users ORDER BY id") == [("ann",), ("bob",)]
    assert app.sql("SELECT conname FROM pg_constraint WHERE conname = 'uq_users_nick'")
    revisions = ran.step("generate")["revisions"]
    receipts = [json.loads((app.root / f".assay/receipts/{r}.json").read_text()) for r in revisions]
    for one, next_ in pairwise(receipts):
        assert one["after_fingerprint"] == next_["before_fingerprint"]
    checks = [[c["name"] for c in receipt["checks"]] for receipt in receipts]
    assert all(
        c
        == [
            "1 modify",
            "2 generate",
            "3 review",
            "4 backfill",
            "5 drift",
            "7 reverse",
            "6 apply",
            "8 test",
        ]
        for c in checks
    )
    assert app.json("check", "--live", code=0).step("live")["status"] == "passed"
    assert app.json("prove", "--all", code=0).step("reverse")["status"] == "passed"
    assert app.json("prove", code=0).step("backfill")["status"] == "passed"
    assert app.json("status", code=0).step("receipt")["status"] == "passed"
    assert app.state is None


def test_a_slot_is_filled_in_its_own_file_and_the_change_goes_on(app_postgresql: Laid) -> None:
    app = ready(app_postgresql)
    ran = app.change("email", code=3)
    (holding,) = [path for path in mine(app) if "backfill users.email" in path.read_text()]
    assert str(holding.relative_to(app.root)) in ran.document["next_step"]
    status = app.json("status", code=0)
    assert status.step("change")["empty_slots"] == ["users.email"]
    assert len(status.step("change")["files"]) == 3
    ran = app.go_on("--backfill", SLOT, code=0)
    assert ran.statuses[6] == "passed"


def test_abort_removes_all_of_them(app_postgresql: Laid) -> None:
    app = ready(app_postgresql)
    before = app.revisions
    app.change("email", code=3)
    assert len(mine(app)) == 3
    app.json("change", "--abort", code=0)
    assert app.revisions == before
    assert app.state is None


def test_what_a_killed_run_wrote_is_found(app_postgresql: Laid) -> None:
    app = ready(app_postgresql)
    before = app.revisions
    app.change("email", code=3)
    state = app.root / ".assay/state.json"
    # as it was before the files were noted
    noted = {**json.loads(state.read_text()), "path": "", "paths": [], "stopped_at": 0}
    state.write_text(json.dumps(noted))
    ran = app.go_on(code=3)
    assert len(ran.document["files"]) == 3
    state.write_text(json.dumps(noted))
    app.json("change", "--abort", code=0)
    assert app.revisions == before


def test_generated_again_keeps_the_backfill_and_the_form(app_postgresql: Laid) -> None:
    app = app_postgresql
    app.column(EMAIL)
    app.json("generate", "-m", "email", "--online", "--backfill", SLOT, code=0)
    assert len(mine(app)) == 3
    app.model('Column("nick", String(50))', 'Column("nick", String(50), index=True)')
    app.json("generate", "--again", code=0)
    texts = [path.read_text() for path in mine(app)]
    assert sum('op.backfill_online("users", "email", "lower(name)")' in t for t in texts) == 1
    assert sum("create_index_online" in text for text in texts) == 1
    # one plain revision in the place of the three
    app.json("generate", "--again", "--no-online", code=0)
    assert mine(app) == []
    assert "SET email = lower(name)" in app.newest.read_text()
    assert app.go_on(code=0).statuses[6] == "passed"


def test_hand_written_ddl_in_one_of_them_is_found(app_postgresql: Laid) -> None:
    app = ready(app_postgresql)
    app.change("email", "--backfill", SLOT, "--no-apply", code=0)
    (last,) = [path for path in mine(app) if "set_not_null_online" in path.read_text()]
    line = "        op.set_not_null_online('users', 'email')\n"
    by_hand = "        op.execute('ALTER TABLE users ALTER COLUMN email SET NOT NULL')\n"
    app.edit(last, line, by_hand)
    ran = app.go_on(code=1)
    assert ran.statuses[4] == "stopped"
    found, *others = ran.step("backfill")["hand_written_ddl"]
    assert others == []
    assert "SET NOT NULL" in found["sql"]
    app.edit(last, by_hand, line)
    assert app.go_on(code=0).statuses[6] == "passed"


def test_a_revision_that_failed_in_the_middle_is_run_again(app_postgresql: Laid) -> None:
    app = ready(app_postgresql)
    app.settings("copy_limit_mb = 0")
    app.sql("UPDATE users SET nick = 'same'")
    ran = app.change("email", "--backfill", SLOT, code=1)
    assert ran.statuses[6] == "stopped"
    invalid = "SELECT indexrelid::regclass::text FROM pg_index WHERE NOT indisvalid"
    assert app.sql(invalid) == [("uq_users_nick",)]
    app.sql("UPDATE users SET nick = name")
    assert app.go_on(code=0).statuses[6] == "passed"
    assert app.sql(invalid) == []
    assert app.json("check", "--live", code=0).step("live")["status"] == "passed"


def test_what_somebody_else_did_meanwhile_still_stops_it(app_postgresql: Laid) -> None:
    app = ready(app_postgresql)
    app.settings("copy_limit_mb = 0")
    app.sql("UPDATE users SET nick = 'same'")
    app.change("email", "--backfill", SLOT, code=1)
    app.sql("UPDATE users SET nick = name", "CREATE INDEX ix_hand ON users (name)")
    ran = app.go_on(code=1)
    assert ran.statuses[6] == "stopped"
    assert "ix_hand" in json.dumps(ran.step("apply")["drift"])


def test_small_tables_stay_plain(app_postgresql: Laid) -> None:
    app = app_postgresql
    app.settings('online = "tables over 1_000 rows"')
    app.sql("ANALYZE users")
    app.model('Column("nick", String(50))', 'Column("nick", String(50), index=True)')
    app.change("index", code=0)
    assert "op.create_index(" in app.newest.read_text()
    app.sql("INSERT INTO users (name, created_at) SELECT 'x', now() FROM generate_series(1, 1500)")
    app.sql("ANALYZE users")
    app.column('Column("rank", Integer, index=True)')
    app.change("rank", code=0)
    assert "op.create_index_online(" in app.newest.read_text()


def test_a_table_of_the_same_change_is_not_in_use(app_postgresql: Laid) -> None:
    app = app_postgresql
    app.settings("online = true")
    app.imports("ForeignKey")
    app.table(
        'orders = Table("orders", metadata, Column("id", Integer, primary_key=True),'
        ' Column("user_id", ForeignKey("users.id"), index=True), Column("code", Integer, unique=True))'
    )
    app.change("orders", code=0)
    assert "_online" not in app.newest.read_text()
    assert "SET LOCAL lock_timeout" in app.newest.read_text()


def test_on_sqlite_nothing_is_different(app: Laid) -> None:
    app.settings("online = true")
    app.model('Column("nick", String(50))', 'Column("nick", String(50), unique=True)')
    app.change("nick", code=0)
    assert "_online" not in app.newest.read_text()
    assert mine(app) == []


def test_on_mariadb_its_price_is_stated(app_mysql: Laid) -> None:
    app = app_mysql
    app.settings("online = true")
    app.model('Column("nick", String(50))', 'Column("nick", String(50), index=True)')
    ran = app.change("nick", code=0)
    assert set(ran.statuses.values()) == {"passed"}
    assert "with op.stating('INPLACE', 'NONE'):" in app.newest.read_text()
