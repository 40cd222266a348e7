"""Renames through the program: asked, never guessed; data, indexes and constraints stay."""

from __future__ import annotations

from pathlib import Path

import pytest

from helpers import Laid, copied
from terminal import at_a_terminal

PROMPT = "[d]ropped and added: "
FULL_NAME = ('Column("name"', 'Column("full_name"')


@pytest.fixture(scope="module")
def indexed(begun: Laid, tmp_path_factory: pytest.TempPathFactory) -> Laid:
    """A project whose ``users.name`` has an index, its column renamed in the models."""
    project = copied(begun, tmp_path_factory.mktemp("indexed") / "app")
    project.people("Ann", "Bob")
    project.model("String(200), nullable=False", "String(200), nullable=False, index=True")
    project.change("index", code=0)
    project.model(*FULL_NAME)
    return project


@pytest.fixture
def renamed(indexed: Laid, tmp_path: Path) -> Laid:
    """Its own copy for each test."""
    return copied(indexed, tmp_path / "app")


def add_email(project: Laid) -> None:
    """A new nullable column."""
    project.model('    Column("nick"', '    Column("email", String(50)),\n    Column("nick"')


def names(project: Laid) -> list[str]:
    """What the users are called, by the column's new name."""
    return [row[0] for row in project.sql("SELECT full_name FROM users ORDER BY id")]


@pytest.mark.parametrize("command", ["generate", "change"])
def test_without_anybody_to_ask(renamed: Laid, command: str) -> None:
    """Exit code 3, the exact flags, nothing written, nothing in the making."""
    before, files = renamed.dump, renamed.revisions
    ran = renamed.json(command, "-m", "name", code=3)
    [question] = ran.document["questions"]
    assert (question["kind"], question["old"]) == ("column", "users.name")
    assert question["dropped"] == "--drop users.name"
    [one] = question["candidates"]
    assert one["answer"] == "--rename users.name=full_name"
    assert one["evidence"] == [
        "same type VARCHAR(200)",
        "same position",
        "same constraints and indexes",
    ]
    assert ran.step("generate")["status"] == "decide"
    assert (renamed.dump, renamed.revisions, renamed.state) == (before, files, None)
    assert "--rename users.name=full_name" in renamed.run(command, "-m", "name", code=3).out


def test_the_rows_of_the_database_are_evidence(renamed: Laid) -> None:
    """How many a drop would lose; the share of equal values where both columns are there."""
    [question] = renamed.change("name", code=3).document["questions"]
    assert question["rows"] == "2 rows with a value in the database"
    renamed.sql("ALTER TABLE users ADD COLUMN full_name TEXT", "UPDATE users SET full_name = 'Ann'")
    [question] = renamed.change("name", code=3).document["questions"]
    assert question["candidates"][0]["evidence"][-1] == "50 % equal values"
    [question] = renamed.change("name", "--no-apply", code=3).document["questions"]
    assert question["rows"] is None


def test_the_flag_keeps_the_data(renamed: Laid) -> None:
    """All eight steps; the index follows, under the name that the convention gives it."""
    ran = renamed.change("name", "--rename", "users.name=full_name", code=0)
    assert names(renamed) == ["Ann", "Bob"]
    assert [f["rule"] for f in ran.step("review")["findings"]] == ["compatibility/column-renamed"]
    operations = ran.step("review")["operations"]
    assert operations[0]["renamed"] == [{"from": "users.name", "to": "users.full_name"}]
    indexes = [row[0] for row in renamed.sql("SELECT name FROM sqlite_master WHERE type = 'index'")]
    assert "ix_users_full_name" in indexes
    assert "ix_users_name" not in indexes
    renamed.json("prove", code=0)


def test_the_other_flag_drops(renamed: Laid) -> None:
    """Dropped and added; the drop carries its waiver, the new column wants a value."""
    filled = ("--backfill", "users.full_name='new'", "--backfill", "users.name='old'")
    ran = renamed.change("name", "--drop", "users.name", *filled, code=0)
    assert names(renamed) == ["new", "new"]
    dropped = [f for f in ran.step("review")["findings"] if f["rule"] == "data/dropped"]
    assert [f["waived"] for f in dropped] == ["said with --drop users.name"]


def test_an_answers_file_with_renames_is_not_asked(renamed: Laid) -> None:
    """`renames` in the file, even empty, says all of them; without it the question stands."""
    file = renamed.root / "answers.json"
    file.write_text('{"backfill": {"users.full_name": "1", "users.name": "2"}}')
    renamed.json("generate", "-m", "name", "--answers", "answers.json", code=3)
    file.write_text('{"backfill": {"users.full_name": "1", "users.name": "2"}, "renames": {}}')
    renamed.json("generate", "-m", "name", "--answers", "answers.json", code=0)
    assert "op.rename_column" not in renamed.newest.read_text()


