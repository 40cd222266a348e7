"""``assay change``: each of the eight steps, passing and stopping, on real databases."""

from __future__ import annotations

import json

from helpers import Laid

PASSED = dict.fromkeys(range(1, 9), "passed")


def test_all_eight_steps_of_a_new_project(laid: Laid) -> None:
    ran = laid.change("create users", code=0)
    assert ran.statuses == PASSED
    document = ran.document
    assert document["format"] == 1
    assert document["outcome"] == "good"
    revision = document["revision"]
    assert laid.at == [revision]
    assert document["file"] == str(laid.newest.relative_to(laid.root))
    assert ran.step("apply")["applied"] == [revision]
    assert "1 passed" in ran.step("test")["summary"]
    assert laid.state is None
    receipt = json.loads((laid.root / document["receipt"]).read_text())
    assert receipt["revision"] == revision
    assert receipt["models_fingerprint"] == receipt["after_fingerprint"]
    assert receipt["before_fingerprint"] != receipt["after_fingerprint"]
    assert [c["name"][0] for c in receipt["checks"]] == ["1", "2", "3", "4", "5", "7", "6", "8"]
    assert {c["outcome"] for c in receipt["checks"]} == {"passed"}
    assert "SQLite" in receipt["servers"][0]


def test_all_eight_steps_on_postgresql(app_postgresql: Laid) -> None:
    app = app_postgresql
    app.column('Column("email", String(100), nullable=False, unique=True)')
    ran = app.change("add email", "--backfill", "users.email=lower(name) || '@x.org'", code=0)
    assert ran.statuses == PASSED
    assert app.sql("SELECT email FROM users ORDER BY id") == [("ann@x.org",), ("bob@x.org",)]
    assert app.at == [ran.document["revision"]]
    copy = ran.step("reverse")["copy"]
    assert copy["reverses"]
    assert copy["rows"] == {} or copy["rows"]
    assert "copy of the database" in ran.step("reverse")["summary"]
    status = app.json("status", code=0)
    assert status.document["next_step"] is None
    assert {s["status"] for s in status.document["steps"]} == {"passed"}


def test_nothing_changed(app: Laid) -> None:
    before = app.dump
    ran = app.change(code=0)
    assert "Nothing changed" in ran.document["summary"]
    assert len(app.revisions) == 1
    assert app.state is None
    assert app.dump == before


def test_modify_shows_the_difference(app: Laid) -> None:
    app.column('Column("email", String(100))')
    ran = app.change("email", "--no-apply", code=0)
    (found,) = ran.step("modify")["differences"]
    assert (found["change"], found["kind"], found["name"]) == ("added", "column", "users.email")


def test_no_apply_then_continue(app: Laid) -> None:
    app.column('Column("email", String(100))')
    before = app.dump
    ran = app.change("email", "--no-apply", code=0)
    assert ran.statuses == dict.fromkeys((1, 2, 3, 4, 5, 7), "passed")
    assert app.dump == before
    assert "--no-apply" in app.json("status", code=0).step("change")["why"]
    ran = app.go_on(code=0)
    assert ran.statuses == PASSED
    assert app.at == [ran.document["revision"]]


def test_review_stops_at_a_dropped_column(app: Laid) -> None:
    app.model('    Column("nick", String(50)),\n', "")
    before = app.dump
    ran = app.change("drop nick", code=1)
    assert ran.statuses == {1: "passed", 2: "passed", 3: "stopped"}
    (finding,) = [f for f in ran.step("review")["findings"] if f["severity"] == "stop"]
    assert finding["rule"] == "data/dropped"
    assert finding["object"] == "users.nick"
    assert finding["line"]
    assert app.dump == before
    # said afterwards, as the finding proposes
    ran = app.go_on("--drop", "users.nick", code=0)
    assert ran.statuses == PASSED
    assert app.sql("SELECT count(*) FROM users") == [(2,)]
    receipt = json.loads((app.root / ran.document["receipt"]).read_text())
    assert {c["name"]: c["outcome"] for c in receipt["checks"]}["3 review"] == "waived"


def test_a_dropped_not_null_column_needs_a_value_for_the_way_back(app: Laid) -> None:
    app.model('    Column("name", String(200), nullable=False),\n', "")
    ran = app.change("drop name", "--drop", "users.name", code=3)
    slot = ran.step("backfill")["slots"][0]
    assert slot["target"] == "users.name"
    assert slot["line"] > app.line_of("def downgrade")
    assert app.go_on("--backfill", "users.name='?'", code=0).statuses == PASSED
    assert app.sql("SELECT count(*) FROM users") == [(2,)]