def test_what_the_models_say_and_that_it_is_done(renamed: Laid) -> None:
    """`renamed_from` answers; when the chain has it, `check` notes that it is stale."""
    renamed.model(
        "nullable=False, index=True", 'index=True, nullable=False, info={"renamed_from": "name"}'
    )
    renamed.change("name", code=0)
    assert names(renamed) == ["Ann", "Bob"]
    note = renamed.json("check", code=0).step("renames")
    assert note["status"] == "note"
    assert note["stale"][0].startswith('users.full_name: the chain has the rename from "name"')
    add_email(renamed)
    assert (
        renamed.json("generate", "-m", "email", code=0).step("generate")["stale"] == note["stale"]
    )


def test_generated_again_with_what_was_said(renamed: Laid) -> None:
    """The state keeps the answers; a flag that comes later wins; `--continue` takes none."""
    renamed.json("generate", "-m", "name", "--rename", "users.name=full_name", code=0)
    add_email(renamed)
    renamed.json("generate", "--again", code=0)
    text = renamed.newest.read_text()
    assert "op.rename_column('users', 'name', 'full_name')" in text
    assert "email" in text
    refused = renamed.go_on("--rename", "users.nick=email", code=2)
    assert "generate --again" in refused.document["next_step"]
    ran = renamed.json("generate", "--again", "--drop", "users.name", code=3)
    assert [s["target"] for s in ran.step("generate")["slots"]] == [
        "users.full_name",
        "users.name",
    ]
    assert "op.rename_column" not in renamed.newest.read_text()


def test_changed_back_before_generating_again(renamed: Laid) -> None:
    """What was said of a change that the models no longer make does not stand in the way."""
    renamed.json("generate", "-m", "name", "--rename", "users.name=full_name", code=0)
    renamed.model('Column("full_name"', 'Column("name"')
    add_email(renamed)
    renamed.json("generate", "--again", code=0)
    assert "op.rename_column" not in renamed.newest.read_text()


def test_a_wrong_name_stops_before_anything_is_written(renamed: Laid) -> None:
    """The nearest name is said."""
    ran = renamed.json("generate", "-m", "name", "--rename", "users.nam=full_name", code=2)
    assert "the chain has no column users.nam" in ran.document["summary"]
    assert ran.document["next_step"] == "Did you mean users.name?"
    assert renamed.state is None


def test_a_table(renamed: Laid) -> None:
    """Its rows, its index and its constraints follow."""
    renamed.model(*reversed(FULL_NAME))
    renamed.model('"users"', '"people"')
    ran = renamed.json("generate", "-m", "people", code=3)
    assert ran.document["questions"][0]["candidates"][0]["answer"] == "--rename users=people"
    ran = renamed.change("people", "--rename", "users=people", code=0)
    # its key has another name as well, and SQLite copies the table for that
    assert [f["rule"] for f in ran.step("review")["findings"]] == [
        "compatibility/table-renamed",
        "locks/rewrite",
    ]
    assert renamed.sql("SELECT name FROM people ORDER BY id") == [("Ann",), ("Bob",)]
    renamed.json("prove", code=0)


def test_asked_at_a_terminal(renamed: Laid) -> None:
    """A prompt with the evidence; what is typed is the answer."""
    code, shown = at_a_terminal(renamed, PROMPT, "what\nr\n", "generate", "-m", "name")
    assert code == 0, shown
    assert (
        "column users.name is gone and users.full_name is new (same type VARCHAR(200), same "
        "position, same constraints and indexes). Is it renamed?" in shown
    )
    assert shown.count(f"[r]enamed / {PROMPT}") == 2
    assert "op.rename_column" in renamed.newest.read_text()


def test_nobody_answers_at_a_terminal(renamed: Laid) -> None:
    """The end of the input is no answer: exit code 3 and the flags."""
    code, shown = at_a_terminal(renamed, PROMPT, "\x04", "generate", "-m", "name")
    assert code == 3
    assert "--rename users.name=full_name" in shown


@pytest.mark.parametrize("engine", ["postgresql", "mysql"])
def test_on_servers(engine: str, request: pytest.FixtureRequest) -> None:
    """The same on PostgreSQL and MariaDB, a label of an enum along with it."""
    project: Laid = request.getfixturevalue(f"app_{engine}")
    project.imports("Enum")
    project.model(
        '    Column("nick"',
        '    Column("mood", Enum("sad", "glad", name="mood")),\n    Column("nick"',
    )
    project.change("mood", code=0)
    project.sql("UPDATE users SET mood = 'sad'")
    project.model(*FULL_NAME)
    project.model('"sad"', '"blue"')
    questions = project.json("generate", "-m", "names", code=3).document["questions"]
    assert [q["old"] for q in questions] == ["users.name", "users.mood.sad"]
    flags = [word for q in questions for word in q["candidates"][0]["answer"].split()]
    project.change("names", *flags, code=0)
    assert project.sql("SELECT full_name, mood FROM users ORDER BY id") == [
        ("Ann", "blue"),
        ("Bob", "blue"),
    ]
    project.json("prove", code=0)