def test_review_goes_on_with_drop_of_a_table(app: Laid) -> None:
    app.table('tags = Table("tags", metadata, Column("id", Integer, primary_key=True))')
    app.change("tags", code=0)
    app.model('tags = Table("tags", metadata, Column("id", Integer, primary_key=True))', "")
    assert app.change("no tags", "--no-apply", code=1).statuses[3] == "stopped"
    app.json("change", "--abort", code=0)
    ran = app.change("no tags", "--drop", "tags", code=0)
    assert ran.statuses == PASSED
    assert app.sql("SELECT name FROM sqlite_master WHERE name = 'tags'") == []


def test_a_drop_that_is_not_in_the_change_is_refused(app: Laid) -> None:
    app.column('Column("email", String(100))')
    ran = app.change("email", "--drop", "users.nickname", code=2)
    assert "users.nickname" in ran.document["summary"]
    assert len(app.revisions) == 1
    assert app.state is None


def test_a_waiver_needs_a_reason(app: Laid) -> None:
    app.model('    Column("nick", String(50)),\n', "")
    app.change("drop nick", code=1)
    drop = "    op.drop_column('users', 'nick'"
    app.edit(app.newest, drop, f"    # assay: allow dropped users.nick\n{drop}")
    assert app.go_on(code=1).statuses[3] == "stopped"
    app.edit(app.newest, "allow dropped users.nick", "allow dropped users.nick -- nobody reads it")
    ran = app.go_on(code=0)
    assert ran.step("review")["findings"][0]["waived"] == "nobody reads it"


def test_backfill_slot_filled_by_hand(app: Laid) -> None:
    app.column('Column("email", String(100), nullable=False)')
    before = app.dump
    ran = app.change("email", code=3)
    assert ran.statuses == {1: "passed", 2: "passed", 3: "passed", 4: "decide"}
    slot = ran.step("backfill")["slots"][0]
    assert slot == {
        "target": "users.email",
        "line": app.line_of("# assay: backfill users.email"),
        "empty": True,
    }
    assert app.dump == before
    status = app.json("status", code=0).step("change")
    assert (status["stopped_at"], status["empty_slots"]) == (4, ["users.email"])
    assert app.go_on(code=3).statuses[4] == "decide"
    app.edit(
        app.newest,
        '    # op.execute("UPDATE users SET email = ... WHERE email IS NULL")',
        "    op.execute(\"UPDATE users SET email = name || '@x'\")",
    )
    assert app.go_on(code=0).statuses == PASSED
    assert app.sql("SELECT email FROM users") == [("Ann@x",), ("Bob@x",)]


def test_backfill_given_at_continue_and_at_once(app: Laid) -> None:
    app.column('Column("email", String(100), nullable=False)')
    app.change("email", code=3)
    assert app.go_on("--backfill", "users.nickname=name", code=2).document["summary"]
    assert app.go_on("--backfill", "users.email=upper(name)", code=0).statuses == PASSED
    assert app.sql("SELECT email FROM users") == [("ANN",), ("BOB",)]
    app.column('Column("seen", String(100), nullable=False)')
    assert app.change("seen", "--backfill", "users.seen='at 10:30 o''clock'", code=0)
    assert app.sql("SELECT seen FROM users LIMIT 1") == [("at 10:30 o'clock",)]


def test_a_column_that_becomes_not_null_gets_a_slot(app: Laid) -> None:
    app.column('Column("email", String(100))')
    app.change("email", code=0)
    app.model('Column("email", String(100))', 'Column("email", String(100), nullable=False)')
    assert app.change("email not null", code=3).step("backfill")["slots"][0]["empty"]
    assert app.go_on("--backfill", "users.email=name", code=0).statuses == PASSED
    assert app.sql("SELECT email FROM users") == [("Ann",), ("Bob",)]


def test_a_backfill_that_fills_no_row_is_caught_on_the_copy(app: Laid) -> None:
    app.column('Column("email", String(100), nullable=False)')
    before = app.dump
    ran = app.change("email", "--backfill", "users.email=NULL", code=1)
    assert ran.statuses[7] == "stopped"
    assert "NOT NULL" in json.dumps(ran.step("reverse"))
    assert app.dump == before


def test_table_and_column_in_one_change(app: Laid) -> None:
    app.imports("ForeignKey")
    app.table(
        'teams = Table("teams", metadata, Column("id", Integer, primary_key=True),\n'
        '    Column("founded", types.UTCDateTime(), nullable=False))'
    )
    app.column('Column("team_id", ForeignKey("teams.id"), index=True)')
    app.column('Column("seen", types.UTCDateTime())')
    ran = app.change("teams", code=0)
    assert ran.statuses == PASSED
    assert "types.UTCDateTime()" in app.newest.read_text()
    assert len(ran.step("apply")["applied"]) == 1
    assert app.sql("SELECT count(*) FROM users WHERE team_id IS NULL") == [(2,)]


def test_several_heads(app: Laid) -> None:
    text = app.newest.read_text()
    revision = json.loads(app.json("status").out)["steps"][0]["heads"][0]
    for name in ("aaaaaaaaaaaa", "bbbbbbbbbbbb"):
        other = text.replace(f"revision: str = '{revision}'", f"revision: str = '{name}'")
        other = other.replace("Sequence[str] | None = None", f"str = '{revision}'", 1)
        body = other[: other.index("def upgrade")]
        path = app.newest.with_name(f"2099_{name}.py")
        path.write_text(body + "def upgrade():\n    pass\n\n\ndef downgrade():\n    pass\n")
    ran = app.change(code=1)
    assert "2 heads" in ran.document["summary"]
    assert "merge" in ran.document["next_step"]
    assert app.json("status", code=0).step("chain")["status"] == "stopped"
    assert app.state is None


def test_one_change_at_a_time(app: Laid) -> None:
    app.column('Column("email", String(100), nullable=False)')
    app.change("email", code=3)
    for arguments in (("change", "-m", "second"), ("generate", "-m", "second")):
        ran = app.json(*arguments, code=1)
        assert "in the making" in ran.document["summary"]
        assert "--abort" in ran.document["next_step"]
    assert len(app.revisions) == 2


def test_abort_removes_the_file(app: Laid) -> None:
    app.column('Column("email", String(100), nullable=False)')
    path = app.root / app.change("email", code=3).document["file"]
    assert path.exists()
    ran = app.json("change", "--abort", code=0)
    assert not path.exists()
    assert path.name in ran.document["summary"]
    assert app.state is None
    assert app.json("change", "--abort", code=2).document["next_step"]
    assert app.json("change", "--continue", code=2).document["next_step"]


def test_abort_and_again_are_refused_once_applied(app: Laid) -> None:
    app.edit("pyproject.toml", 'test = "true"', 'test = "false"')
    app.column('Column("email", String(100))')
    ran = app.change("email", code=1)
    assert ran.statuses[8] == "stopped"
    assert app.at == [ran.document["revision"]]
    assert "already" in app.json("change", "--abort", code=1).document["summary"]
    app.column('Column("other", String(100))')
    assert "already" in app.json("generate", "--again", code=1).document["summary"]
    assert len(app.revisions) == 2
    assert "other" not in app.newest.read_text()


def test_failing_tests_stop_and_continue_goes_on(app: Laid) -> None:
    app.edit("pyproject.toml", 'test = "true"', 'test = "pytest -x -q"')
    bad = app.root / "tests/test_bad.py"
    bad.write_text("def test_bad():\n    assert 1 == 2, 'planted'\n")
    app.column('Column("email", String(100))')
    ran = app.change("email", code=1)
    assert ran.statuses == {**PASSED, 8: "stopped"}
    assert any("planted" in line for line in ran.step("test")["output"])
    assert "tests pass" in ran.document["next_step"]
    assert app.json("status", code=0).step("change")["stopped_at"] == 8
    assert not list((app.root / ".assay/receipts").glob(f"{ran.document['revision']}*"))
    bad.unlink()
    ran = app.go_on(code=0)
    assert ran.statuses == PASSED
    assert "already" in ran.step("apply")["summary"]


def test_no_tests_and_no_such_program_stop(app: Laid) -> None:
    app.column('Column("email", String(100))')
    app.edit("pyproject.toml", 'test = "true"', 'test = "no-such-program"')
    assert "cannot be run" in app.change("email", code=1).step("test")["summary"]
    app.edit("pyproject.toml", "no-such-program", "pytest -x -q docs")
    assert "no tests" in app.go_on(code=1).step("test")["summary"]


def test_on_database(app: Laid) -> None:
    app.column('Column("email", String(100), nullable=False)')
    ran = app.change("email", "--on-database", "--backfill", "users.email=name", code=0)
    steps = [(s["number"], s["status"]) for s in ran.document["steps"]]
    assert {status for _, status in steps} == {"passed"}
    assert [n for n, _ in steps] == [1, 2, 3, 4, 5, 7, 6, 7, 8]
    assert app.at == [ran.document["revision"]]
    assert app.sql("SELECT email FROM users") == [("Ann",), ("Bob",)]


def test_a_database_several_revisions_behind(app: Laid) -> None:
    app.column('Column("one", Integer)')
    app.change("one", "--no-apply", code=0)
    (app.root / ".assay/state.json").unlink()  # committed by somebody else, never applied here
    app.column('Column("two", Integer)')
    assert app.json("status", code=0).step("database")["behind"] == 1
    ran = app.change("two", code=0)
    assert len(ran.step("apply")["applied"]) == 2
    assert ran.step("reverse")["copy"]["reverses"]
    assert app.sql("SELECT one, two, name FROM users")[0] == (None, None, "Ann")
